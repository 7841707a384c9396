#include "actors/core/dedup_window.hpp"

namespace parley {

std::string dedup_window::key_of(std::string_view sender, std::string_view client_msg_id) {
  std::string key;
  key.reserve(sender.size() + 1 + client_msg_id.size());
  key.append(sender).append(1, '\0').append(client_msg_id);
  return key;
}

/// In steady state nothing is allocated: the oldest entry's node becomes the new one's.
void dedup_window::remember(const std::string& sender, const std::string& client_msg_id, first_result first) {
  set_asked(sender, client_msg_id);
  if (results_.contains(asked_)) return;
  if (order_.size() < keys_max_) {
    order_.push_back(&*results_.emplace(asked_, std::move(first)).first);
    return;
  }
  if (order_.empty()) return;  // nothing is to be kept
  auto node = results_.extract(results_.find(order_[oldest_]->first));
  node.key().assign(asked_);
  node.mapped() = std::move(first);
  order_[oldest_] = &*results_.insert(std::move(node)).position;
  oldest_ = (oldest_ + 1) % order_.size();
}

const dedup_window::first_result* dedup_window::find(const std::string& sender,
                                                     const std::string& client_msg_id) const {
  set_asked(sender, client_msg_id);
  auto found = results_.find(asked_);
  return found == results_.end() ? nullptr : &found->second;
}

void dedup_window::set_asked(std::string_view sender, std::string_view client_msg_id) const {
  asked_.assign(sender).append(1, '\0').append(client_msg_id);
}

}  // namespace parley
