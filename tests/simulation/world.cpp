#include "tests/simulation/world.hpp"

#include "tests/checker/describe.hpp"
#include "tests/checker/judge.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace parley::simulation {
namespace {

constexpr address databases_at = 100, endpoints_at = 200, clients_at = 300;

}  // namespace

world::world(std::uint64_t seed, checker::history& history) : time_(seed), history_(history), plan_(draw_plan(time_)) {
  for (std::size_t i = 0; i < plan_.databases; ++i) {
    databases_.push_back(
        std::make_unique<postgres_model>(time_, static_cast<address>(databases_at + i), plan_.options.shards));
    databases_.back()->on_commit = [this](const std::string& owner, const shard_batch& part) {
      history_.add_owned(ns(), history_.name("s" + std::to_string(part.fence.shard.value)), history_.name(owner),
                         part.fence.term.value);
    };
  }
  for (std::size_t i = 0; i < plan_.endpoints; ++i) {
    endpoints_.push_back(std::make_unique<redis_model>(time_, static_cast<address>(endpoints_at + i)));
    endpoints_.back()->set_shim(plan_.dropped_percent, plan_.doubled_percent, plan_.held_percent);
  }
  nodes_.resize(plan_.nodes);
  for (std::size_t i = 0; i < plan_.nodes; ++i) start_node(i);
  for (std::size_t i = 0; i < plan_.rooms; ++i) rooms_.push_back("room-" + std::to_string(i));
  for (std::size_t i = 0; i < plan_.clients; ++i) {
    client_options how;
    how.messages = plan_.messages;
    std::set<std::string> mine{rooms_[i % rooms_.size()]};
    while (mine.size() < rooms_.size() && time_.chance(40)) mine.insert(rooms_[time_.below(rooms_.size())]);
    how.rooms.assign(mine.begin(), mine.end());
    how.pipeline = 1 + time_.below(6);
    how.window = 1 + time_.below(time_.chance(50) ? 4 : 64);
    if (plan_.has_slow_readers && time_.chance(50)) how.read_delay = time_.up_to(milliseconds{60});
    how.write_pause = time_.between(milliseconds{5}, plan_.faulty_time / static_cast<int>(plan_.messages));
    clients_.push_back(std::make_shared<client_model>(
        time_, history_, static_cast<address>(clients_at + i), "u" + std::to_string(i), how,
        [this](auto client, auto peer, auto window) { return dial(client, peer, window); }));
    clients_.back()->start();
  }
}

world::~world() {
  for (auto& n : nodes_) n.process.reset();
}

// ---- nodes -----------------------------------------------------------------------------------------------------

void world::start_node(std::size_t which) {
  auto& n = nodes_[which];
  if (n.process) return;
  ++n.lives;
  n.process =
      std::make_unique<node>(time_, net_, node_at(which), "i" + std::to_string(which) + "." + std::to_string(n.lives),
                             plan_.options, databases_, endpoints_, alarms_, chat_tally_, plan_.outbox_max);
  n.process->machine().drift(static_cast<std::int64_t>(time_.below(400)) - 200);
}

void world::stop_node(std::size_t which, nanoseconds restart_in) {
  auto& n = nodes_[which];
  if (!n.process) return;
  const auto& t = n.process->front().tally();
  front_tally_.overflows += t.overflows;
  front_tally_.fell_out += t.fell_out;
  n.process->kill();
  n.process.reset();
  time_.after(restart_in, [this, which] { start_node(which); });
}

std::shared_ptr<front_model::session> world::dial(const host_ptr& client, const std::weak_ptr<session_peer>& peer,
                                                  std::size_t window) {
  auto& n = nodes_[time_.below(nodes_.size())];
  return n.process ? n.process->front().accept(client, peer, window) : nullptr;
}

void world::step() {
  time_.step();
  for (auto& n : nodes_) {
    if (n.process) n.process->run();
  }
}

void world::run_for(nanoseconds how_long) {
  const auto end = time_.now() + how_long;
  bool is_over = false;
  time_.after(how_long, [&is_over] { is_over = true; });
  while (!is_over && time_.now() <= end) step();
}

bool world::run_until(const std::function<bool()>& is_there, nanoseconds at_most) {
  const auto end = time_.now() + at_most;
  while (time_.now() < end) {
    if (is_there()) return true;
    run_for(milliseconds{200});
  }
  return is_there();
}

// ---- faults ----------------------------------------------------------------------------------------------------

void world::act() {
  if (is_healed_) return;
  if (!plan_.faults.empty()) cause(plan_.faults[time_.below(plan_.faults.size())]);
  time_.after(time_.up_to(plan_.fault_pause * 2), [this] { act(); });
}

void world::lose(std::size_t database, std::size_t commits) {
  const auto lost = databases_[database]->fail_over(commits);
  for (const auto& tail : lost) {
    has_lost_ = true;
    history_.add_lost_tail(ns(), history_.room(tail.room->room),
                           checker::position{tail.after.term.value, tail.after.seq.value});
  }
  for (auto& n : nodes_) {
    if (n.process) n.process->cut_database(database);
  }
}

void world::cause(fault f) {
  ++hits_[static_cast<std::size_t>(f)];
  history_.add_fault(ns(), history_.name(to_string(f)), true);
  const auto which_node = time_.below(nodes_.size());
  const auto which_database = time_.below(databases_.size());
  const auto which_endpoint = time_.below(endpoints_.size());
  auto* process = nodes_[which_node].process.get();
  auto* database = databases_[which_database].get();
  auto* endpoint = endpoints_[which_endpoint].get();
  switch (f) {
    case fault::kill_node: return stop_node(which_node, a_while());
    case fault::roll_node:
      if (process == nullptr || !process->machine().is_running()) return;
      process->release();
      return time_.after(time_.between(milliseconds{5}, milliseconds{500}),
                         [this, which_node] { stop_node(which_node, milliseconds{200}); });
    case fault::pause_node: {
      if (process == nullptr) return;
      process->machine().pause();
      return time_.after(a_while(), [weak = process->machine().weak_from_this()] {
        if (auto h = weak.lock()) h->go_on();
      });
    }
    case fault::cut_database:
      if (process) process->cut_database(which_database);
      return;
    case fault::crash_database:
      if (!database->is_up()) return;
      database->crash();
      for (auto& n : nodes_) {
        if (n.process) n.process->cut_database(which_database);
      }
      return time_.after(a_while() / 2, [database] { database->start(); });
    case fault::fail_over:
      if (database->is_up()) lose(which_database, 0);
      return;
    case fault::lose_tail:
      if (database->is_up()) lose(which_database, 1 + time_.below(6));
      return;
    case fault::read_only_database:
      database->set_read_only(true);
      return time_.after(a_while(), [database] { database->set_read_only(false); });
    case fault::slow_database:
      database->set_slow(time_.up_to(milliseconds{700}));
      return time_.after(a_while(), [database] { database->set_slow(nanoseconds{0}); });
    case fault::lock_shard: {
      const shard_id shard{static_cast<std::uint32_t>(time_.below(plan_.options.shards))};
      if (database->shard(shard).is_locked) return;  // a transaction holds it: the psql waits in vain
      database->lock(shard, true);
      return time_.after(a_while() / 4, [database, shard] { database->lock(shard, false); });
    }
    case fault::cut_endpoint:
      if (process) process->cut_endpoint(which_endpoint);
      return;
    case fault::stop_endpoint:
      endpoint->stop();
      for (auto& n : nodes_) {
        if (n.process) n.process->cut_endpoint(which_endpoint);
      }
      return time_.after(a_while(), [endpoint] { endpoint->start(); });
    case fault::split_endpoint:
      endpoint->set_split(true);
      return time_.after(a_while() / 2, [endpoint] { endpoint->set_split(false); });
    case fault::close_way: {
      const auto here = node_at(which_node);
      const auto there =
          static_cast<address>(time_.chance(50) ? databases_at + which_database : endpoints_at + which_endpoint);
      const bool outward = time_.chance(70), inward = !outward || time_.chance(60);
      if (outward) net_.close(here, there);
      if (inward) net_.close(there, here);
      return time_.after(a_while(), [this] { net_.open_all(); });
    }
    case fault::drop_client: return clients_[time_.below(clients_.size())]->drop();
    case fault::jump_clock:
      return database->machine().jump(milliseconds{static_cast<std::int64_t>(time_.below(7'200'000)) - 3'600'000});
  }
}

void world::heal() {
  is_healed_ = true;
  net_.open_all();
  for (auto& d : databases_) {
    d->start();
    d->set_read_only(false);
    d->set_slow(nanoseconds{0});
  }
  for (auto& e : endpoints_) {
    e->start();
    e->set_split(false);
    e->set_shim(0, 0, 0);
  }
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (!nodes_[i].process) start_node(i);
    nodes_[i].process->machine().go_on();
  }
  for (auto& c : clients_) c->calm();
  history_.add_healed(ns());
}

// ---- a run -----------------------------------------------------------------------------------------------------

void world::run() {
  act();
  run_for(plan_.faulty_time);
  heal();
  const auto all_done = [this] { return std::ranges::all_of(clients_, [](const auto& c) { return c->is_done(); }); };
  const bool is_quiet = run_until(all_done, seconds{90});
  for (const auto& room : rooms_) {
    for (auto& c : clients_) c->publish_last(room);
  }
  const bool is_answered = run_until(all_done, seconds{60});
  run_for(seconds{6});  // a lost tail shows within 2 s, a feed's own doubts sooner
  history_.add_settled(ns());
  read_back();
  decide();
  if (problem_.empty() && !(is_quiet && is_answered)) problem_ = "some client never got all of its answers\n";
}

void world::read_back() {
  for (const auto& d : databases_) {
    for (const auto& [key, room] : d->rooms()) {
      if (!room.room) continue;
      checker::stored dump;
      dump.room = history_.room(room.room->room);
      std::vector<checker::row> rows;
      for (const auto& e : room.events) {
        checker::row row;
        row.seq = e->seq.value;
        row.term = e->term.value;
        row.content = content_of(e->sender, e->client_msg_id, e->body.text);
        row.sender = history_.name(e->sender);
        row.key = history_.key(dump.room, row.sender, e->client_msg_id);
        rows.push_back(row);
      }
      if (!rows.empty()) dump.head = {rows.back().term, rows.back().seq};
      history_.add_stored(ns(), dump, rows);
    }
  }
}

void world::decide() {
  auto verdict = checker::judge(history_);
  // What an asynchronous failover loses was acknowledged: the checker has to say so, and it is no bug.
  if (has_lost_) std::erase_if(verdict.findings, [](const auto& f) { return f.rule == 1; });
  if (verdict.outcome == checker::outcome::malformed || !verdict.findings.empty())
    problem_ = checker::describe(history_, verdict);
  if (problem_.empty() && !has_lost_ && !alarms_.alarms.empty())
    problem_ = "an alarm: " + alarms_.alarms.front() + "\n";
}

sometimes world::counters() const {
  sometimes c;
  for (std::size_t i = 0; i < fault_count; ++i)
    c[std::string("fault: ") + to_string(static_cast<fault>(i))] += hits_[i];
  for (const auto& d : databases_) {
    const auto& t = d->tally();
    c["commits"] += t.commits;
    c["fenced"] += t.fenced;
    c["stale attempt refused"] += t.stale;
    c["shard skipped: locked"] += t.locked;
    c["duplicate found in storage"] += t.duplicates;
    c["takeover"] += t.takeovers;
    c["server died in commit"] += t.died_in_commit;
    c["tail lost"] += t.lost_tails;
  }
  for (const auto& e : endpoints_) {
    const auto& t = std::as_const(*e).tally();
    c["Redis message dropped"] += t.dropped;
    c["Redis message doubled"] += t.doubled;
    c["Redis message held back"] += t.reordered;
    c["Redis link lost"] += t.links_lost;
  }
  auto front = front_tally_;
  for (const auto& n : nodes_) {
    if (!n.process) continue;
    front.overflows += n.process->front().tally().overflows;
    front.fell_out += n.process->front().tally().fell_out;
  }
  c["outbox overflowed"] += front.overflows;
  c["row fell out"] += front.fell_out;
  c["outcome unknown"] += chat_tally_.unknown;
  c["shard lost"] += chat_tally_.shards_lost;
  c["room slept"] += chat_tally_.rooms_slept;
  c["feed closed"] += chat_tally_.feeds_closed;
  c["hole filled"] += chat_tally_.holes_filled;
  c["tail suspected"] += chat_tally_.tails_suspected;
  for (const auto& client : clients_) {
    const auto& t = client->tally();
    c["ack"] += t.acks;
    c["ack: duplicate"] += t.duplicates;
    c["publish refused"] += t.refusals;
    c["publish left open"] += t.opens;
    c["join"] += t.joins;
    c["join: resume"] += t.resumes;
    c["join refused"] += t.joins_refused;
    c["reset"] += t.resets;
    c["catching up"] += t.catching_up;
    c["catching up twice"] += t.caught_up_twice;
    c["left and joined again"] += t.leaves;
  }
  return c;
}

}  // namespace parley::simulation
