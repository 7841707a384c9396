#include "tests/checker/findings.hpp"

#include <map>
#include <set>
#include <utility>

namespace parley::checker {

namespace {

/// What the run itself recorded, in its order.
class run_rules {
public:
  run_rules(const indexed& all, findings& out) : all_(all), out_(out) {
    for (const auto& record : all.history.records()) {
      if (const auto* right = std::get_if<access>(&record.what)) private_.insert(right->room);
      if (const auto* planted = std::get_if<canary>(&record.what)) home_of_.emplace(planted->word, planted->room);
    }
  }

  void check() {
    const auto records = all_.history.records();
    for (; place_ < records.size(); ++place_) std::visit(*this, records[place_].what);
    for (const auto& [of, most] : peaks_) out_.add(13, room_id::none, most.what, {whole(most.limit), whole(most.used)});
    after_healing();
  }

  /// R10: one owner per term.
  void operator()(const owned& claim) {
    const auto [known, is_new] = owners_.try_emplace({claim.shard, claim.term}, place_);
    const auto& first = std::get<owned>(all_.at(known->second).what);
    if (!is_new && first.node != claim.node)
      out_.add(10, room_id::none, "shard " + name(claim.shard) + " has two owners in term " + text(claim.term),
               {whole(known->second), whole(place_)});
  }

  // R12: nothing crosses a permission or an instance.
  void operator()(const access& right) { rights_[{right.reader, right.room}] = place_; }

  void operator()(const join_ended& ended) {
    const auto& stream = all_.streams[at(ended.stream)];
    if (ended.outcome != phase::ok || !private_.contains(stream.asked->room)) return;
    const auto right = rights_.find({stream.asked->reader, stream.asked->room});
    if (right == rights_.end() || !std::get<access>(all_.at(right->second).what).may)
      out_.add(12, stream.asked->room, name(stream.asked->reader) + " has joined a room that it may not see",
               {right == rights_.end() ? nobody : whole(right->second), whole(stream.asked_at), whole(place_)});
  }

  void operator()(const batch_pushed& push) {
    if (private_.empty()) return;
    const auto& stream = all_.streams[at(push.stream)];
    const auto right = rights_.find({stream.asked->reader, stream.asked->room});
    if (right == rights_.end()) return;
    const auto& last = std::get<access>(all_.at(right->second).what);
    const auto events = all_.history.events(push.events);
    for (std::uint32_t n = 0; n < events.size() && !last.may; ++n)
      if (events[n].seq > last.after)
        return out_.add(12, stream.asked->room,
                        name(stream.asked->reader) + " was shown seq " + text(events[n].seq) +
                            " after its right had ended at " + text(last.after),
                        {whole(right->second), {place_, n}});
  }

  void operator()(const canary_seen& seen) {
    const auto home = home_of_.find(seen.word);
    if (home == home_of_.end()) return;
    const auto room = home->second;
    const auto full = all_.history.text(room);
    const auto slash = full.find('/');
    const auto instance = slash == full.npos ? std::string_view{} : full.substr(0, slash);
    const auto right = rights_.find({seen.reader, room});
    const bool may =
        !private_.contains(room) || (right != rights_.end() && std::get<access>(all_.at(right->second).what).may);
    if (all_.history.text(seen.instance) != instance)
      out_.add(12, room, "its canary was seen in another instance, by " + name(seen.reader), {whole(place_)});
    else if (!may)
      out_.add(12, room, "its canary was seen by " + name(seen.reader) + ", who may not see the room",
               {right == rights_.end() ? nobody : whole(right->second), whole(place_)});
  }

  // R13: of each node and resource the highest sample over its limit.
  void operator()(const limit& set) { limits_[{set.node, set.resource}] = place_; }

  void operator()(const used& sample) {
    auto set = limits_.find({sample.node, sample.resource});
    if (set == limits_.end()) set = limits_.find({name_id::none, sample.resource});
    if (set == limits_.end()) return;
    const auto most = std::get<limit>(all_.at(set->second).what).most;
    auto& highest = peaks_[{sample.node, sample.resource}];
    if (sample.amount <= most || sample.amount <= highest.amount) {
      if (highest.amount == 0) peaks_.erase({sample.node, sample.resource});
      return;
    }
    highest = {sample.amount, set->second, place_,
               name(sample.node) + " used " + text(sample.amount) + " of " + name(sample.resource) + ", at most " +
                   text(most) + " are allowed"};
  }

  void operator()(const auto&) {}

private:
  struct peak {
    std::uint64_t amount = 0;
    std::uint32_t limit = nowhere;
    std::uint32_t used = nowhere;
    std::string what;
  };

  /// R11: where something was published after the healing, something was acknowledged.
  void after_healing() {
    if (all_.healed_at == nowhere) return;
    for (std::uint32_t id = 1; id < all_.rooms.size(); ++id) {
      const attempt* tried = nullptr;
      bool acked = false;
      for (const auto number : all_.rooms[id].attempts) {
        const auto& one = all_.attempts[number];
        if (one.asked_at < all_.healed_at) continue;
        tried = &one;
        acked |= one.outcome() == phase::ok;
      }
      if (tried && !acked)
        out_.add(11, room_id{id}, "no publish was acknowledged after all faults were over",
                 {whole(all_.healed_at), whole(tried->asked_at), whole(tried->ended_at)});
    }
  }

  std::string name(name_id id) const { return id == name_id::none ? "somebody" : std::string{all_.history.text(id)}; }
  static evidence whole(std::uint32_t place) { return {place, evidence::whole}; }
  static constexpr evidence nobody{nowhere, evidence::whole};

  const indexed& all_;
  findings& out_;
  std::uint32_t place_ = 0;
  std::set<room_id> private_;
  std::map<name_id, room_id> home_of_;
  std::map<std::pair<name_id, std::uint64_t>, std::uint32_t> owners_;
  std::map<std::pair<name_id, room_id>, std::uint32_t> rights_;
  std::map<std::pair<name_id, name_id>, std::uint32_t> limits_;
  std::map<std::pair<name_id, name_id>, peak> peaks_;
};

}  // namespace

void check_run(const indexed& all, findings& out) { run_rules{all, out}.check(); }

}  // namespace parley::checker
