#pragma once

#include "actors/core/time.hpp"
#include "actors/ports/fan_out.hpp"
#include "actors/ports/log.hpp"
#include "storage/redis/channel_names.hpp"
#include "storage/redis/redis_probe.hpp"

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace parley {

struct redis_options {
  std::string url;         ///< parse_redis_url says what it may be
  std::string cluster_id;  ///< cluster_record::id: envelopes of others are ignored
  milliseconds retry_delay_min{50};
  milliseconds retry_delay_max{2000};
  std::size_t waiting_bytes_max = 16u << 20;  ///< commands that wait for a publishing link; at least one envelope's
  milliseconds canary_period{250};            ///< three missed: the link is half-open
  milliseconds open_timeout{2000};            ///< resolve, connect and first answer
  milliseconds map_period{10000};  ///< of a Redis Cluster: its map is asked for though nothing seems to change
  std::vector<std::string> keys;   ///< envelope_seal's
};

class channel_links;

/// The live path over one Redis server: one connection publishes, one subscribes, and one's loss is the loss of both.
/// Over a Redis Cluster (cluster_links.hpp) there are two for each master; `link_lost` then means that none of them is
/// left. The links open and open again by themselves for ever. `link_restored` is told each time that they stand, the
/// first time included. Past `waiting_bytes_max` everything that waits is dropped and the links count as lost, so that
/// feeds look at their heads (G6, G9).
class redis_fan_out final : public fan_out {
public:
  /// @throws std::invalid_argument for a URL that parse_redis_url refuses
  redis_fan_out(boost::asio::io_context& io, redis_options options, log& out, redis_probe& probe);
  /// As `stop`. The log and the probe must live until `io` has run what it holds, or is gone.
  ~redis_fan_out() override;

  void start();
  /// Closes the links; the sink is told nothing more once this has run on `io`.
  void stop();

  void attach(std::shared_ptr<fan_out_sink> sink) override;
  void subscribe(room_ref room) override;
  void unsubscribe(room_ref room) override;
  void subscribe(shard_id shard) override;
  void unsubscribe(shard_id shard) override;
  void publish(room_ref room, room_envelope envelope) override;
  void publish(beacon b) override;

private:
  const channel_names names_;
  redis_probe& probe_;
  std::shared_ptr<channel_links> links_;
};

}  // namespace parley
