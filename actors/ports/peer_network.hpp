#pragma once

#include "actors/core/peer_items.hpp"

#include <memory>
#include <string>
#include <vector>

namespace parley {

/// Where a node can be reached, and who must be there: as its lease row says.
struct peer_place {
  node_identity node;
  std::string address;  ///< HOST:PORT
};

/// One link between two nodes, from its opening to its end; a new attempt is a new link. Thread-safe, never blocks.
class peer_link {
public:
  virtual ~peer_link() = default;

  /// Queues behind what waits. What gathers while a frame is being written goes out as one frame.
  /// @returns false: nothing was queued, because the link is not open, closed, or its queue is full
  virtual bool send(peer::item item) = 0;
  /// Ends the link; `closed` is not called any more. Idempotent.
  virtual void close() = 0;
};

/// Who holds a link. Called on the adapter's thread, one call after the other.
class peer_link_sink {
public:
  virtual ~peer_link_sink() = default;

  /// The other end is the node that was asked for, of the same cluster: it takes items from now on.
  virtual void opened() = 0;
  virtual void received(std::vector<peer::item> items) = 0;
  /// Refused, silent for too long, or broken. The last call: what was sent and not answered stays unknown.
  virtual void closed(std::string why) = 0;
};

/// Takes in the links that other nodes open.
class peer_door {
public:
  virtual ~peer_door() = default;

  /// A node of this cluster has proven who it is. Its link is open. @returns null: it is not taken, the link is closed
  virtual std::shared_ptr<peer_link_sink> accepted(node_identity who, std::shared_ptr<peer_link> link) = 0;
};

/// The links between this node and the others. Thread-safe.
class peer_network {
public:
  virtual ~peer_network() = default;

  /// From now on links are accepted. The door outlives the network, or its `stop`. Null: none are.
  virtual void serve(peer_door* door) = 0;
  /// One attempt, which ends in `opened` or `closed`.
  virtual std::shared_ptr<peer_link> dial(peer_place where, std::shared_ptr<peer_link_sink> sink) = 0;
};

}  // namespace parley
