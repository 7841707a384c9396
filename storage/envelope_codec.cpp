#include "storage/envelope_codec.hpp"

#include "parley/internal/envelope.pb.h"
#include "storage/event_codec.hpp"

#include <algorithm>
#include <utility>

namespace parley {
namespace {

constexpr std::size_t node_bytes_max = 256;

error refused(const char* why) { return {errc::refused_content, why}; }

void write_key(const room_key& key, std::string& to) {
  to.assign(reinterpret_cast<const char*>(key.bytes.data()), key.bytes.size());
}

bool read_key(const std::string& from, room_key& key) {
  if (from.size() != key.bytes.size()) return false;
  std::copy(from.begin(), from.end(), reinterpret_cast<char*>(key.bytes.data()));
  return true;
}

bool are_numbers(std::initializer_list<std::uint64_t> numbers) {
  return std::all_of(numbers.begin(), numbers.end(), [](auto n) { return n < number_end; });
}

internal::RedisEnvelope of_cluster(std::string_view cluster_id) {
  internal::RedisEnvelope message;
  message.set_cluster_id(cluster_id.data(), cluster_id.size());
  return message;
}

void begin_events(internal::RoomEvents& message, const room_key& room, position before) {
  write_key(room, *message.mutable_room_key());
  message.set_prev_term(before.term.value);
  message.set_prev_seq(before.seq.value);
}

void add_event(internal::RoomEvents& message, const event& e) {
  auto* made = message.add_events();
  made->set_term(e.term.value);
  made->set_seq(e.seq.value);
  made->set_kind(static_cast<std::uint32_t>(e.kind));
  write_stored(e, *made->mutable_stored());
}

/// The room's log grows by one at a time and its terms never shrink: what does not follow was not sent by an owner.
bool follows(const position& before, const internal::EnvelopeEvent& e) {
  return e.seq() == before.seq.value + 1 && (before.seq.value == 0 || e.term() >= before.term.value);
}

result<redis_envelope> read_events(internal::RoomEvents& message) {
  room_envelope made;
  if (!read_key(message.room_key(), made.room)) return refused("room key");
  if (message.events_size() == 0 || std::cmp_greater(message.events_size(), envelope_events_max))
    return refused("count of events");
  if (!are_numbers({message.prev_term(), message.prev_seq()})) return refused("position out of range");
  made.before = {term{message.prev_term()}, seq{message.prev_seq()}};
  made.events.reserve(static_cast<std::size_t>(message.events_size()));
  position last = made.before;
  for (auto& from : *message.mutable_events()) {
    if (!follows(last, from)) return refused("events do not follow each other");
    if (from.kind() > 255) return refused("unknown kind");
    auto e =
        read_stored(term{from.term()}, seq{from.seq()}, static_cast<event_kind>(from.kind()), *from.mutable_stored());
    if (!e) return e.error();
    last = (*e)->at_position();
    made.events.push_back(std::move(*e));
  }
  return redis_envelope{std::move(made)};
}

result<redis_envelope> read_beacon(const internal::Beacon& message) {
  if (std::cmp_greater(message.heads_size(), beacon_heads_max)) return refused("count of heads");
  if (!are_numbers({message.term(), message.number(), message.n_before(), message.n()}))
    return refused("beacon out of range");
  beacon made{shard_id{message.shard()},   term{message.term()}, message.number(),
              attempt{message.n_before()}, attempt{message.n()}, {}};
  made.heads.reserve(static_cast<std::size_t>(message.heads_size()));
  for (const auto& from : message.heads()) {
    beacon::entry entry;
    if (!read_key(from.room_key(), entry.room)) return refused("room key");
    if (!are_numbers({from.head_term(), from.head_seq(), from.floor_term(), from.floor_seq()}))
      return refused("head out of range");
    if (from.floor_seq() > from.head_seq()) return refused("floor above its head");
    entry.head = {{term{from.head_term()}, seq{from.head_seq()}}, {term{from.floor_term()}, seq{from.floor_seq()}}};
    made.heads.push_back(entry);
  }
  return redis_envelope{std::move(made)};
}

result<redis_envelope> read_canary(internal::Canary& message) {
  if (message.node().size() > node_bytes_max) return refused("canary's node");
  return redis_envelope{canary{std::move(*message.mutable_node()), message.number()}};
}

}  // namespace

std::vector<std::string> encode_envelopes(std::string_view cluster_id, const room_envelope& from) {
  std::vector<std::string> made;
  position before = from.before;
  for (std::size_t i = 0; i < from.events.size();) {
    auto message = of_cluster(cluster_id);
    auto& body = *message.mutable_events();
    begin_events(body, from.room, before);
    std::size_t bytes = 0;
    for (std::size_t n = 0; i < from.events.size() && n < envelope_events_max && bytes < envelope_bytes_target; ++n) {
      add_event(body, *from.events[i]);
      bytes += body.events(static_cast<int>(n)).ByteSizeLong();
      before = from.events[i++]->at_position();
    }
    made.push_back(message.SerializeAsString());
  }
  return made;
}

result<std::string> encode_envelope(std::string_view cluster_id, const beacon& from) {
  if (from.heads.size() > beacon_heads_max) return refused("count of heads");
  auto message = of_cluster(cluster_id);
  auto& body = *message.mutable_beacon();
  body.set_shard(from.shard.value);
  body.set_term(from.term.value);
  body.set_number(from.number);
  body.set_n_before(from.n_before.value);
  body.set_n(from.n.value);
  for (const auto& entry : from.heads) {
    auto& made = *body.add_heads();
    write_key(entry.room, *made.mutable_room_key());
    made.set_head_term(entry.head.head.term.value);
    made.set_head_seq(entry.head.head.seq.value);
    made.set_floor_term(entry.head.floor.term.value);
    made.set_floor_seq(entry.head.floor.seq.value);
  }
  return message.SerializeAsString();
}

std::string encode_envelope(std::string_view cluster_id, const canary& from) {
  auto message = of_cluster(cluster_id);
  message.mutable_canary()->set_node(from.node);
  message.mutable_canary()->set_number(from.number);
  return message.SerializeAsString();
}

result<redis_envelope> decode_envelope(std::string_view cluster_id, std::string_view bytes) {
  if (bytes.size() > envelope_bytes_max) return refused("envelope too large");
  internal::RedisEnvelope message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return refused("does not parse");
  if (message.cluster_id() != cluster_id) return error{errc::incompatible, "envelope of another cluster"};
  switch (message.body_case()) {
    case internal::RedisEnvelope::kEvents: return read_events(*message.mutable_events());
    case internal::RedisEnvelope::kBeacon: return read_beacon(message.beacon());
    case internal::RedisEnvelope::kCanary: return read_canary(*message.mutable_canary());
    case internal::RedisEnvelope::BODY_NOT_SET: return refused("envelope without a body");
  }
  return refused("envelope without a body");
}

}  // namespace parley
