#pragma once

#include "net/session/stream_marks.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace parley::net {

/// Asserts G3 on everything that one session is given, as its reader sees it: after a `joined`, each room's numbers go
/// up by one, and only a `gap` passes numbers over. Sans-I/O. It counts and goes on: a wrong stream is the reader's to
/// notice too, and the metric must stay 0. It hears of every `joined` and `left`, those that are not written included.
class stream_verifier {
public:
  /// @returns false where the mark breaks the room's stream
  bool given(const stream_mark& mark);
  /// A live batch, the hot path.
  bool given_batch(const std::string& room, seq before, seq last);

  /// What the reader of a joined room holds now; null for a room without a stream.
  const seq* reached(const std::string& room) const;

private:
  struct reader {
    std::string room;
    seq at;
    seq start;           ///< the last join's
    bool is_new = true;  ///< nothing but its `joined` was written: a gap may come first, and ends at `start`
  };
  using readers = std::vector<reader>;

  readers::iterator place_of(std::string_view room);
  /// Null for a room without a stream.
  reader* reader_of(std::string_view room);

  readers rooms_;  ///< by name: a list, since most sessions have one room, or a few, and are idle
};

}  // namespace parley::net
