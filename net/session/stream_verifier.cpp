#include "net/session/stream_verifier.hpp"

#include <algorithm>
#include <utility>

namespace parley::net {

stream_verifier::readers::iterator stream_verifier::place_of(std::string_view room) {
  return std::ranges::lower_bound(rooms_, room, {}, &reader::room);
}

stream_verifier::reader* stream_verifier::reader_of(std::string_view room) {
  const auto place = place_of(room);
  return place != rooms_.end() && place->room == room ? &*place : nullptr;
}

bool stream_verifier::given_batch(const std::string& room, seq before, seq last) {
  reader* const found = reader_of(room);
  if (found == nullptr) return false;  // nobody joined it, or it was left
  auto& one = *found;
  const bool follows = before == one.at && last > before;
  one.at = std::max(one.at, last);
  one.is_new = false;
  return follows;
}

bool stream_verifier::given(const stream_mark& mark) {
  using enum stream_mark::deed;
  if (mark.what == joined) {
    const auto place = place_of(mark.room);
    reader begun{mark.room, mark.to, mark.to, true};
    if (place != rooms_.end() && place->room == mark.room)
      *place = std::move(begun);
    else
      rooms_.insert(place, std::move(begun));
    return true;
  }
  if (mark.what == left) {
    std::erase_if(rooms_, [&](const reader& one) { return one.room == mark.room; });
    return true;
  }
  if (mark.what == batch) return given_batch(mark.room, mark.from, mark.to) && mark.is_contiguous;
  reader* const found = reader_of(mark.room);
  if (found == nullptr) return false;
  auto& one = *found;
  const bool was_new = one.is_new;
  if (mark.what == live) {
    one.is_new = false;  // a join that had nothing to send: a gap from here on is no longer its first push
    return mark.to == one.at;
  }
  if (mark.what == head) return mark.to == one.at;  // it is said to readers who have everything
  // Where a gap comes first, it ends at the join's start (docs/protocol.md, "join"); `reset` may go back.
  const bool fits =
      was_new ? mark.to == one.start : mark.what == reset || (mark.from == next(one.at) && mark.to >= mark.from);
  one.at = mark.to;
  one.is_new = false;
  return fits;
}

const seq* stream_verifier::reached(const std::string& room) const {
  const auto found = std::ranges::find(rooms_, room, &reader::room);
  return found == rooms_.end() ? nullptr : &found->at;
}

}  // namespace parley::net
