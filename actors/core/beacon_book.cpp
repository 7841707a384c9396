#include "actors/core/beacon_book.hpp"

#include <algorithm>

namespace parley {

void beacon_book::opened(shard_mark mark) {
  told_ = now_ = mark;
  number_ = 0;
  heads_.clear();
  last_.reset();
  repeats_left_ = 0;
  is_incomplete_ = false;
  is_changed_ = true;  // a new term is news by itself: feeds look at their heads again
}

void beacon_book::moved(shard_mark mark, const std::vector<beacon::entry>& heads) {
  now_ = mark;
  is_changed_ = true;
  for (const auto& entry : heads) {
    auto same = std::ranges::find(heads_, entry.room, &beacon::entry::room);
    if (same != heads_.end()) {
      *same = entry;
    } else if (heads_.size() < heads_max_) {
      heads_.push_back(entry);
    } else {
      is_incomplete_ = true;
    }
  }
}

std::optional<beacon> beacon_book::due() {
  if (is_changed_) {
    // An incomplete one spans nothing (n_before = n): marks do not move, and the poll reads the heads that it lacks.
    last_ = beacon{shard_, now_.term, ++number_, is_incomplete_ ? now_.n : told_.n, now_.n, std::move(heads_)};
    heads_.clear();
    told_ = now_;
    is_changed_ = is_incomplete_ = false;
    repeats_left_ = repeats_;
    return last_;
  }
  if (repeats_left_ == 0 || !last_) return std::nullopt;
  --repeats_left_;
  return last_;
}

}  // namespace parley
