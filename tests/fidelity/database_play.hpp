#pragma once

#include "tests/contract/steps.hpp"
#include "tests/fidelity/database_stage.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace parley::fidelity {

using contract::room_named;
using contract::said;

/// What happened, in words that two worlds can share: terms by the order in which they were won, no times, no details.
using trace = std::vector<std::string>;

/// An answer that comes on another thread, or at another virtual time.
template <class T>
class awaited {
public:
  completion<T> completion_of() const {
    return [to = to_](result<T> r) {
      std::lock_guard lock(to->mutex);
      to->answer.emplace(std::move(r));
    };
  }
  bool is_there() const {
    std::lock_guard lock(to_->mutex);
    return to_->answer.has_value();
  }
  const result<T>& get() const { return *to_->answer; }

private:
  struct slot {
    std::mutex mutex;
    std::optional<result<T>> answer;
  };
  std::shared_ptr<slot> to_ = std::make_shared<slot>();
};

/// A node that writes as the shard writer does: it knows its terms and counts `n`.
struct writer {
  std::size_t node = 0;
  node_identity who;
  struct row {
    parley::term term;
    attempt n;
  };
  std::map<std::uint32_t, row> rows;

  parley::term term_of(const room_ref& room) const { return rows.at(room->shard.value).term; }
  position at(const room_ref& room, std::uint64_t s) const { return {term_of(room), seq{s}}; }
  shard_fence fence(std::uint32_t shard, std::uint64_t step = 1) const {
    const auto& r = rows.at(shard);
    return {shard_id{shard}, r.term, r.n, attempt{r.n.value + step}};
  }
};

/// Plays a scenario: asks, waits, and notes each outcome. Its steps are those of one script; the stage decides whether
/// they happen in the model or in reality.
class database_play {
public:
  explicit database_play(database_stage& where) : stage(where) {}

  database_stage& stage;

  const trace& notes() const { return notes_; }
  void note(std::string what) { notes_.push_back(std::move(what)); }
  void wait(const std::function<bool()>& condition);

  /// Surveys and claims; notes what was won.
  writer claims(std::size_t node, std::string_view name, const std::vector<std::uint32_t>& shards);
  void claims(writer& by, const std::vector<shard_claim>& wishes);
  awaited<std::vector<claimed_shard>> asks_to_claim(std::size_t node, std::string_view name,
                                                    const std::vector<std::uint32_t>& shards);
  void ended(writer& by, const awaited<std::vector<claimed_shard>>& claim);
  shard_claim wish_for(std::size_t node, std::uint32_t shard, term floor = {});

  static room_append piece(const writer& by, const room_ref& room, position before, std::vector<event> events);
  static append_batch batch(const writer& by, std::vector<room_append> pieces);
  awaited<append_outcome> asks_to_append(const writer& by, append_batch what);
  /// Notes the outcome, and moves the writer's `n` on where it was committed.
  void ended(writer& by, const append_batch& what, const awaited<append_outcome>& answer);
  void appends(writer& by, append_batch what) {
    auto answer = asks_to_append(by, what);
    ended(by, what, answer);
  }
  /// The next event of a room, by the writer's own count.
  void says(writer& by, const room_ref& room, std::uint64_t s, std::string_view key = {});

  awaited<recovered> asks_to_recover(const writer& by, std::uint32_t shard, attempt past, const room_ref& room);
  void ended(writer& by, std::uint32_t shard, attempt past, const awaited<recovered>& answer);
  /// As the shard writer: past every id handed out, and again with a larger one where the recovery itself broke.
  void recovers(writer& by, const room_ref& room, attempt handed_out);

  /// Notes every node that the renewal brings.
  void renews(const writer& by, milliseconds lease_time, std::string peer_address = {}, bool is_leaving = false);
  /// Of the terms that the writer knows.
  void yields(const writer& by, const std::vector<std::uint32_t>& shards) { ended(by, asks_to_yield(by, shards)); }
  awaited<std::size_t> asks_to_yield(const writer& by, const std::vector<std::uint32_t>& shards);
  void ended(const writer& by, const awaited<std::size_t>& yielded);
  void releases(const writer& by);
  void trims(writer& by, const room_ref& room, position floor);
  /// Notes the room from its start, once the node can read.
  void shows(std::size_t node, const room_ref& room);
  /// Notes all shards that anybody ever owned.
  void shows_shards(std::size_t node, bool with_leases = false);

  template <class T, class Ask>
  awaited<T> ask(Ask how) {
    awaited<T> answer;
    how(answer.completion_of());
    return answer;
  }
  template <class T>
  const result<T>& end_of(const awaited<T>& answer) {
    wait([&] { return answer.is_there(); });
    return answer.get();
  }
  /// Asks until it is answered with a value.
  template <class T, class Ask>
  T value_of(Ask how) {
    std::optional<awaited<T>> asked;
    wait([&] {
      if (!asked) asked = ask<T>(how);
      if (!asked->is_there()) return false;
      if (asked->get()) return true;
      asked.reset();
      return false;
    });
    return *asked->get();
  }

  std::string name(term t);
  std::string name(position p);
  std::string name(const room_head& h) { return name(h.head) + " floor " + name(h.floor); }
  std::string names(const event_list& events);

private:
  trace notes_;
  std::map<term, std::string> terms_;
  std::size_t claims_ = 0;
};

}  // namespace parley::fidelity
