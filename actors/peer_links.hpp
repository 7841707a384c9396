#pragma once

#include "actors/core/dial_pauses.hpp"
#include "actors/core/time.hpp"
#include "actors/ports/log.hpp"
#include "actors/ports/peer_network.hpp"

#include <caf/actor.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace parley {

/// The links that this node opens: one to each node that it needs, tried again with growing pauses. Owned by the
/// router, which hears of their ends by messages.
class peer_links {
public:
  /// @param network null: there are no links
  peer_links(peer_network* network, parley::log* log) : network_(network), log_(log) {}

  /// Where the nodes of one database are now. A link to who is in none any more is closed.
  /// @returns the incarnations whose open link ended so
  std::vector<std::string> placed(database_id database, std::vector<peer_place> places);
  /// Opens one, unless it is there, under way, or was refused a short while ago.
  void need(const std::string& incarnation, const caf::actor& router, instant now);
  /// @returns the node whose link this is; null: of a former one
  const std::string* opened(std::uint64_t link);
  const std::string* node_of(std::uint64_t link) const;
  /// @returns the node whose open link it was; empty: it had not opened, or is unknown
  std::string closed(std::uint64_t link, const std::string& why, instant now);
  bool send(const std::string& incarnation, peer::item item);
  bool is_open(const std::string& incarnation) const;
  /// Sends it, or keeps it for a short while until the link is open: a hint.
  void send_soon(const std::string& incarnation, peer::item item, const caf::actor& router, instant now);
  /// To every open one.
  void send_all(const peer::item& item);
  /// Something waits for a link that is not open.
  bool is_waiting() const { return !soon_.empty(); }
  void retry(const caf::actor& router, instant now);
  void close_all();

private:
  class sink;
  struct link {
    std::uint64_t number = 0;
    bool is_open = false;
    std::shared_ptr<sink> ear;
    std::shared_ptr<peer_link> line;
  };
  struct waiting_items {
    std::vector<peer::item> items;
    instant since;
  };

  void end(link& l);

  peer_network* network_;
  parley::log* log_;
  std::map<database_id, std::vector<peer_place>> registries_;
  std::unordered_map<std::string, peer_place> places_;  ///< all of them, by incarnation
  std::unordered_map<std::string, link> links_;
  dial_pauses pauses_;
  std::unordered_map<std::string, waiting_items> soon_;
  std::uint64_t last_number_ = 0;
};

}  // namespace parley
