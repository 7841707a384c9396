#include "tests/simulation/node.hpp"

#include <caf/actor_system.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include <utility>

namespace parley::simulation {
namespace {

caf::scheduler::test_coordinator& scheduler_of(chat& c) {
  return dynamic_cast<caf::scheduler::test_coordinator&>(c.system().scheduler());
}

}  // namespace

node::node(agenda& time, network& net, address where, std::string incarnation, const chat_options& options,
           const std::vector<std::unique_ptr<postgres_model>>& databases,
           const std::vector<std::unique_ptr<redis_model>>& endpoints, node_shape shape, peer_links::directory& peers,
           log& alarms, chat_probe& probe, std::size_t outbox_max)
    : time_(time), host_(std::make_shared<host>(time, where)) {
  std::vector<database_ports> ports;
  for (const auto& database : databases) {
    links_.push_back(std::make_unique<postgres_link>(time, net, host_, *database));
    const bool is_home = ports.empty();
    ports.push_back(
        {links_.back().get(), links_.back().get(), shape.has_moves && is_home ? links_.back().get() : nullptr});
  }
  std::vector<fan_out*> outs;
  for (const auto& endpoint : endpoints) {
    fan_outs_.push_back(std::make_unique<redis_link>(time, net, host_, *endpoint, shape.has_slots));
    outs.push_back(fan_outs_.back().get());
  }
  front_ = std::make_unique<front_model>(time, net, host_, outbox_max);
  auto mine = options;
  mine.node = {"n" + std::to_string(where), std::move(incarnation)};
  mine.peer_address = mine.node.name + ":7000";
  mine.workers = 0;
  mine.head_period = milliseconds{1};  // each poll that proves a quiet room's head has it said
  peers_ = std::make_unique<peer_links>(time, net, host_, mine.node, mine.peer_address, peers);
  chat_ = std::make_unique<chat>(mine, std::move(ports), std::move(outs), alarms, probe, *host_, peers_.get());
  chat_->start(*front_);
  front_->serve(*chat_);
  front_->watch(alarms);
  synced_ = host_->boot_now();
}

node::~node() {
  if (host_->is_alive()) kill();
}

void node::run() {
  if (!host_->is_running() || time_.now() < not_before_) return;
  auto& scheduler = scheduler_of(*chat_);
  const auto now = host_->boot_now();
  if (now > synced_) scheduler.advance_time(now - std::exchange(synced_, now));
  auto& jobs = scheduler.jobs;
  // Now and then the scheduler's threads are late: what comes meanwhile finds the actors in the middle of their work.
  std::size_t left = time_.chance(6) ? 1 + time_.below(8) : SIZE_MAX;
  while (!jobs.empty() && left-- > 0) {
    if (jobs.size() > 1) std::swap(jobs.front(), jobs[time_.below(jobs.size())]);
    scheduler.run_once();
    time_.count_step();
  }
  if (!jobs.empty()) {
    const auto late = time_.between(nanoseconds{10'000}, nanoseconds{3'000'000});
    not_before_ = time_.now() + late;
    return wake_at(late);
  }
  host_->was_idle();
  const auto& timers = scheduler.clock().schedule();
  if (!timers.empty()) {
    const auto due = timers.begin()->first - scheduler.clock().current_time;
    if (!wake_ || time_.now() + due < *wake_) wake_at(std::chrono::duration_cast<nanoseconds>(due));
  }
}

void node::wake_at(nanoseconds in) {
  in = std::max(in, nanoseconds{1'000});  // a drifting clock may be just short of its timer
  const auto at = time_.now() + in;
  wake_ = at;
  host_->after(in, [this, at] {  // the world runs every node after every step
    if (wake_ == at) wake_.reset();
  });
}

void node::release() {
  chat_->release([done = is_released_] { *done = true; });
}

void node::kill() {
  for (auto& link : links_) link->cut();
  for (auto& out : fan_outs_) out->cut();
  peers_->die();
  host_->die();
  front_->die();
  chat_->end();
  auto& scheduler = scheduler_of(*chat_);
  scheduler.clock().cancel_all();
  while (!scheduler.jobs.empty()) scheduler.run_once();  // exits; what they still say reaches nobody
  chat_.reset();
}

}  // namespace parley::simulation
