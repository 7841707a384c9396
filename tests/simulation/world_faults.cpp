// What befalls the world, and its way back.
#include "tests/simulation/world.hpp"

#include <climits>
#include <utility>

namespace parley::simulation {
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
    case fault::take_shard: {
      const shard_id shard{static_cast<std::uint32_t>(time_.below(plan_.options.shards))};
      return databases_[databases_.front()->places()[shard.value].value]->take(shard);
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

}  // namespace parley::simulation
