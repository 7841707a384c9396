#pragma once

#include "actors/core/peer_items.hpp"

#include <cstddef>
#include <deque>
#include <mutex>

namespace parley::net {

/// What waits for one link: senders of any thread put in, the link's thread takes all of it at once. Counted until it
/// is written, so that the bound is one of memory.
class peer_outbox {
public:
  enum class verdict : std::uint8_t {
    refused,  ///< shut, or full
    queued,   ///< the writer is awake and will see it
    wake,     ///< queued, and the writer sleeps: tell it. One sender of a burst is told so
  };

  peer_outbox(std::size_t bytes_max, std::size_t items_max, std::size_t item_bytes_max)
      : bytes_max_(bytes_max), items_max_(items_max), item_bytes_max_(item_bytes_max) {}

  /// From now on items are queued; the writer counts as awake, until it finds nothing to take.
  void open();
  void shut();
  verdict push(peer::item one);

  /// Moves everything behind `out`. @returns false: there was nothing, and the writer may sleep
  bool take(std::deque<peer::item>& out);
  void written(std::size_t cost, std::size_t items);

private:
  std::mutex mutex_;
  std::deque<peer::item> waiting_;
  const std::size_t bytes_max_, items_max_, item_bytes_max_;
  std::size_t bytes_ = 0;
  std::size_t items_ = 0;
  bool is_open_ = false;
  bool is_awake_ = false;
};

}  // namespace parley::net
