#include "net/live_frame.hpp"

#include <algorithm>
#include <utility>

namespace parley::net {
namespace {

constexpr std::size_t event_overhead_bytes = 320;

std::size_t size_of(const event& one) {
  std::size_t bytes = event_overhead_bytes + 2 * (one.body.text.size() + one.body.metadata.size());
  for (const part& p : one.body.parts) bytes += 2 * (p.type.size() + p.body.size()) + sizeof(part);
  return bytes;
}

}  // namespace

live_frame::live_frame(room_ref room, position before, event_list events)
    : room_(std::move(room)), before_(before), events_(std::move(events)) {
  for (const auto& one : events_) size_bytes_ += size_of(*one);
}

bool live_frame::holds(position at) const {
  // Contiguous: the only place where `at` can be is known.
  const std::uint64_t first = events_.front()->seq.value;
  if (at.seq.value < first || at.seq.value - first >= events_.size()) return false;
  return events_[at.seq.value - first]->at_position() == at;
}

const std::string& live_frame::bytes(wire_form form) const {
  return encoding_.bytes(form, [this] { return push::batch{room_->room, before_.seq, push::phase::live, events_}; });
}

live_frame_ptr live_frame::after(position at) const {
  const auto first_left = std::ranges::find_if(events_, [&](const event_ptr& e) { return e->seq > at.seq; });
  return std::make_shared<live_frame>(room_, at, event_list(first_left, events_.end()));
}

}  // namespace parley::net
