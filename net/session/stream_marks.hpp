#pragma once

#include "actors/core/replies.hpp"

#include <memory>
#include <string>
#include <vector>

namespace parley::net {

/// What a written message does to a room's stream, for the verifier.
struct stream_mark {
  enum class deed : std::uint8_t { joined, left, batch, live, gap, reset, head };

  deed what;
  std::string room;
  seq from;  ///< batch: `prev`; gap: its first number; otherwise the position's seq
  seq to;    ///< the seq that the stream has reached then
  bool is_contiguous = true;
};

using stream_marks = std::vector<stream_mark>;

/// Null for a message that touches no stream.
std::unique_ptr<stream_marks> marks_of(const server_message& message);

}  // namespace parley::net
