#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace parley {

/// A queue of handles, oldest first, that allocates nothing once it has had its size, and nothing at all while it is
/// empty. (A deque allocates a block for every 32 shared pointers that pass through, and 576 bytes before the first.)
template <class Frame>
class frame_ring {
public:
  void push_back(Frame frame) { frames_.push_back(std::move(frame)); }
  void pop_front() {
    frames_[first_++] = Frame{};
    if (first_ * 2 < frames_.size()) return;
    // What is left moves up once for as many as left before: one move a frame.
    frames_.erase(frames_.begin(), begin());
    first_ = 0;
  }
  void clear() {
    frames_.clear();
    first_ = 0;
  }

  const Frame& front() const { return frames_[first_]; }
  std::size_t size() const { return frames_.size() - first_; }
  bool empty() const { return size() == 0; }
  auto begin() const { return frames_.begin() + static_cast<std::ptrdiff_t>(first_); }
  auto end() const { return frames_.end(); }

private:
  std::vector<Frame> frames_;
  std::size_t first_ = 0;  ///< those before it have left
};

}  // namespace parley
