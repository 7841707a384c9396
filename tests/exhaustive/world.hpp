#pragma once

#include "actors/core/beacon_book.hpp"
#include "actors/core/feed.hpp"
#include "actors/core/join_merge.hpp"
#include "actors/core/lease.hpp"
#include "actors/core/live_table.hpp"
#include "actors/core/room_log.hpp"
#include "actors/core/shard_writer.hpp"
#include "actors/core/tail_watch.hpp"
#include "tests/exhaustive/clients.hpp"
#include "tests/exhaustive/copied.hpp"
#include "tests/exhaustive/kept_room.hpp"
#include "tests/exhaustive/plan.hpp"
#include "tests/exhaustive/storage.hpp"

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace parley::exhaustive {

/// One thing that may happen next.
struct step {
  enum class kind : std::uint8_t {
    deliver,  ///< the first message of a lane
    run,      ///< a statement takes effect
    answer,   ///< a statement's answer comes back
    publish,  ///< a publisher's next write, or what failed again, to a node
    join,
    read,   ///< the slow reader reads one frame
    lapse,  ///< time passes until A's lease has run out and B has watched it
    renew,
    claim,
    tick_feed,
    tick_writer,
    poll,
    beacon,
    drop,  ///< faults, once
    repeat,
    reorder,
    cut_redis,
    unknown_after,  ///< done, and the answer is lost
    unknown_never,  ///< never done
    unknown_late,   ///< done some time later
    refuse,
    kill_late,  ///< what A sent still arrives
    kill_lost,
    cut_reader,
    stand_still,
  };
  kind what;
  std::uint8_t which = 0;  ///< a lane, a statement, a publisher or a node
  std::uint8_t node = 0;
};

/// A small world of the product's own cores, with small copies of the shells that surround them (actors/): what a core
/// asks for becomes a message or a statement, and every order of what may happen next can be taken. A world is a
/// value: to try a step, copy it.
///
/// Two worlds with one hash behave alike from here on. The hash folds, for each actor, what it received in which order
/// and when; a message is named by its sender's history. So worlds that differ only in the order of steps that do
/// not touch each other are one.
class world {
public:
  explicit world(const plan& p);

  std::vector<step> enabled() const;
  void perform(const step& s);
  /// Ends all faults, lets everything happen in a fair order, and judges what came of it.
  void finish();

  std::uint64_t hash() const;
  /// Empty: all promises were kept.
  std::string violation() const { return violation_.empty() ? stored_->violation() : violation_; }
  std::string name_of(const step& s) const;
  std::string summary() const;

private:
  using task = std::function<void(world&)>;
  static constexpr std::size_t both = 2;  ///< nodes: 0 is A, 1 is B

  /// Who acts. Of each there may be two (nodes, publishers).
  enum class who : std::uint8_t { ownership, writer, shard, room, publisher, feed, thread, connection, count };
  /// The ways to and from Redis; what waits in an actor's mailbox has the lanes behind them.
  static constexpr std::size_t to_redis = 0, subscribing = 2, from_redis = 3, mailboxes = 4;

  struct message {
    std::uint64_t id;
    std::size_t to;  ///< an actor's place in histories_
    const char* name;
    task what;
  };
  using message_ptr = std::shared_ptr<const message>;
  struct statement {
    enum class kind : std::uint8_t { write, read, lease };
    const char* name;
    statement::kind what;
    std::size_t node;
    std::size_t to;
    std::function<task(world&)> run;  ///< @returns what its answer tells
    std::function<void(world&, error)> fail;
  };
  struct flying {
    std::shared_ptr<const statement> what;
    std::shared_ptr<const task> answer;  ///< none: it has not taken effect
    std::uint64_t id;
    bool is_deserted = false;  ///< nobody waits for its answer any more
  };

  struct frame {
    position before_;
    event_list events;
    position before() const { return before_; }
    position last() const { return events.back()->at_position(); }
    std::size_t size_bytes() const { return events.size(); }
    bool holds(position p) const;
  };
  using frame_ptr = std::shared_ptr<const frame>;

  struct sent_write {
    std::size_t publisher;
    room_log::asker from;
    std::shared_ptr<const draft> what;
  };
  struct shard_shell {
    std::optional<term> owned_under;
    std::uint64_t lease_era = 0;
    beacon_book book{shard_id{0}, 1000, 1};
    write_gate gate;
    std::uint64_t awake = 0;   ///< the room actor's life; 0: asleep
    std::uint64_t waking = 0;  ///< its head is being read
    std::uint64_t wakings = 0;
    std::vector<sent_write> waiting;
  };
  struct room_life {
    kept_room core;
    bool has_local_feed = false;
    std::map<std::uint64_t, std::size_t> publishers;  ///< by session
  };
  struct room_shell {
    std::map<std::uint64_t, room_life> lives;
  };
  struct writer_shell {
    shard_writer core;
    std::uint64_t batch = 0;
    std::uint64_t room_life = 0;  ///< whom results go to; 0: nobody
    bool has_shard = false;
  };
  struct node {
    copied<lease> owner;
    copied<writer_shell> writer;
    copied<shard_shell> shard;
    copied<room_shell> room;
    instant lease_until{};  ///< what the shards see
    std::uint64_t lease_era = 0;
    bool is_up = true;
  };
  struct asker {
    generation gen;
    bool is_attach = false;
  };
  struct feed_shell {
    std::optional<feed> core;
    tail_watch watch;
    std::map<feed_ticket, asker> askers;
    std::uint64_t last_ticket = 0;
  };
  struct outbox_entry {
    generation gen;
    shown what;
    std::optional<position> live_before;  ///< of a live batch that may be dropped
  };
  struct thread_shell {
    live_table<std::uint32_t, frame_ptr> table;
    std::deque<outbox_entry> outbox;
    generation gen;  ///< of the session that stands
  };
  struct connection_shell {
    std::optional<join_merge> merge;
    generation gen;
    bool has_feed = false;
  };
  struct sink;

  // who hears of what (world.cpp)
  static std::size_t place(who w, std::size_t n = 0) { return static_cast<std::size_t>(w) * both + n; }
  bool is_explored(std::size_t actor) const;
  void enter(std::size_t actor, std::uint64_t cause);
  std::uint64_t next_id() { return fold(current_, ++emitted_); }
  void post(std::size_t to, const char* name, task what, bool is_slow = false);
  void post_slow(std::size_t to, const char* name, task what) { post(to, name, std::move(what), true); }
  void post_redis(std::size_t n, const char* name, task what);
  void arrive(message_ptr m, bool is_slow);
  void ask(statement what);
  void deliver(std::size_t lane);
  void run(std::size_t i);
  void answer(std::size_t i);
  void settle_local();
  void fail(std::string what);

  // a node that may own the shard (world_owner.cpp, world_writer.cpp)
  void renew(std::size_t n);
  void claim(std::size_t n);
  void let_go(std::size_t n, term under);
  void write(std::size_t n, sent_write w);
  void refuse(std::size_t n, const sent_write& w);
  void wake(std::size_t n);
  void loaded(std::size_t n, std::uint64_t waking, const result<history_page>& newest);
  void shard_closed(std::size_t n);
  void head_asked(std::size_t n, question q);
  void beacon_due(std::size_t n);
  void room_publish(std::size_t n, std::uint64_t life, const sent_write& w);
  void room_results(std::size_t n, std::uint64_t life, const shard_writer::room_results& results);
  void room_answer(std::size_t n, room_life& room, const room_log::answer& a);
  void perform(std::size_t n, shard_writer::effects effects);
  void perform_one(std::size_t n, shard_writer::append& e);
  void perform_one(std::size_t n, shard_writer::recover& e);
  void perform_one(std::size_t n, shard_writer::room_results& e);
  void perform_one(std::size_t n, shard_writer::late_events& e);
  void perform_one(std::size_t n, shard_writer::shard_moved& e);
  void perform_one(std::size_t n, shard_writer::step_down& e);

  // the clients (world_clients.cpp)
  seq acked() const;
  void publish(std::size_t p, std::size_t n);
  void tell(std::size_t p, session_id session, std::uint64_t number, std::variant<reply::published, refusal> what);
  void join();
  void read();

  // the reader's node (world_feed.cpp, world_reader.cpp)
  std::size_t reader_node() const { return plan_->is_reader_at_owner ? 0 : 1; }
  void subscribe();
  void tell_feed(const std::function<feed::effects(feed&)>& what);
  void perform(feed::effects effects);
  template <class Effect>
  void to_asker(feed_ticket ticket, const char* name, Effect tell);
  void read_head(question q);
  void poll();
  void tell_merge(generation gen, const std::function<join_merge::effects(join_merge&)>& what);
  void perform(join_merge::effects effects);
  void show(generation gen, shown what, std::optional<position> live_before = {});
  bool write_live(generation gen, position before, event_list events);
  void tell_connection(const char* name, generation gen, std::function<join_merge::effects(join_merge&)> what);
  void tell_behind(generation gen, position at, bool was_live);
  void deliver_frame(const frame_ptr& f);
  void close_table();
  void go_live(generation gen, position at);
  feed_options options_of_feed() const;
  void give(const outbox_entry& e);

  // time, faults and the end (world_steps.cpp, world_end.cpp)
  void add_faults(std::vector<step>& steps) const;
  void perform_fault(const step& s);
  void lapse();
  void kill(bool is_lost);
  void cut_reader();
  void settle();
  void pass_time();
  void repeat_and_join();
  bool is_quiet() const;
  bool is_done() const;
  void judge();
  shard_writer& writer(std::size_t n) { return nodes_[n].writer.change().core; }
  unix_time wall() const { return testing::today + std::chrono::duration_cast<milliseconds>(now_ - testing::noon); }

  std::shared_ptr<const plan> plan_;
  instant now_ = testing::noon;
  copied<storage> stored_;
  std::array<node, both> nodes_;
  std::vector<copied<publisher>> publishers_;
  copied<feed_shell> feed_;
  copied<thread_shell> thread_;
  copied<connection_shell> connection_;
  reader reader_;
  bool is_subscribed_ = false;

  std::array<std::uint64_t, static_cast<std::size_t>(who::count) * both> histories_{};
  std::array<std::vector<message_ptr>, mailboxes + static_cast<std::size_t>(who::count) * both> lanes_;
  std::deque<message_ptr> local_;  ///< what is done at once, in the order of sending
  std::vector<flying> statements_;
  std::uint64_t current_ = 0;
  std::uint64_t emitted_ = 0;

  struct {
    unsigned ticks = 0, polls = 0, beacons = 0, lapses = 0, renewals = 0, faults = 0;
    std::array<unsigned, both> claims{};
  } used_;
  std::string violation_;
};

}  // namespace parley::exhaustive
