#pragma once

#include "actors/chat_context.hpp"
#include "actors/messages.hpp"
#include "actors/stop.hpp"
#include "tests/actors/scripted_ports.hpp"
#include "tests/core/given.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/atom.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/send.hpp>

#include <memory>
#include <tuple>
#include <utility>
#include <vector>

namespace parley::testing {

inline const room_ref general = room_named("general"), random_room = room_named("random");
inline const room_ref elsewhere = room_named("elsewhere", 1);

/// What an actor in the place of a neighbour heard, by kind, in the order of arrival.
template <class... Kinds>
class heard {
public:
  template <class Kind>
  std::vector<Kind>& of() {
    return std::get<std::vector<Kind>>(all_);
  }

private:
  std::tuple<std::vector<Kinds>...> all_;
};

template <class... Kinds>
class listener : public caf::event_based_actor {
public:
  listener(caf::actor_config& config, std::shared_ptr<heard<Kinds...>> into)
      : event_based_actor(config), into_(std::move(into)) {}
  caf::behavior make_behavior() override {
    return {[this](Kinds& m) { into_->template of<Kinds>().push_back(std::move(m)); }...};
  }

private:
  std::shared_ptr<heard<Kinds...>> into_;
};

/// One shell between scripted ports and listeners, on CAF's testing scheduler and a clock that the test moves.
/// Two shards: each in a database and on an endpoint of its own.
struct actor_stage {
  actor_stage() {
    config.set("scheduler.policy", caf::atom("testing"));
    system = std::make_unique<caf::actor_system>(config);
    context = std::make_shared<chat_context>();
    context->options.node = {"n1", "us"};
    context->options.shards = 2;
    context->options.routes = {{database_id{0}, 0}, {database_id{1}, 1}};
    for (std::size_t i = 0; i < 2; ++i) {
      context->databases.push_back({&logs[i], &owners[i], nullptr, &logs[i]});
      context->endpoints.push_back(&endpoints[i]);
      context->leases.push_back(std::make_unique<lease_clock>());
    }
    context->front = &front;
    context->log = &lines;
    context->probe = &probe;
    context->clock = &clock;
  }
  ~actor_stage() {
    for (auto* actors : {&shells, &listeners}) {
      for (auto& actor : *actors) stop_now(actor);
    }
    run();
    scheduler().clock().cancel_all();
    run();
  }

  template <class Shell, class... Arguments>
  caf::actor spawn(Arguments&&... arguments) {
    shells.push_back(system->spawn<Shell>(std::forward<Arguments>(arguments)...));
    run();
    return shells.back();
  }
  template <class... Kinds>
  caf::actor listen(std::shared_ptr<heard<Kinds...>> into) {
    listeners.push_back(system->spawn<listener<Kinds...>>(std::move(into)));
    run();
    return listeners.back();
  }
  template <class Message>
  void tell(const caf::actor& whom, Message m) {
    caf::anon_send(whom, std::move(m));
    run();
  }
  void run() { scheduler().run(); }
  void advance(milliseconds by) {
    clock.now += by;
    scheduler().advance_time(by);
    run();
  }
  bool has_timer() { return timers() != 0; }
  std::size_t timers() { return scheduler().clock().schedule().size(); }
  caf::scheduler::test_coordinator& scheduler() {
    return dynamic_cast<caf::scheduler::test_coordinator&>(system->scheduler());
  }

  hand_clock clock;
  scripted_log logs[2];
  scripted_owners owners[2];
  recording_fan_out endpoints[2];
  recording_front front;
  silent_lines lines;
  counting_probe probe;
  context_ptr context;
  caf::actor_system_config config;
  std::unique_ptr<caf::actor_system> system;
  std::vector<caf::actor> shells, listeners;
};

}  // namespace parley::testing
