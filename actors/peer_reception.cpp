#include "actors/peer_reception.hpp"

#include "actors/peer_actor.hpp"
#include "actors/stop.hpp"

#include <caf/logger.hpp>
#include <caf/send.hpp>

#include <utility>

namespace parley {

/// A network may keep a sink for longer than the actors live: `end` takes the actor out of it.
class peer_reception::sink final : public peer_link_sink {
public:
  sink(caf::actor actor, std::uint64_t number) : actor_(std::move(actor)), number_(number) {}

  void opened() override {}
  void received(std::vector<peer::item> items) override {
    const std::lock_guard lock(mutex_);
    if (actor_) caf::anon_send(actor_, msg::peer_said{number_, std::move(items)});
  }
  void closed(std::string why) override {
    const std::lock_guard lock(mutex_);
    if (actor_) caf::anon_send(actor_, msg::peer_closed{number_, std::move(why)});
    actor_ = nullptr;
  }
  void end() {
    const std::lock_guard lock(mutex_);
    stop_now(actor_);
  }

private:
  std::mutex mutex_;  // the network's thread, and the thread that stops the node
  caf::actor actor_;
  std::uint64_t number_;
};

peer_reception::peer_reception(caf::actor_system& system, context_ptr context, msg::house house)
    : system_(system), context_(std::move(context)), house_(std::move(house)) {}

peer_reception::~peer_reception() { end(); }

std::shared_ptr<peer_link_sink> peer_reception::accepted(node_identity who, std::shared_ptr<peer_link> link) {
  const std::lock_guard lock(mutex_);
  if (is_ended_) return nullptr;
  std::erase_if(sinks_, [](const auto& one) { return one.expired(); });
  const auto number = ++last_number_;
  auto made = std::make_shared<sink>(
      system_.spawn<peer_actor>(context_, number, std::move(who), std::move(link), house_), number);
  // A thread that spawned keeps the system's logger, and the system's end waits for that: this thread lives longer.
  caf::logger::set_current_actor_system(nullptr);
  sinks_.push_back(made);
  return made;
}

void peer_reception::end() {
  std::vector<std::weak_ptr<sink>> all;
  {
    const std::lock_guard lock(mutex_);
    is_ended_ = true;
    all = std::exchange(sinks_, {});
    house_ = {};
  }
  for (const auto& one : all) {
    if (const auto alive = one.lock()) alive->end();
  }
}

}  // namespace parley
