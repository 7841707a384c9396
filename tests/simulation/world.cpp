#include "tests/simulation/world.hpp"

#include "tests/checker/describe.hpp"
#include "tests/checker/judge.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace parley::simulation {
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
