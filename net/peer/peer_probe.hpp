#pragma once

#include "net/peer/peer_end.hpp"

#include <cstddef>

namespace parley::net {

/// What the links between nodes count. Called on the links' thread.
class peer_probe {
public:
  virtual ~peer_probe() = default;
  virtual void link_opened() {}
  virtual void link_closed(peer_end) {}  ///< of one that was open
  virtual void refused(peer_end) {}      ///< an attempt, from either side, that came to nothing
  virtual void frame_written(std::size_t /*bytes*/, std::size_t /*items*/) {}
  virtual void frame_received(std::size_t /*bytes*/, std::size_t /*items*/) {}
  virtual void ping_lost() {}  ///< nothing was heard for the time of two pings
};

}  // namespace parley::net
