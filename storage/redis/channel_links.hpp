#pragma once

#include "actors/ports/fan_out.hpp"
#include "storage/redis/channel_names.hpp"

#include <memory>
#include <string>

namespace parley {

/// What carries the channels of one endpoint: the links of one server, or those of a Redis Cluster's masters.
/// Thread-safe.
class channel_links {
public:
  virtual ~channel_links() = default;

  virtual void start() = 0;
  virtual void stop() = 0;
  virtual void attach(std::shared_ptr<fan_out_sink> sink) = 0;
  /// @param shard  whose loss is the loss of this subscription
  virtual void want(shard_id shard, std::string channel, channel_subject subject) = 0;
  virtual void unwant(std::string channel) = 0;
  virtual void publish(const std::string& channel, std::string envelope) = 0;
};

}  // namespace parley
