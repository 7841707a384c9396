#pragma once

#include "actors/chat.hpp"
#include "net/front.hpp"
#include "node/configuration.hpp"
#include "node/metrics.hpp"
#include "node/node_faults.hpp"
#include "node/node_links.hpp"
#include "node/stores.hpp"

#include <functional>
#include <memory>
#include <string>

namespace parley {

/// A whole node: storage, the links, then actors, then the front; drained and stopped in the opposite order. One thread
/// calls it.
class composition {
public:
  /// Opens storage and the port; nothing is owned or answered yet. Blocks. @throws refusal_to_start
  composition(const configuration& options, log& out, metrics& counted, const std::string& version);
  /// After `stop`, or before `start`.
  ~composition();

  /// @param name_taken  see `chat::start`
  void start(std::function<void(const cluster_node&)> name_taken);
  /// Every shard has an owner, this node or another: publishes and joins work.
  bool is_ready() const { return chat_.is_ready(); }
  /// Where a browser finds the page.
  std::string page() const;

  /// Hands the shards over to other nodes, sessions go on. Blocks, at most so long; a node without links does not wait.
  void leave(milliseconds at_most);
  /// Tells sessions to reconnect and closes them. @param drained once, on any thread
  void drain(std::function<void()> drained);
  /// Commits what is under way, gives the shards back, ends every thread. Blocks.
  void stop();

private:
  std::string origin() const;
  std::string not_ready() const;

  configuration options_;
  log& log_;
  node_identity self_;
  std::unique_ptr<stores> stores_;
  std::unique_ptr<node_faults> faults_;  ///< null: not in development mode, or not wanted
  std::unique_ptr<node_links> links_;    ///< null: none
  chat chat_;
  net::front front_;
};

}  // namespace parley
