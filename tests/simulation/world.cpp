#include "tests/simulation/world.hpp"

#include "tests/checker/describe.hpp"
#include "tests/checker/judge.hpp"

#include <algorithm>
#include <climits>
#include <set>
#include <utility>

namespace parley::simulation {
namespace {

constexpr address databases_at = 100, endpoints_at = 200, clients_at = 300;

checker::position said(position p) { return {p.term.value, p.seq.value}; }

}  // namespace

world::world(std::uint64_t seed, checker::history& history, const reduction& smaller)
    : time_(seed ^ (smaller.salt << 48)), history_(history), plan_(smaller.apply(draw_plan(seed))) {
  chat_tally_.is_join_under_way = [this] {
    return std::ranges::any_of(clients_, [](const auto& c) { return c->is_joining(); });
  };
  for (std::size_t i = 0; i < plan_.databases; ++i) {
    databases_.push_back(
        std::make_unique<postgres_model>(time_, static_cast<address>(databases_at + i), plan_.options.shards));
    databases_.back()->on_commit = [this](const std::string& owner, const shard_batch& part) {
      history_.add_owned(ns(), history_.name("s" + std::to_string(part.fence.shard.value)), history_.name(owner),
                         part.fence.term.value);
    };
    databases_.back()->on_takeover = [this] {
      if (chat_tally_.is_join_under_way()) ++takeovers_in_join_;
      if (std::ranges::any_of(clients_, [](const auto& c) { return c->is_writing(); })) ++takeovers_in_publish_;
    };
  }
  std::vector<database_id> places;
  std::vector<std::size_t> endpoints;
  for (std::size_t i = 0; i < plan_.options.shards; ++i) {
    places.push_back(plan_.options.routes[i].database);
    endpoints.push_back(plan_.options.routes[i].endpoint);
  }
  databases_.front()->keep_places(std::move(places), std::move(endpoints));
  for (std::size_t i = 0; i < plan_.endpoints; ++i) {
    endpoints_.push_back(std::make_unique<redis_model>(time_, static_cast<address>(endpoints_at + i)));
    endpoints_.back()->set_shim(plan_.dropped_percent, plan_.doubled_percent, plan_.held_percent);
  }
  if (plan_.nodes > 1) history_.add_fault(ns(), history_.name("links between nodes"), true);
  if (plan_.has_short_links) history_.add_fault(ns(), history_.name("short links"), true);
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
  auto options = plan_.options;
  if (plan_.gather_events > 0) {
    options.writer.gather_from = 1;
    options.writer.gather_events = plan_.gather_events;
  }
  const auto map = databases_.front()->map();
  options.routes = {};
  for (std::size_t i = 0; i < map.databases.size(); ++i) options.routes.push_back({map.databases[i], map.endpoints[i]});
  n.process = std::make_unique<node>(
      time_, net_, node_at(which), "i" + std::to_string(which) + "." + std::to_string(n.lives), options, databases_,
      endpoints_, node_shape{plan_.has_slots(), plan_.has_moves() || plan_.has_endpoint_moves()}, peers_, alarms_,
      chat_tally_, plan_.outbox_max);
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
    history_.add_lost_tail(ns(), history_.room(tail.room->room), said(tail.after), said(tail.last));
  }
  for (auto& n : nodes_) {
    if (n.process) n.process->cut_database(database);
  }
}

void world::trim(postgres_model& database) {
  if (!database.is_up() || database.rooms().empty()) return;
  const auto& [key, room] =
      *std::next(database.rooms().begin(), static_cast<std::ptrdiff_t>(time_.below(database.rooms().size())));
  if (!room.events.empty() && !database.is_elsewhere(room.room->shard))
    database.trim(key, room.events[time_.below(room.events.size())]->seq);
}

void world::hold_key(postgres_model& database) {
  if (!database.is_up() || database.rooms().empty()) return;
  const auto key =
      std::next(database.rooms().begin(), static_cast<std::ptrdiff_t>(time_.below(database.rooms().size())))->first;
  database.hold(key, true);
  time_.after(a_while(), [&database, key] { database.hold(key, false); });
}

/// A reset, or a network that lets nothing through between two nodes, perhaps one way only.
void world::cut_peers(std::size_t which) {
  if (nodes_.size() < 2) return;
  if (time_.chance(25)) {
    if (auto* process = nodes_[which].process.get()) process->cut_peers();
    return;
  }
  const auto here = node_at(which);
  const auto there = node_at((which + 1 + time_.below(nodes_.size() - 1)) % nodes_.size());
  const bool is_one_way = time_.chance(40);
  net_.close(here, there);
  if (!is_one_way) net_.close(there, here);
  time_.after(a_while(), [this, here, there] {
    net_.open(here, there);
    net_.open(there, here);
  });
}

/// One that was interrupted first: the program refuses another while a shard is on its way.
void world::move_shard() {
  if (!plan_.has_moves()) return;
  if (move_ && !move_->by->is_over()) return;
  const bool is_unfinished = move_ && databases_.front()->places()[move_->shard.value] != move_->to;
  if (!is_unfinished) {
    const shard_id shard{static_cast<std::uint32_t>(time_.below(plan_.options.shards))};
    const auto from = databases_.front()->places()[shard.value];
    const database_id to{static_cast<std::uint32_t>((from.value + 1) % databases_.size())};
    move_ = shard_move{shard, from, to, nullptr};
  }
  go_on_moving(time_.chance(40) ? static_cast<unsigned>(time_.below(4)) : UINT_MAX);
}

/// One statement at home, which is done or not.
void world::move_endpoint() {
  const shard_id shard{static_cast<std::uint32_t>(time_.below(plan_.options.shards))};
  if (!plan_.has_endpoint_moves() || !databases_.front()->is_free_to_change(shard)) return;
  databases_.front()->place_copies(shard, time_.below(endpoints_.size()));
}

void world::go_on_moving(unsigned patience) {
  auto& to = *databases_[move_->to.value];
  move_->by = std::make_shared<shard_mover>(time_, *databases_.front(), *databases_[move_->from.value],
                                            shard_mover::target{&to, move_->to}, move_->shard, patience);
  move_->by->start();
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
    case fault::hold_key: return hold_key(*database);
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
    case fault::move_slot:
      return endpoint->move_slot(
          redis_link::tag_of(shard_id{static_cast<std::uint32_t>(time_.below(plan_.options.shards))}),
          time_.up_to(milliseconds{400}));
    case fault::close_way: {
      const auto here = node_at(which_node);
      const auto there =
          static_cast<address>(time_.chance(50) ? databases_at + which_database : endpoints_at + which_endpoint);
      const bool outward = time_.chance(70), inward = !outward || time_.chance(60);
      if (outward) net_.close(here, there);
      if (inward) net_.close(there, here);
      return time_.after(a_while(), [this] { net_.open_all(); });
    }
    case fault::trim_room: return trim(*database);
    case fault::cut_peers: return cut_peers(which_node);
    case fault::move_shard: return move_shard();
    case fault::move_endpoint: return move_endpoint();
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
  }
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (!nodes_[i].process) start_node(i);
    nodes_[i].process->machine().go_on();
  }
  if (move_) {  // the command is repeated until it says that it is done
    move_->by->stay();
    if (move_->by->is_over()) go_on_moving(UINT_MAX);
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
  run_for(seconds{3});  // every link stands again
  for (const auto& room : rooms_) {
    if (time_.chance(25)) continue;  // what it lost in the faulty time has to show without another message
    for (auto& c : clients_) c->publish_last(room);
  }
  const bool is_answered = run_until(all_done, seconds{60});
  check_promptness();
  // Only now: a message that is lost when nothing follows it is what beacons and polls are for.
  for (auto& e : endpoints_) e->set_shim(0, 0, 0);
  run_for(seconds{6});  // a lost tail shows within 2 s, a feed's own doubts sooner
  history_.add_settled(ns());
  read_back();
  decide();
  if (problem_.empty() && !(is_quiet && is_answered)) problem_ = "some client never got all of its answers\n";
}

/// Where Redis drops nothing, the live path shows an event at once: no reader waits for the next poll.
void world::check_promptness() {
  if (plan_.dropped_percent > 0) return;
  run_for(milliseconds{400});
  for (const auto& d : databases_) {
    for (const auto& [key, room] : d->rooms()) {
      if (!room.room || room.events.empty() || d->is_elsewhere(room.room->shard)) continue;
      for (const auto& c : clients_) {
        if (!c->is_behind(room.room->room, room.events.back()->seq)) continue;
        problem_ =
            "late: a reader of " + room.room->room + " has waited 400 ms for an event, and nothing was dropped\n";
      }
    }
  }
}

void world::read_back() {
  for (const auto& d : databases_) {
    for (const auto& [key, room] : d->rooms()) {
      if (!room.room || d->is_elsewhere(room.room->shard)) continue;
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
      dump.floor = said(room.floor);
      dump.head = rows.empty() ? dump.floor : checker::position{rows.back().term, rows.back().seq};
      history_.add_stored(ns(), dump, rows);
    }
  }
}

void world::decide() {
  checker::options all;
  all.findings_per_rule = SIZE_MAX;
  auto verdict = checker::judge(history_, all);
  // What an asynchronous failover loses was acknowledged: the checker has to say so, and it is no bug.
  std::erase_if(verdict.findings, [](const auto& f) { return f.is_of_lost_tail; });
  if (verdict.outcome == checker::outcome::malformed || !verdict.findings.empty())
    problem_ = checker::describe(history_, verdict);
  if (problem_.empty() && !has_lost_ && !alarms_.alarms.empty())
    problem_ = "an alarm: " + alarms_.alarms.front() + "\n";
}

}  // namespace parley::simulation
