#pragma once

#include "actors/ports/peer_network.hpp"
#include "tests/simulation/host.hpp"

#include <map>
#include <memory>
#include <string>

namespace parley::simulation {

struct peer_tally {
  std::uint64_t opened = 0, refused = 0, silent = 0;
  std::uint64_t forwarded = 0;  ///< publishes that a link took
  std::uint64_t arrived = 0;    ///< those of them that the other end was handed
};

/// A node's adapter for the links to the other nodes, as net/peer/peer_mesh is it, without frames and certificates. A
/// link keeps the order of its items, loses a tail of them when it breaks, and is given up for silence.
class peer_links final : public peer_network {
  struct core;
  class link;
  class knock;

public:
  /// Who answers at which address of one world, and what all links did.
  class directory {
  public:
    explicit directory(bool has_short_queues = false) : has_short_queues_(has_short_queues) {}
    const peer_tally& tally() const { return tally_; }

  private:
    friend class peer_links;
    struct entry {
      simulation::address machine;
      std::weak_ptr<core> process;  ///< the last one there, dead or alive
    };
    bool has_short_queues_;
    std::map<std::string, entry> entries_;
    peer_tally tally_;
  };

  peer_links(agenda& time, network& net, host_ptr node, node_identity who, const std::string& where, directory& all);
  ~peer_links() override;

  void serve(peer_door* door) override;
  std::shared_ptr<peer_link> dial(peer_place where, std::shared_ptr<peer_link_sink> sink) override;

  /// Every connection is reset: what is under way is lost, both ends hear of it.
  void cut();
  /// What a kill -9 leaves: no sink and no door is called any more, and the other ends hear what the kernel says.
  void die();

private:
  std::shared_ptr<core> core_;
};

}  // namespace parley::simulation
