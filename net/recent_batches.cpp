#include "net/recent_batches.hpp"

#include <cstdint>
#include <utility>

namespace parley::net {
namespace {

block encoded(wire_form form, const push::batch& what) {
  return std::make_shared<const std::string>(wire_bytes(form, server_message{0, what}, greeting{}));
}

/// The same events, not only equal ones: an event is immutable, and a list's pointers are compared in no time.
bool is_same(const push::batch& a, const push::batch& b) {
  return a.before == b.before && a.phase == b.phase && a.events == b.events && a.room == b.room;
}

}  // namespace

block recent_batches::bytes(wire_form form, const push::batch& what) {
  if (what.events.size() < events_min) return encoded(form, what);
  const auto hint = reinterpret_cast<std::uintptr_t>(what.events.front().get()) / alignof(std::max_align_t);
  entry& place = entries_[(hint ^ what.events.size() ^ static_cast<std::size_t>(form)) % entries];
  if (!place.bytes || place.form != form || !is_same(place.what, what)) place = {form, what, encoded(form, what), true};
  place.is_used = true;
  return place.bytes;
}

void recent_batches::sweep() {
  for (entry& one : entries_) {
    if (!std::exchange(one.is_used, false)) one = {};
  }
}

}  // namespace parley::net
