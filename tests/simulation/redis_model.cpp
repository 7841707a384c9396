#include "tests/simulation/redis_model.hpp"

#include "actors/core/mutant.hpp"

#include <utility>

namespace parley::simulation {

std::uint64_t redis_model::open(const wire_ptr& from) {
  const auto who = ++last_;
  clients_[who].to = from;
  from->on_lost_far([this, who] { gone(who); });
  return who;
}

void redis_model::subscribe(std::uint64_t who, const std::string& channel, deliver how) {
  if (const auto found = clients_.find(who); found != clients_.end())
    found->second.channels.insert_or_assign(channel, std::move(how));
}

void redis_model::unsubscribe(std::uint64_t who, const std::string& channel) {
  if (const auto found = clients_.find(who); found != clients_.end()) found->second.channels.erase(channel);
}

void redis_model::gone(std::uint64_t who) { clients_.erase(who); }

void redis_model::publish(const std::string& channel, const copy& message) {
  ++tally_.published;
  if (is_split_ || time_.chance(dropped_percent_)) {
    ++tally_.dropped;
    return;
  }
  if (time_.chance(doubled_percent_)) {
    ++tally_.doubled;
    hand_out(channel, message);
  }
  if (time_.chance(held_percent_)) {
    ++tally_.reordered;
    return host_->after(time_.up_to(milliseconds{30}), [this, channel, message] { hand_out(channel, message); });
  }
  hand_out(channel, message);
}

void redis_model::hand_out(const std::string& channel, const copy& message) {
  std::vector<std::uint64_t> slow;
  for (const auto& [who, c] : clients_) {
    const auto how = c.channels.find(channel);
    if (how == c.channels.end()) continue;
    ++tally_.delivered;
    how->second(message);
    if (const auto to = c.to.lock(); to && to->on_the_way_to_near() > waiting_max_) slow.push_back(who);
  }
  for (const auto who : slow) kill(who);
}

void redis_model::kill(std::uint64_t who) {
  const auto to = clients_[who].to.lock();
  gone(who);
  if (to) to->close_far();
}

void redis_model::kill_clients(bool subscribers) {
  std::vector<std::uint64_t> found;
  for (const auto& [who, c] : clients_) {
    if (c.channels.empty() != subscribers) found.push_back(who);
  }
  for (const auto who : found) kill(who);
}

std::size_t redis_model::subscribers() const {
  std::size_t count = 0;
  for (const auto& [who, c] : clients_) count += c.channels.empty() ? 0 : 1;
  return count;
}

void redis_model::stop() {
  is_up_ = false;
  clients_.clear();
}

}  // namespace parley::simulation
