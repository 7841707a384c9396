#include "actors/peer_links.hpp"

#include "actors/ownership_messages.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <mutex>
#include <utility>

namespace parley {
namespace {

constexpr milliseconds soon_kept{3'000};
constexpr std::size_t soon_max = 64;  // of one node: looks, a few bytes each

}  // namespace

/// Brings what a link says to the router, until it is told to forget it: a network may keep a sink for longer than the
/// actors live.
class peer_links::sink final : public peer_link_sink {
public:
  sink(caf::actor router, std::uint64_t number) : router_(std::move(router)), number_(number) {}

  void opened() override { tell(msg::peer_opened{number_}); }
  void received(std::vector<peer::item> items) override { tell(msg::peer_said{number_, std::move(items)}); }
  void closed(std::string why) override { tell(msg::peer_closed{number_, std::move(why)}); }

  void forget() {
    const std::lock_guard lock(mutex_);
    router_ = nullptr;
  }

private:
  template <class Message>
  void tell(Message&& m) {
    const std::lock_guard lock(mutex_);
    if (router_) caf::anon_send(router_, std::forward<Message>(m));
  }

  std::mutex mutex_;  // the network's thread, and the router's
  caf::actor router_;
  std::uint64_t number_;
};

std::vector<std::string> peer_links::placed(database_id database, std::vector<peer_place> places) {
  registries_[database] = std::move(places);
  places_.clear();
  for (const auto& [id, registry] : registries_) {
    for (const auto& place : registry) places_.insert_or_assign(place.node.incarnation, place);
  }
  std::vector<std::string> ended;
  for (auto item = links_.begin(); item != links_.end();) {
    if (places_.contains(item->first)) {
      ++item;
      continue;
    }
    if (item->second.is_open) ended.push_back(item->first);
    end(item->second);
    item = links_.erase(item);
  }
  pauses_.keep_only([&](const std::string& incarnation) { return places_.contains(incarnation); });
  std::erase_if(soon_, [&](const auto& waiting) { return !places_.contains(waiting.first); });
  std::ranges::sort(ended);
  return ended;
}

void peer_links::need(const std::string& incarnation, const caf::actor& router, instant now) {
  if (network_ == nullptr || links_.contains(incarnation)) return;
  const auto place = places_.find(incarnation);
  if (place == places_.end() || place->second.address.empty()) return;
  if (!pauses_.may_dial(incarnation, now)) return;
  link made;
  made.number = ++last_number_;
  made.ear = std::make_shared<sink>(router, made.number);
  made.line = network_->dial(place->second, made.ear);
  links_.emplace(incarnation, std::move(made));
}

const std::string* peer_links::opened(std::uint64_t number) {
  for (auto& [incarnation, l] : links_) {
    if (l.number != number) continue;
    l.is_open = true;
    pauses_.opened(incarnation);
    if (auto waiting = soon_.extract(incarnation); !waiting.empty()) {
      for (auto& item : waiting.mapped().items) (void)l.line->send(std::move(item));  // a lost one is asked for again
    }
    return &incarnation;
  }
  return nullptr;
}

const std::string* peer_links::node_of(std::uint64_t number) const {
  for (const auto& [incarnation, l] : links_) {
    if (l.number == number) return &incarnation;
  }
  return nullptr;
}

std::string peer_links::closed(std::uint64_t number, const std::string& why, instant now) {
  const auto found = std::ranges::find_if(links_, [&](const auto& entry) { return entry.second.number == number; });
  if (found == links_.end()) return {};
  const auto incarnation = found->first;
  const bool was_open = found->second.is_open;
  end(found->second);
  links_.erase(found);
  pauses_.ended(incarnation, now);
  log_->write(log_level::info, "peer.link_ended", {{"node", places_[incarnation].node.name}, {"why", why}});
  return was_open ? incarnation : std::string{};
}

bool peer_links::send(const std::string& incarnation, peer::item item) {
  const auto found = links_.find(incarnation);
  return found != links_.end() && found->second.is_open && found->second.line->send(std::move(item));
}

bool peer_links::is_open(const std::string& incarnation) const {
  const auto found = links_.find(incarnation);
  return found != links_.end() && found->second.is_open;
}

void peer_links::send_soon(const std::string& incarnation, peer::item item, const caf::actor& router, instant now) {
  if (is_open(incarnation)) {
    (void)send(incarnation, std::move(item));
    return;
  }
  if (network_ == nullptr || !places_.contains(incarnation)) return;
  auto& waiting = soon_.try_emplace(incarnation, waiting_items{{}, now}).first->second;
  if (waiting.items.size() < soon_max) waiting.items.push_back(std::move(item));
  need(incarnation, router, now);
}

void peer_links::send_all(const peer::item& item) {
  for (auto& [incarnation, l] : links_) {
    if (l.is_open) (void)l.line->send(item);
  }
}

void peer_links::retry(const caf::actor& router, instant now) {
  std::erase_if(soon_, [&](const auto& waiting) { return now - waiting.second.since >= soon_kept; });
  std::vector<std::string> all;
  for (const auto& [incarnation, waiting] : soon_) all.push_back(incarnation);
  std::ranges::sort(all);
  for (const auto& incarnation : all) need(incarnation, router, now);
}

void peer_links::end(link& l) {
  l.ear->forget();
  if (l.line) l.line->close();
}

void peer_links::close_all() {
  for (auto& [incarnation, l] : links_) end(l);
  links_.clear();
  soon_.clear();
}

}  // namespace parley
