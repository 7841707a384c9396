#include "storage/redis/redis_fan_out.hpp"

#include "storage/redis/endpoint_links.hpp"

#include <stdexcept>
#include <utility>

namespace parley {
namespace {

redis_address address_of(const std::string& url) {
  auto parsed = parse_redis_url(url);
  if (!parsed) throw std::invalid_argument(parsed.error().detail);
  return std::move(*parsed);
}

}  // namespace

redis_fan_out::redis_fan_out(boost::asio::io_context& io, redis_options options, log& out, redis_probe& probe) {
  auto address = address_of(options.url);
  links_ = std::make_shared<endpoint_links>(io, std::move(options), std::move(address), out, probe);
}

redis_fan_out::~redis_fan_out() { stop(); }

void redis_fan_out::start() { links_->start(); }
void redis_fan_out::stop() { links_->stop(); }
void redis_fan_out::attach(std::shared_ptr<fan_out_sink> sink) { links_->attach(std::move(sink)); }

void redis_fan_out::subscribe(room_ref room) { links_->want(links_->names().room(room->shard, room->key), room->key); }
void redis_fan_out::unsubscribe(room_ref room) { links_->unwant(links_->names().room(room->shard, room->key)); }
void redis_fan_out::subscribe(shard_id shard) { links_->want(links_->names().beacon(shard), shard); }
void redis_fan_out::unsubscribe(shard_id shard) { links_->unwant(links_->names().beacon(shard)); }

void redis_fan_out::publish(room_ref room, room_envelope envelope) {
  const std::string channel = links_->names().room(room->shard, room->key);
  for (auto& each : encode_envelopes(links_->names().cluster_id(), envelope)) links_->publish(channel, std::move(each));
}

void redis_fan_out::publish(beacon b) {
  auto encoded = encode_envelope(links_->names().cluster_id(), b);
  // The next beacon's number shows readers that one is missing.
  if (!encoded) return links_->probe().messages_dropped(1);
  links_->publish(links_->names().beacon(b.shard), std::move(*encoded));
}

}  // namespace parley
