#pragma once

#include "actors/core/beacon_book.hpp"
#include "actors/core/feed.hpp"
#include "actors/core/join_merge.hpp"
#include "actors/core/live_table.hpp"
#include "actors/core/tail_watch.hpp"
#include "tests/core/stream_reader.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <unordered_map>

namespace parley::testing {

/// What happened in a run, so that a property can prove that it was tested at all.
struct stream_tally {
  std::size_t committed = 0, joins = 0, batches = 0, holes_filled = 0, overflows = 0, link_losses = 0, lost_tails = 0,
              feed_restarts = 0, resets = 0, retention_gaps = 0, jumps = 0, fallbacks = 0, refusals = 0,
              failed_reads = 0, shared_reads = 0, quiet_reads = 0, final_heads = 0;

  stream_tally& operator+=(const stream_tally& other);
};

/// One room on one node, in one thread and virtual time: a model log, an owner with its beacons, a fan-out that loses,
/// doubles and reorders, storage whose answers are late, shared or missing, one feed, the live tables of two threads,
/// and sessions that join, leave, come back and read slowly. One seed decides all. Messages between two actors keep
/// their order, those of different senders do not; this is what CAF and Asio give the shells.
class stream_world {
public:
  explicit stream_world(std::uint64_t seed);

  /// Faults and joins for a while; then everything is healed, one last event is published, and it runs until quiet.
  void run();

  /// Empty: every stream was right.
  std::string violation() const;
  const stream_tally& tally() const { return tally_; }

private:
  struct frame {
    position before_;
    event_list events;
    position before() const { return before_; }
    position last() const { return events.back()->at_position(); }
    std::size_t size_bytes() const { return events.size() * 100; }
    bool holds(position p) const {
      for (const auto& e : events) {
        if (e->at_position() == p) return true;
      }
      return false;
    }
  };
  using frame_ptr = std::shared_ptr<const frame>;
  using table = live_table<std::uint64_t, frame_ptr>;

  struct joined_push {
    reply::joined what;
  };
  struct left_push {};
  struct refused_push {};
  struct drained_mark {};
  using shown = std::variant<joined_push, left_push, refused_push, drained_mark, push::batch, push::gap,
                             push::catching_up, push::live>;
  /// One thing that waits for the socket.
  struct queued {
    shown what;
    generation gen;
    std::optional<position> before;  ///< of a live batch: what may be dropped
  };
  /// A mailbox from one sender: it keeps the order.
  struct lane {
    instant last{};
  };
  struct session {
    std::uint64_t id = 0;
    thread_index thread;
    std::unique_ptr<join_merge> merge;
    generation gen;
    generation live_gen;  ///< of its row in the table
    bool is_member = false;
    std::deque<queued> outbox;
    std::size_t outbox_max = 8;
    milliseconds read_delay{1};
    bool is_reading = false;
    lane to_thread, to_connection, to_feed, from_feed;
    std::unique_ptr<stream_reader> reader;
  };
  struct asked {
    std::uint64_t session;
    generation gen;
  };
  struct sink;

  // time
  void after(milliseconds delay, std::function<void()> what);
  void send(lane& through, milliseconds delay_max, std::function<void()> what);
  void run_until(instant end);
  std::uint64_t below(std::uint64_t limit) { return limit == 0 ? 0 : random_() % limit; }
  bool chance(unsigned percent) { return below(100) < percent; }
  milliseconds up_to(std::uint64_t ms) { return milliseconds{static_cast<std::int64_t>(below(ms + 1))}; }

  // the owner, the fan-out and storage
  void commit(std::size_t count);
  void publish(const room_envelope& envelope);
  void send_beacon();
  void poll();
  void lose_tail();
  void link_down();
  void subscribe();
  template <class Read, class Tell>
  void read_storage(Read read, Tell tell);

  // the feed
  void open_feed();
  void close_feed();
  void perform(feed::effects effects);
  void answer(feed_ticket ticket, std::function<join_merge::effects(join_merge&)> tell);
  void hint(const room_head& head, std::optional<shard_mark> mark);
  void tick_feed();

  // sessions
  void add_session();
  void join(session& s);
  void leave(session& s);
  void perform(session& s, join_merge::effects effects);
  void show(session& s, generation gen, shown what);
  void read_one(session& s);
  bool write_live(std::uint64_t id, position before, event_list events);
  void tell_behind(std::uint64_t id, generation gen, position at, bool was_live);

  void act();

  std::mt19937_64 random_;
  instant now_ = noon;
  std::uint64_t order_ = 0;
  std::map<std::pair<instant, std::uint64_t>, std::function<void()>> agenda_;

  model_log log_;
  beacon_book book_{shard_id{0}};
  tail_watch watch_;
  feed_options feed_options_;
  join_merge_options merge_options_;
  std::unique_ptr<feed> feed_;
  std::uint64_t feed_life_ = 0;
  bool is_subscribed_ = false;
  std::uint64_t link_life_ = 0;
  std::map<thread_index, table> tables_;
  std::map<thread_index, lane> feed_to_thread_;
  std::map<std::uint64_t, session> sessions_;
  std::map<feed_ticket, asked> tickets_;
  std::uint64_t last_ticket_ = 0;

  // this seed's faults
  unsigned lossy_percent_ = 0, doubled_percent_ = 0, failing_percent_ = 0, beacon_loss_percent_ = 0;
  std::uint64_t fan_out_delay_ms_ = 0, storage_delay_ms_ = 1, post_delay_ms_ = 1;
  bool has_failovers_ = false, has_retention_ = false, has_slow_readers_ = false, has_link_losses_ = false,
       is_local_owner_ = false, has_short_pages_ = false;
  bool is_healed_ = false;
  bool is_claim_due_ = false;
  std::size_t reads_ = 0;

  std::string violation_;
  stream_tally tally_;
};

template <class Read, class Tell>
void stream_world::read_storage(Read read, Tell tell) {
  using answer_type = decltype(read());
  ++reads_;
  after(up_to(storage_delay_ms_), [this, read, tell] {
    auto seen = std::make_shared<answer_type>(read());  // the snapshot lies between the question and the answer
    after(up_to(storage_delay_ms_), [this, seen, tell] {
      if (!is_healed_ && chance(failing_percent_)) {
        ++tally_.failed_reads;
        tell(result<answer_type>{error{errc::unavailable, "cut"}});
      } else {
        tell(result<answer_type>{*seen});
      }
    });
  });
}

}  // namespace parley::testing
