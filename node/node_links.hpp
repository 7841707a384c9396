#pragma once

#include "actors/core/ids.hpp"
#include "actors/ports/log.hpp"
#include "net/peer/peer_mesh.hpp"
#include "node/configuration.hpp"
#include "node/io_thread.hpp"

#include <memory>
#include <string>

namespace parley {

/// This node's links to the others, with their thread and their port. Outlives the actors that hold links.
class node_links {
public:
  /// Opens the port. Blocks. @throws refusal_to_start
  node_links(const configuration& all, const node_identity& self, const std::string& cluster_id, log& out,
             net::peer_probe& probe);
  ~node_links() { stop(); }

  peer_network& network() { return *mesh_; }
  /// Where other nodes reach this one, as its lease rows say.
  const std::string& address() const { return address_; }
  /// Ends every link and the thread. Blocks; idempotent.
  void stop();

private:
  io_thread thread_{"peers"};
  std::unique_ptr<net::peer_mesh> mesh_;
  std::string address_;
};

/// @returns null: this node listens for no others
std::unique_ptr<node_links> open_links(const configuration& all, const node_identity& self,
                                       const std::string& cluster_id, log& out, net::peer_probe& probe);

}  // namespace parley
