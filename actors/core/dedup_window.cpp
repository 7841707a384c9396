#include "actors/core/dedup_window.hpp"

namespace parley {

std::string dedup_window::key_of(std::string_view sender, std::string_view client_msg_id) {
  std::string key;
  key.reserve(sender.size() + 1 + client_msg_id.size());
  key.append(sender).append(1, '\0').append(client_msg_id);
  return key;
}

void dedup_window::remember(const std::string& sender, const std::string& client_msg_id, first_result first) {
  auto [entry, is_new] = results_.try_emplace(key_of(sender, client_msg_id), first);
  if (!is_new) return;
  order_.push_back(entry->first);
  if (order_.size() <= keys_max_) return;
  results_.erase(order_.front());
  order_.pop_front();
}

const dedup_window::first_result* dedup_window::find(const std::string& sender,
                                                     const std::string& client_msg_id) const {
  auto found = results_.find(key_of(sender, client_msg_id));
  return found == results_.end() ? nullptr : &found->second;
}

}  // namespace parley
