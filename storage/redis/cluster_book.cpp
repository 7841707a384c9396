#include "storage/redis/cluster_book.hpp"

#include <charconv>
#include <utility>

namespace parley {
namespace {

// Tags fall on slots as if at random: all 16,384 are met among fewer (tests/contract/cluster_book_test.cpp).
constexpr std::uint32_t canary_numbers = 1u << 18;

/// The canary number whose channel lies in the slot.
std::uint32_t canary_in(key_slot slot) {
  static const auto numbers = [] {
    std::vector<std::uint32_t> first(key_slots, canary_numbers);
    const auto before = crc16(channel_names::canary_word);
    std::array<char, 16> digits;
    for (std::uint32_t i = canary_numbers; i-- > 0;) {
      const auto* end = std::to_chars(digits.data(), digits.data() + digits.size(), i).ptr;
      first[crc16({digits.data(), static_cast<std::size_t>(end - digits.data())}, before) % key_slots] = i;
    }
    return first;
  }();
  return numbers[slot.value];
}

}  // namespace

// --- wishes

cluster_effects cluster_book::want(const std::string& channel, channel_subject subject, shard_id shard) {
  cluster_effects out;
  const key_slot slot = slot_of(channel);
  const bool is_first = !wishes_.contains(slot);
  wishes_[slot].insert_or_assign(channel, wish{subject, shard});
  const master_id master = routes_[slot.value];
  if (is_first && master == nobody) {
    homeless_.insert(slot);
    out.push_back(learn_map{});
  }
  if (!homeless_.contains(slot)) out.push_back(want_channel{master, channel, std::move(subject)});
  return out;
}

cluster_effects cluster_book::unwant(const std::string& channel) {
  cluster_effects out;
  const key_slot slot = slot_of(channel);
  const auto at = wishes_.find(slot);
  if (at == wishes_.end() || at->second.erase(channel) == 0) return out;
  if (!homeless_.contains(slot)) out.push_back(unwant_channel{routes_[slot.value], channel});
  if (!at->second.empty()) return out;
  wishes_.erase(at);
  homeless_.erase(slot);
  return out;
}

// --- what the servers say

cluster_effects cluster_book::learnt(const slot_map& map) {
  cluster_effects out;
  followed_.clear();
  const server_name* former = nullptr;
  master_id to = nobody;
  for (std::size_t i = 0; i < key_slots; ++i) {
    const key_slot slot{static_cast<std::uint16_t>(i)};
    const auto* owner = map.owner(slot);
    if (std::exchange(former, owner) != owner) to = owner ? master_at(*owner, out) : nobody;
    if (routes_[i] != to) move(slot, to, out);
    if (to != nobody && homeless_.contains(slot)) place(slot, out);
  }
  close_unused(out);
  choose_canaries(out);
  if (has_homeless()) out.push_back(learn_map{});
  return finish(std::move(out));
}

cluster_effects cluster_book::opened(master_id master) {
  cluster_effects out;
  const auto at = masters_.find(master);
  if (at == masters_.end() || std::exchange(at->second.stands, true)) return out;
  if (++standing_ == 1) out.push_back(tell_link_restored{});
  return out;
}

cluster_effects cluster_book::lost(master_id master) {
  cluster_effects out;
  const auto at = masters_.find(master);
  if (at == masters_.end() || !std::exchange(at->second.stands, false)) return out;
  --standing_;
  if (standing_ == 0) out.push_back(tell_link_lost{});
  for (const auto& [slot, wishes] : wishes_)
    if (standing_ != 0 && routes_[slot.value] == master && is_placed(slot)) note_lost(wishes);
  out.push_back(learn_map{});
  return finish(std::move(out));
}

cluster_effects cluster_book::ended(master_id master, key_slot slot) {
  cluster_effects out;
  if (!has_route(slot, master)) return out;
  forget_canary(master, slot);
  if (is_placed(slot)) unplace(slot, out);
  out.push_back(learn_map{masters_.at(master).where});  // it heard of the new master before it let go
  return finish(std::move(out));
}

cluster_effects cluster_book::subscription_redirected(master_id master, key_slot slot, const redirection& where) {
  cluster_effects out;
  if (!has_route(slot, master)) return out;
  forget_canary(master, slot);
  if (where.slot == slot && follow(master, where, out)) return finish(std::move(out));
  if (is_placed(slot)) unplace(slot, out);
  out.push_back(learn_map{});
  return finish(std::move(out));
}

cluster_effects cluster_book::publish_redirected(master_id master, const redirection& where) {
  cluster_effects out;
  if (!knows(master)) return out;
  if (!follow(master, where, out)) out.push_back(learn_map{});
  return finish(std::move(out));
}

std::vector<server_name> cluster_book::masters() const {
  std::vector<server_name> all;
  for (const auto& [id, master] : masters_) all.push_back(master.where);
  return all;
}

// --- slots and masters

/// @returns false: it names nobody else, or the slot has been followed since the last map, or went elsewhere meanwhile
bool cluster_book::follow(master_id from, const redirection& where, cluster_effects& out) {
  if (where.what != redirection::kind::moved || routes_[where.slot.value] != from) return false;
  auto target = where.target;
  if (target.host.empty()) target.host = masters_.at(from).where.host;
  if (target == masters_.at(from).where || masters_.size() >= slot_map::masters_max) return false;
  if (!followed_.insert(where.slot).second) return false;
  const master_id to = master_at(target, out);
  move(where.slot, to, out);
  const auto& canary = masters_.at(from).canary;
  if (!canary || canary == where.slot || !masters_.at(to).canary) choose_canaries(out);
  out.push_back(learn_map{target});
  return true;
}

master_id cluster_book::master_at(const server_name& where, cluster_effects& out) {
  for (const auto& [id, master] : masters_)
    if (master.where == where) return id;
  const master_id id{++last_id_};
  masters_.emplace(id, master_state{where, false, 0, std::nullopt});
  out.push_back(open_master{id, where});
  return id;
}

void cluster_book::move(key_slot slot, master_id to, cluster_effects& out) {
  const bool has_wishes = wishes_.contains(slot);
  if (is_placed(slot)) unplace(slot, out);
  auto& route = routes_[slot.value];
  if (route != nobody) --masters_.at(route).slots;
  route = to;
  if (to != nobody) ++masters_.at(to).slots;
  note_route(slot, to, out);
  if (has_wishes && to != nobody) place(slot, out);
}

/// Slots come in runs: a first map has thousands.
void cluster_book::note_route(key_slot slot, master_id to, cluster_effects& out) {
  const auto master = to == nobody ? std::nullopt : std::optional(to);
  auto* former = out.empty() ? nullptr : std::get_if<route_slots>(&out.back());
  if (former && former->master == master && former->last.value + 1 == slot.value)
    former->last = slot;
  else
    out.push_back(route_slots{slot, slot, master});
}

void cluster_book::place(key_slot slot, cluster_effects& out) {
  homeless_.erase(slot);
  for (const auto& [channel, w] : wishes_.at(slot))
    out.push_back(want_channel{routes_[slot.value], channel, w.subject});
}

void cluster_book::unplace(key_slot slot, cluster_effects& out) {
  const auto& wishes = wishes_.at(slot);
  const master_id master = routes_[slot.value];
  for (const auto& [channel, w] : wishes) out.push_back(unwant_channel{master, channel});
  if (masters_.at(master).stands) note_lost(wishes);
  homeless_.insert(slot);
}

void cluster_book::close_unused(cluster_effects& out) {
  for (auto at = masters_.begin(); at != masters_.end();) {
    if (at->second.slots != 0) {
      ++at;
      continue;
    }
    out.push_back(close_master{at->first});
    if (at->second.stands && --standing_ == 0) out.push_back(tell_link_lost{});
    at = masters_.erase(at);
  }
}

/// A canary whose slot went to another master would fly to that one.
void cluster_book::choose_canaries(cluster_effects& out) {
  for (std::size_t i = 0; i < key_slots; ++i) {
    if (routes_[i] == nobody) continue;
    auto& master = masters_.at(routes_[i]);
    if (master.canary && routes_[master.canary->value] == routes_[i]) continue;
    master.canary = key_slot{static_cast<std::uint16_t>(i)};
    out.push_back(use_canary{routes_[i], canary_in(*master.canary)});
  }
}

/// Its subscription has ended: the next map chooses one anew.
void cluster_book::forget_canary(master_id master, key_slot slot) {
  auto& state = masters_.at(master);
  if (state.canary == slot) state.canary.reset();
}

bool cluster_book::has_route(key_slot slot, master_id master) const {
  return routes_[slot.value] == master && knows(master);
}

bool cluster_book::is_placed(key_slot slot) const { return wishes_.contains(slot) && !homeless_.contains(slot); }

void cluster_book::note_lost(const std::unordered_map<std::string, wish>& wishes) {
  for (const auto& [channel, w] : wishes) lost_.insert(w.shard);
}

/// A loss is told before anything that could be confirmed again.
cluster_effects cluster_book::finish(cluster_effects out) {
  if (!lost_.empty()) out.insert(out.begin(), tell_shards_lost{{lost_.begin(), lost_.end()}});
  lost_.clear();
  return out;
}

}  // namespace parley
