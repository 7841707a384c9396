#pragma once

#include "net/live_frame.hpp"
#include "net/session/stream_marks.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/container/static_vector.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace parley::net {

struct outbox_options {
  /// Live batches that may wait; past it they are dropped and their rooms go back to catching up (G9). Their bytes are
  /// shared by all readers: what waits here costs a session one entry each.
  std::size_t live_bytes_max = 128 * 1024;
  /// Everything that may wait: past it the session ends with 4508. A page of the largest messages must fit.
  std::size_t bytes_max = 32 * 1024 * 1024;
  /// `drained` comes when no more than this is still to be written before its token.
  std::size_t low_water_bytes = 16 * 1024;
};

/// The blocks that wait for one socket, in order. Replies and pushes are never dropped; live batches not yet given to
/// the socket are. Sans-I/O; owned by the session's thread. Its steady path allocates nothing.
class outbox {
public:
  static constexpr std::size_t buffers_max = 64;  // as many as Asio hands to one writev
  struct gathered {
    /// No array: one would be filled with empty buffers for each write, a kilobyte of them.
    boost::container::static_vector<boost::asio::const_buffer, buffers_max> list;
    std::size_t size() const { return list.size(); }
    std::span<const boost::asio::const_buffer> buffers() const { return {list.data(), list.size()}; }
  };
  struct fallen_room {
    room_ref room;
    position at;  ///< before the first batch dropped: the last position given to the socket
  };

  explicit outbox(outbox_options options = {}) : options_(options) {}

  void push(block bytes, std::unique_ptr<stream_marks> marks = nullptr);
  /// @returns false if the batch does not fit: nothing was queued, `drop_live` is next. One that finds no live batch
  /// waiting always fits.
  bool push_live(const live_frame_ptr& frame, wire_form form);
  /// Drops every live batch not yet given to the socket; each room once.
  std::vector<fallen_room> drop_live();
  /// Drops the waiting live batches of a room whose subscription ended.
  void drop_live(const room_identity& room);
  /// The room's row is out of the table: its waiting batches are what its reader holds next, and no longer droppable.
  void pin(const room_identity& room);
  /// Everything but what the socket has begun: for a close that must not wait behind it.
  void drop_all();

  /// Ready for one writev: at most `bytes_max` bytes, at least one block.
  gathered gather(std::size_t bytes_max) const;
  /// The socket took that many bytes. `on_given(const stream_marks*, const live_frame*)` runs for each block begun.
  template <class OnGiven>
  void consumed(std::size_t bytes, OnGiven on_given);

  /// Asks for a token once what waits now has been written, but for the low-water mark.
  void watch(std::uint32_t token) { tokens_.push_back({token, queued_total_}); }
  /// The tokens due, each once.
  std::vector<std::uint32_t> due();
  bool has_due() const { return !tokens_.empty() && is_due(tokens_.front()); }

  bool is_empty() const { return first_ == items_.size(); }
  bool is_low() const { return bytes() <= options_.low_water_bytes; }
  bool is_past_bound() const { return bytes() > options_.bytes_max; }
  std::size_t bytes() const { return static_cast<std::size_t>(queued_total_ - gone_total_); }
  std::size_t live_bytes() const { return live_bytes_; }
  /// Bytes that the socket took since the session began.
  std::uint64_t written_total() const { return written_total_; }

private:
  struct item {
    block bytes;
    const live_frame* live = nullptr;  ///< kept alive by `bytes`
    std::unique_ptr<stream_marks> marks;
    bool is_droppable = false;
  };
  struct token_at {
    std::uint32_t token;
    std::uint64_t offset;
  };

  bool is_due(const token_at& t) const { return gone_total_ + options_.low_water_bytes >= t.offset; }
  void append(item one);
  void release_given();
  template <class Drop>
  void drop_if(Drop drop);

  outbox_options options_;
  std::vector<item> items_;
  std::size_t first_ = 0;         ///< items before it are gone
  std::size_t first_offset_ = 0;  ///< how much of the first the socket has; > 0: it is given
  std::size_t live_bytes_ = 0;    ///< droppable ones not yet given
  std::uint64_t queued_total_ = 0;
  std::uint64_t gone_total_ = 0;  ///< written or dropped
  std::uint64_t written_total_ = 0;
  std::vector<token_at> tokens_;
};

template <class OnGiven>
void outbox::consumed(std::size_t bytes, OnGiven on_given) {
  written_total_ += bytes;
  gone_total_ += bytes;
  while (bytes > 0 && first_ < items_.size()) {
    item& front = items_[first_];
    if (first_offset_ == 0) {
      if (front.is_droppable) live_bytes_ -= front.bytes->size();
      front.is_droppable = false;
      on_given(static_cast<const stream_marks*>(front.marks.get()), front.live);
    }
    const std::size_t left = front.bytes->size() - first_offset_;
    if (bytes < left) {
      first_offset_ += bytes;
      break;
    }
    bytes -= left;
    first_offset_ = 0;
    front = item{};
    ++first_;
  }
  release_given();
}

}  // namespace parley::net
