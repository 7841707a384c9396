#include "actors/core/dedup_window.hpp"

#include <functional>
#include <utility>

namespace parley {

std::string dedup_window::key_of(std::string_view sender, std::string_view client_msg_id) {
  std::string key;
  key.reserve(sender.size() + 1 + client_msg_id.size());
  key.append(sender).append(1, '\0').append(client_msg_id);
  return key;
}

/// In steady state nothing is allocated, but for a rare rehash of the table: the oldest entry becomes the new one's.
void dedup_window::remember(const std::string& sender, const std::string& client_msg_id, first_result first) {
  const auto hash = ask(sender, client_msg_id);
  if (keys_max_ == 0 || places_.contains(hash)) return;
  if (ring_.size() < keys_max_) {
    places_.emplace(hash, static_cast<std::uint32_t>(ring_.size()));
    ring_.push_back({asked_, hash, std::move(first)});
    return;
  }
  auto& oldest = ring_[oldest_];
  places_.erase(oldest.hash);
  places_.emplace(hash, static_cast<std::uint32_t>(oldest_));
  oldest.key.assign(asked_);
  oldest.hash = hash;
  oldest.first = std::move(first);
  oldest_ = (oldest_ + 1) % ring_.size();
}

const dedup_window::first_result* dedup_window::find(const std::string& sender,
                                                     const std::string& client_msg_id) const {
  const auto place = places_.find(ask(sender, client_msg_id));
  if (place == places_.end() || ring_[place->second].key != asked_) return nullptr;
  return &ring_[place->second].first;
}

std::size_t dedup_window::ask(std::string_view sender, std::string_view client_msg_id) const {
  asked_.assign(sender).append(1, '\0').append(client_msg_id);
  return std::hash<std::string>{}(asked_);
}

}  // namespace parley
