#pragma once

#include "actors/chat_context.hpp"
#include "actors/core/time.hpp"
#include "actors/ports/fan_out.hpp"
#include "actors/ports/log.hpp"
#include "node/configuration.hpp"
#include "node/metrics.hpp"

#include <memory>
#include <string>
#include <vector>

namespace parley {

/// The adapters beneath a node, with their threads. Opened whole or not at all.
class stores {
public:
  virtual ~stores() = default;

  virtual std::vector<database_ports> databases() = 0;
  virtual std::vector<fan_out*> endpoints() = 0;
  /// Which cluster they hold; empty in embedded mode, which is none.
  virtual std::string cluster_id() const = 0;
  /// One per shard.
  virtual std::vector<shard_route> routes() const = 0;
  /// After the sinks are attached.
  virtual void start() = 0;
  /// After the actors have ended. Blocks until the threads are done; once.
  virtual void stop() = 0;
};

/// SQLite and the in-process live path, or PostgreSQL and Redis. Blocks on disk and network.
/// @throws refusal_to_start
std::unique_ptr<stores> open_stores(const configuration& options, log& out, metrics& counted);
std::unique_ptr<stores> open_embedded_stores(const configuration& options, log& out);
std::unique_ptr<stores> open_server_stores(const configuration& options, log& out, metrics& counted);

/// Brings the schema up to date without starting anything. @throws refusal_to_start
void migrate_stores(const configuration& options, log& out);

}  // namespace parley
