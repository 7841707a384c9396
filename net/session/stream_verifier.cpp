#include "net/session/stream_verifier.hpp"

#include <algorithm>

namespace parley::net {

bool stream_verifier::given_batch(const std::string& room, seq before, seq last) {
  const auto found = rooms_.find(room);
  if (found == rooms_.end()) return false;  // nobody joined it, or it was left
  auto& one = found->second;
  const bool follows = before == one.at && last > before;
  one.at = std::max(one.at, last);
  one.is_new = false;
  return follows;
}

bool stream_verifier::given(const stream_mark& mark) {
  using enum stream_mark::deed;
  if (mark.what == joined) {
    rooms_[mark.room] = {mark.to, mark.to, true};
    return true;
  }
  if (mark.what == left) {
    rooms_.erase(mark.room);
    return true;
  }
  if (mark.what == batch) return given_batch(mark.room, mark.from, mark.to) && mark.is_contiguous;
  const auto found = rooms_.find(mark.room);
  if (found == rooms_.end()) return false;
  auto& one = found->second;
  const bool was_new = one.is_new;
  if (mark.what == live) {
    one.is_new = false;  // a join that had nothing to send: a gap from here on is no longer its first push
    return mark.to == one.at;
  }
  if (mark.what == head) return mark.to == one.at;  // it is said to readers who have everything
  // Where a gap comes first, it ends at the join's start (protocol.md §2); `reset` may go back.
  const bool fits =
      was_new ? mark.to == one.start : mark.what == reset || (mark.from == next(one.at) && mark.to >= mark.from);
  one.at = mark.to;
  one.is_new = false;
  return fits;
}

const seq* stream_verifier::reached(const std::string& room) const {
  const auto found = rooms_.find(room);
  return found == rooms_.end() ? nullptr : &found->second.at;
}

}  // namespace parley::net
