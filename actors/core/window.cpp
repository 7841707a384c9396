#include "actors/core/window.hpp"

#include <algorithm>

namespace parley {

std::size_t size_bytes(const event& e) {
  std::size_t bytes =
      sizeof(event) + e.sender.size() + e.client_msg_id.size() + e.body.text.size() + e.body.metadata.size();
  for (const auto& p : e.body.parts) bytes += sizeof(part) + p.type.size() + p.body.size();
  return bytes;
}

std::vector<event_list> in_batches(event_list events, std::size_t bytes_max) {
  std::vector<event_list> batches;
  std::size_t bytes = 0;
  for (auto& e : events) {
    const auto size = size_bytes(*e);
    if (batches.empty() || bytes + size > bytes_max) {
      batches.emplace_back();
      batches.back().reserve(batches.size() == 1 ? events.size() : 0);
      bytes = 0;
    }
    bytes += size;
    batches.back().push_back(std::move(e));
  }
  return batches;
}

void window::restart(position at) {
  before_ = at;
  events_.clear();
  bytes_ = 0;
}

void window::append(event_ptr e) {
  bytes_ += size_bytes(*e);
  events_.push_back(std::move(e));
  while (events_.size() > events_max_ || (bytes_ > bytes_max_ && events_.size() > 1)) drop_oldest();
}

void window::trim(position floor) {
  while (!events_.empty() && events_.front()->seq <= floor.seq) drop_oldest();
}

void window::drop_oldest() {
  before_ = events_.front()->at_position();
  bytes_ -= size_bytes(*events_.front());
  events_.pop_front();
}

std::optional<term> window::term_at(seq s) const {
  if (s == before_.seq) return before_.term;
  if (s < before_.seq || s > last().seq) return std::nullopt;
  return events_[s.value - before_.seq.value - 1]->term;
}

event_list window::after(seq s, std::size_t limit) const {
  if (s >= last().seq) return {};
  const auto first = s.value - before_.seq.value;
  const auto count = std::min<std::size_t>(limit, events_.size() - first);
  const auto begin = events_.begin() + static_cast<std::ptrdiff_t>(first);
  return {begin, begin + static_cast<std::ptrdiff_t>(count)};
}

}  // namespace parley
