#include "tests/simulation/redis_model.hpp"

#include "actors/core/mutant.hpp"

#include <algorithm>
#include <utility>

namespace parley::simulation {

std::uint64_t redis_model::open(const wire_ptr& from) {
  const auto who = ++last_;
  clients_[who].to = from;
  from->on_lost_far([this, who] { gone(who); });
  return who;
}

void redis_model::subscribe(std::uint64_t who, const std::string& channel, deliver how, std::function<void()> ended) {
  if (const auto found = clients_.find(who); found != clients_.end())
    found->second.channels.insert_or_assign(channel, subscription{std::move(how), std::move(ended)});
}

void redis_model::unsubscribe(std::uint64_t who, const std::string& channel) {
  if (const auto found = clients_.find(who); found != clients_.end()) found->second.channels.erase(channel);
}

void redis_model::gone(std::uint64_t who) { clients_.erase(who); }

void redis_model::publish(const std::string& channel, const copy& message) {
  ++tally_.published;
  if (is_split_ || is_misled(channel) || time_.chance(dropped_percent_)) {
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
    how->second.how(message);
    if (const auto to = c.to.lock(); to && to->on_the_way_to_near() > waiting_max_) slow.push_back(who);
  }
  for (const auto who : slow) kill(who);
}

void redis_model::move_slot(const std::string& tag, nanoseconds unknown_for) {
  if (!is_up_) return;
  ++tally_.slots_moved;
  moved_[tag] = time_.now() + unknown_for;
  for (auto& [who, c] : clients_) {
    for (auto at = c.channels.lower_bound(tag); at != c.channels.end() && at->first.starts_with(tag);) {
      const auto ended = std::move(at->second.ended);
      at = c.channels.erase(at);
      ended();
    }
  }
}

/// The publisher asks the former master: it follows the redirection, or gives up.
bool redis_model::is_misled(const std::string& channel) {
  return std::ranges::any_of(moved_, [&](const auto& m) {
    return channel.starts_with(m.first) && time_.now() < m.second && time_.chance(50);
  });
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
