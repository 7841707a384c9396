#include "net/peer/peer_outbox.hpp"

#include "net/peer/peer_codec.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace parley::net {

void peer_outbox::open() {
  const std::lock_guard lock(mutex_);
  is_open_ = is_awake_ = true;
}

void peer_outbox::shut() {
  std::deque<peer::item> dropped;  // freed without the lock
  const std::lock_guard lock(mutex_);
  is_open_ = false;
  dropped.swap(waiting_);
}

peer_outbox::verdict peer_outbox::push(peer::item one) {
  const auto cost = encoded_bytes_max(one);
  const std::lock_guard lock(mutex_);
  if (!is_open_ || cost > item_bytes_max_ || items_ >= items_max_ || bytes_ + cost > bytes_max_)
    return verdict::refused;
  waiting_.push_back(std::move(one));
  bytes_ += cost;
  ++items_;
  return std::exchange(is_awake_, true) ? verdict::queued : verdict::wake;
}

bool peer_outbox::take(std::deque<peer::item>& out) {
  const std::lock_guard lock(mutex_);
  if (waiting_.empty()) {
    is_awake_ = false;
    return false;
  }
  if (out.empty())
    out.swap(waiting_);
  else
    std::ranges::move(waiting_, std::back_inserter(out));
  waiting_.clear();
  return true;
}

void peer_outbox::written(std::size_t cost, std::size_t items) {
  const std::lock_guard lock(mutex_);
  bytes_ -= cost;
  items_ -= items;
}

}  // namespace parley::net
