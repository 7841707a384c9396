#include "tests/exhaustive/storage.hpp"

#include "tests/exhaustive/copied.hpp"

#include <algorithm>
#include <tuple>

namespace parley::exhaustive {

const std::string& owner_name(std::size_t node) {
  static const std::array<std::string, 2> names{"A", "B"};
  return names.at(node);
}

storage::storage(room_ref room, std::size_t stored, milliseconds lease_time)
    : room_(std::move(room)), lease_time_(lease_time) {
  (void)rows_.claim(room_->shard, owner_name(0));
  rows_.rooms[room_->key];
  for (std::size_t i = 0; i < stored; ++i) rows_.foreign_event(room_);
}

/// A statement that changes nothing leaves the version: which of two such came first does not matter.
template <class Change>
auto storage::changed(std::uint64_t cause, Change change) {
  const auto facts = [this] { return std::tuple{row().owner, row().term, row().n, events().size()}; };
  const auto before = facts();
  auto answer = change();
  if (facts() != before) version_ = fold(version_, cause);
  return answer;
}

result<append_outcome> storage::append(const append_batch& batch, std::uint64_t cause) {
  return changed(cause, [&] { return rows_.append(batch); });
}

recovered storage::recover(const recover_request& request, std::uint64_t cause) {
  return changed(cause, [&] { return rows_.recover(request); });
}

lease_renewal storage::renew(std::size_t node, instant now, std::uint64_t cause) {
  auto& lease = leases_.at(node);
  lease.until = now + lease_time_;
  ++lease.renewals;
  version_ = fold(version_, cause);
  return {{"1", "00000001"}, lease.renewals, {}};
}

std::vector<shard_row> storage::survey(instant now) const {
  shard_row seen{room_->shard, row().owner, term{row().term}, attempt{row().n}, false, 0};
  for (std::size_t node = 0; node < leases_.size(); ++node) {
    if (!is_owner(node)) continue;
    seen.has_lease = leases_[node].until > now;
    seen.renewals = leases_[node].renewals;
  }
  return {seen};
}

std::vector<claimed_shard> storage::claim(std::size_t node, const std::vector<shard_claim>& claims,
                                          std::uint64_t cause) {
  return changed(cause, [&]() -> std::vector<claimed_shard> {
    const auto& wish = claims.front();
    if (row().owner != wish.owner_before || row().term != wish.term_before.value) return {{wish.shard, false, {}, {}}};
    const auto [under, n] = rows_.claim(wish.shard, owner_name(node));
    return {{wish.shard, true, under, n}};
  });
}

event_ptr storage::at(seq s) const {
  return s.value == 0 || s.value > events().size() ? nullptr : events()[s.value - 1];
}

marked_head storage::head() const {
  return {{events().empty() ? position{} : events().back()->at_position(), {}}, {term{row().term}, attempt{row().n}}};
}

range_page storage::range(seq after, std::size_t limit) const {
  range_page page;
  for (const auto& e : events()) {
    if (e->seq == after) page.anchor = e->term;
    if (e->seq > after && page.events.size() < limit) page.events.push_back(e);
  }
  page.head = head().head;
  page.mark = head().mark;
  return page;
}

history_page storage::newest(std::size_t limit) const {
  const auto count = std::min(limit, events().size());
  history_page page{{events().end() - static_cast<std::ptrdiff_t>(count), events().end()}, {}, {}, false, false};
  page.head = head().head;
  page.mark = head().mark;
  page.has_older = count < events().size();
  return page;
}

}  // namespace parley::exhaustive
