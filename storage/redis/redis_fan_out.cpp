#include "storage/redis/redis_fan_out.hpp"

#include "storage/envelope_codec.hpp"
#include "storage/redis/cluster_links.hpp"
#include "storage/redis/endpoint_links.hpp"

#include <random>
#include <stdexcept>
#include <utility>

namespace parley {
namespace {

std::string random_name() {
  std::random_device source;
  std::string name;
  for (int i = 0; i < 4; ++i) name += std::to_string(source());
  return name;
}

}  // namespace

redis_fan_out::redis_fan_out(boost::asio::io_context& io, redis_options options, log& out, redis_probe& probe)
    : names_(options.cluster_id, random_name()), probe_(probe) {
  auto endpoint = parse_redis_url(options.url);
  if (!endpoint) throw std::invalid_argument(endpoint.error().detail);
  auto strand = boost::asio::make_strand(io);
  if (endpoint->is_cluster) {
    links_ = std::make_shared<cluster_links>(strand, std::move(options), std::move(*endpoint), names_, out, probe);
  } else {
    links_ = std::make_shared<endpoint_links>(strand, std::move(options), std::move(endpoint->seeds.front()), names_,
                                              out, probe);
  }
}

redis_fan_out::~redis_fan_out() { stop(); }

void redis_fan_out::start() { links_->start(); }
void redis_fan_out::stop() { links_->stop(); }
void redis_fan_out::attach(std::shared_ptr<fan_out_sink> sink) { links_->attach(std::move(sink)); }

void redis_fan_out::subscribe(room_ref room) {
  links_->want(room->shard, names_.room(room->shard, room->key), room->key);
}
void redis_fan_out::unsubscribe(room_ref room) { links_->unwant(names_.room(room->shard, room->key)); }
void redis_fan_out::subscribe(shard_id shard) { links_->want(shard, names_.beacon(shard), shard); }
void redis_fan_out::unsubscribe(shard_id shard) { links_->unwant(names_.beacon(shard)); }

void redis_fan_out::publish(room_ref room, room_envelope envelope) {
  const std::string channel = names_.room(room->shard, room->key);
  for (auto& each : encode_envelopes(names_.cluster_id(), envelope)) links_->publish(channel, std::move(each));
}

void redis_fan_out::publish(beacon b) {
  auto encoded = encode_envelope(names_.cluster_id(), b);
  // The next beacon's number shows readers that one is missing.
  if (!encoded) return probe_.messages_dropped(1);
  links_->publish(names_.beacon(b.shard), std::move(*encoded));
}

}  // namespace parley
