#include "actors/lean_sharing.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <thread>
#include <vector>

namespace parley::testing {
namespace {

using namespace std::chrono_literals;

/// A loop whose test says when it goes on.
class hand_loop final : public thread_loop {
public:
  void run_behind(void (*task)()) override { tasks_.push_back(task); }
  std::size_t go_on() {
    const auto tasks = std::exchange(tasks_, {});
    for (auto* task : tasks) task();
    return tasks.size();
  }

private:
  std::vector<void (*)()> tasks_;
};

using heard_on = std::shared_ptr<std::promise<std::thread::id>>;

/// Hands each message on to the next of its kind, which it makes; the last one says where it ran.
class runner final : public caf::event_based_actor {
public:
  runner(caf::actor_config& config, heard_on told) : event_based_actor(config), told_(std::move(told)) {}
  caf::behavior make_behavior() override {
    return {[this](int hops) {
      if (hops == 0)
        told_->set_value(std::this_thread::get_id());
      else
        caf::anon_send(spawn<runner>(told_), hops - 1);
      quit();
    }};
  }

private:
  heard_on told_;
};

struct lean_system {
  lean_system() {
    config.load<lean_coordinator>();
    config.set("scheduler.max-threads", 2);
    config.set("logger.verbosity", caf::atom("quiet"));
    system = std::make_unique<caf::actor_system>(config);
  }
  ~lean_system() {
    dynamic_cast<lean_coordinator&>(system->scheduler()).data().jobs.close_to_guests();
    system.reset();
  }
  std::future<std::thread::id> run(int hops) {
    auto told = std::make_shared<std::promise<std::thread::id>>();
    auto where = told->get_future();
    caf::anon_send(system->spawn<runner>(std::move(told)), hops);
    return where;
  }

  caf::actor_system_config config;
  std::unique_ptr<caf::actor_system> system;
};

/// Once the workers have fallen asleep: one that is awake takes the job.
bool is_guest_soon(lean_system& s, hand_loop& loop) {
  for (const auto end = std::chrono::steady_clock::now() + 30s; std::chrono::steady_clock::now() < end;) {
    auto where = s.run(3);
    while (where.wait_for(0s) != std::future_status::ready) loop.go_on();
    loop.go_on();
    if (where.get() == std::this_thread::get_id()) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("a thread without a loop leaves actors to the workers", "[actors][run_queue]") {
  lean_system s;
  CHECK(s.run(3).get() != std::this_thread::get_id());
}

TEST_CASE("a thread with a loop runs the actors that it sends to, and those that they send to", "[actors][run_queue]") {
  lean_system s;
  hand_loop loop;
  CHECK(is_guest_soon(s, loop));
  CHECK(loop.go_on() == 0);
}

TEST_CASE("a system ends while a thread that was its guest lives on", "[actors][run_queue]") {
  auto s = std::make_unique<lean_system>();
  std::promise<bool> visited;
  std::promise<void> ended;
  std::thread guest([&, until = ended.get_future()]() mutable {
    hand_loop loop;
    visited.set_value(is_guest_soon(*s, loop));
    until.get();
  });
  CHECK(visited.get_future().get());
  s.reset();  // would wait for what the guest's thread keeps of it
  ended.set_value();
  guest.join();
}

}  // namespace parley::testing
