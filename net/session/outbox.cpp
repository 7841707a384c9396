#include "net/session/outbox.hpp"

#include <algorithm>
#include <utility>

namespace parley::net {

void outbox::append(item one) {
  queued_total_ += one.bytes->size();
  items_.push_back(std::move(one));
}

void outbox::push(block bytes, std::unique_ptr<stream_marks> marks) {
  if (bytes->empty()) return;
  append({std::move(bytes), nullptr, std::move(marks), false});
}

bool outbox::push_live(const live_frame_ptr& frame, wire_form form) {
  block bytes = shared_bytes(frame, form);
  const std::size_t size = bytes->size();
  if (live_bytes_ > 0 && live_bytes_ + size > options_.live_bytes_max) return false;
  live_bytes_ += size;
  append({std::move(bytes), frame.get(), nullptr, true});
  return true;
}

/// The first block stays once the socket has begun it: half a frame would end the stream.
template <class Drop>
void outbox::drop_if(Drop drop) {
  const std::size_t kept_from = first_ + (first_offset_ > 0 ? 1 : 0);
  const auto removed = [&](item& one) {
    if (!drop(std::as_const(one))) return false;
    gone_total_ += one.bytes->size();
    if (one.is_droppable) live_bytes_ -= one.bytes->size();
    return true;
  };
  const auto begin = items_.begin() + static_cast<std::ptrdiff_t>(kept_from);
  items_.erase(std::remove_if(begin, items_.end(), removed), items_.end());
  release_given();
}

std::vector<outbox::fallen_room> outbox::drop_live() {
  std::vector<fallen_room> fallen;
  drop_if([&](const item& one) {
    if (!one.is_droppable) return false;
    const auto same = [&](const fallen_room& known) { return known.room->key == one.live->room()->key; };
    if (std::ranges::none_of(fallen, same)) fallen.push_back({one.live->room(), one.live->before()});
    return true;
  });
  return fallen;
}

void outbox::drop_live(const room_identity& room) {
  drop_if([&](const item& one) { return one.is_droppable && one.live->room()->key == room.key; });
}

void outbox::drop_all() {
  drop_if([](const item&) { return true; });
}

void outbox::pin(const room_identity& room) {
  for (std::size_t n = first_; n < items_.size(); ++n) {
    item& one = items_[n];
    if (!one.is_droppable || one.live->room()->key != room.key) continue;
    one.is_droppable = false;
    live_bytes_ -= one.bytes->size();
  }
}

outbox::gathered outbox::gather(std::size_t bytes_max) const {
  gathered out;
  std::size_t bytes = 0;
  for (std::size_t n = first_; n < items_.size() && out.size() < buffers_max; ++n) {
    const std::string& all = *items_[n].bytes;
    const std::size_t skipped = n == first_ ? first_offset_ : 0;
    if (out.size() > 0 && bytes + all.size() > bytes_max) break;
    out.list.emplace_back(all.data() + skipped, all.size() - skipped);
    bytes += all.size();
  }
  return out;
}

std::vector<std::uint32_t> outbox::due() {
  const auto end = std::ranges::find_if_not(tokens_, [this](const token_at& t) { return is_due(t); });
  std::vector<std::uint32_t> out;
  for (auto it = tokens_.begin(); it != end; ++it) out.push_back(it->token);
  tokens_.erase(tokens_.begin(), end);
  return out;
}

void outbox::release_given() {
  if (first_ == items_.size()) {
    items_.clear();
    first_ = 0;
    constexpr std::size_t kept_items_max = 64;  // an idle session after a burst gives its memory back
    if (items_.capacity() > kept_items_max) std::vector<item>().swap(items_);
  } else if (first_ > 256 && first_ * 2 > items_.size()) {
    items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
}

}  // namespace parley::net
