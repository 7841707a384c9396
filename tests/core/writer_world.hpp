#pragma once

#include "actors/core/room_log.hpp"
#include "actors/core/shard_writer.hpp"
#include "actors/core/write_order.hpp"
#include "tests/core/writer_store.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>

namespace parley::testing {

inline const std::string us = "us";  ///< this node, as an owner

struct writer_tally {
  std::size_t acked = 0, duplicates = 0, unknown = 0, not_stored = 0, refused = 0, locked = 0, held = 0,
              unavailable = 0, recovered_stored = 0, recovered_lost = 0, recoveries_repeated = 0, step_downs = 0,
              late_statements = 0, grouped = 0, reopened = 0;
  writer_tally& operator+=(const writer_tally& o);
};

/// The way of a publish in one thread and virtual time: sessions that send ahead of their answers and repeat what
/// failed in order, write_order, room_log, shard_writer and a model store whose answers are late, lost or refused and
/// whose shards change hands. One seed decides all.
class writer_world {
public:
  explicit writer_world(std::uint64_t seed);
  void run();
  std::string violation() const { return violation_.empty() ? store_.violation : violation_; }
  const writer_tally& tally() const { return tally_; }

private:
  struct message {
    std::string room;
    std::shared_ptr<const draft> what;
    bool is_answered = false;
    bool is_done = false;  ///< acked, refused for good, or without a key
    std::optional<position> acked;
  };
  struct session {
    session_id id;
    write_order order;
    std::map<std::string, std::vector<message>> sent;  ///< by room, in the order of their first sending
    std::map<std::uint64_t, std::pair<std::string, std::size_t>> waiting;  ///< by number: which message
    std::map<std::string, std::deque<std::size_t>> expected;               ///< by room: whose answers come next
    std::set<std::string> failed;  ///< rooms where a failure was told and earlier writes still wait
    instant to_room{}, to_session{};
  };
  struct room {
    room_ref id;
    std::unique_ptr<room_log> log;
    std::uint64_t life = 0;
    instant to_writer{}, from_writer{};
  };
  struct ticket_fate {
    std::string attempt;  ///< of the draft
    bool is_unknown = false;
    bool is_final = false;
    bool may_be_stored = true;
  };

  void after(milliseconds delay, std::function<void()> what);
  void run_until(instant end);
  std::uint64_t below(std::uint64_t limit) { return limit == 0 ? 0 : random_() % limit; }
  bool chance(unsigned percent) { return !is_healed_ && below(100) < percent; }
  milliseconds up_to(std::uint64_t ms) { return milliseconds{static_cast<std::int64_t>(below(ms + 1))}; }
  unix_time wall() {
    return today + milliseconds{static_cast<std::int64_t>((now_ - noon).count() / 1'000'000 + clock_step_)};
  }
  void fail(const std::string& what) {
    if (violation_.empty()) violation_ = what;
  }

  bool is_all_done() const;
  void act();
  void publish(session& s, const std::string& name);
  void repeat(session& s, const std::string& name);
  void send(session& s, const std::string& name, std::size_t index);
  void arrive(session_id id, std::uint64_t number, write_gate::round round, const std::string& name,
              std::shared_ptr<const draft> d);
  void answer(const room_log::answer& a, const std::string& name);
  void told(session& s, const std::string& name, const server_message& m);

  void perform(shard_writer::effects effects);
  void append(const append_batch& batch);
  void recover(const recover_request& request);
  void enqueue(const std::string& name, std::uint64_t life, const room_log::queue& q, std::shared_ptr<const draft> d);
  void ended(const shard_writer::room_results& results);
  void heard(const std::string& name, std::uint64_t life, const shard_writer::room_results& results);

  void open_shard(shard_id id);
  void drop_shard(shard_id id);
  void reopen_room(room& r);
  void check_end();

  std::mt19937_64 random_;
  instant now_ = noon;
  std::int64_t clock_step_ = 0;
  std::uint64_t order_ = 0;
  std::map<std::pair<instant, std::uint64_t>, std::function<void()>> agenda_;
  writer_store store_;
  shard_writer writer_;
  shard_writer_options options_;
  std::map<std::string, room> rooms_;
  /// A room's log and its gate end with the shard; what its session still has on the way must not pass the next one.
  std::map<std::string, write_gate> router_;
  std::set<shard_id> owned_;
  std::map<std::uint64_t, session> sessions_;
  std::map<ticket, ticket_fate> fates_;
  std::uint64_t attempts_ = 0;
  std::uint64_t lives_ = 0;
  unsigned failing_percent_ = 0, unknown_percent_ = 0, bad_percent_ = 0, moving_percent_ = 0, holding_percent_ = 0;
  std::uint64_t storage_delay_ms_ = 0;
  bool is_healed_ = false;
  std::string violation_;
  writer_tally tally_;
};

}  // namespace parley::testing
