#pragma once

#include "actors/core/event.hpp"
#include "actors/core/ids.hpp"

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>

/// What the benchmarks are given: rooms, drafts and events with 160 B texts, as a chat has them.
namespace parley::bench {

inline room_ref room(std::uint64_t number, std::uint32_t shards = 256) {
  room_key key;
  const std::uint64_t spread = (number + 1) * 0x9e3779b97f4a7c15u;  // a real key is a hash
  std::memcpy(key.bytes.data(), &spread, sizeof spread);
  return std::make_shared<room_identity>(room_identity{"default", "room-" + std::to_string(number), key,
                                                       shard_id{static_cast<std::uint32_t>(number % shards)}});
}

inline std::shared_ptr<draft> draft_of(std::uint64_t number) {
  auto d = std::make_shared<draft>();
  d->sender = "user-" + std::to_string(number % 50);
  d->client_msg_id = "01890000-0000-7000-8000-" + std::to_string(100'000'000'000 + number);
  d->body.text = std::string(160, 'x');
  return d;
}

inline event_ptr event_of(std::uint64_t number) {
  auto e = std::make_shared<event>();
  const auto from = draft_of(number);
  e->seq = seq{number};
  e->term = term{1'764'000'000'000};
  e->sender = from->sender;
  e->client_msg_id = from->client_msg_id;
  e->body = from->body;
  e->at = unix_time{milliseconds{1'764'000'000'000}};
  e->version = 1;
  return e;
}

/// Seqs 1 to `count`.
inline event_list events(std::uint64_t count) {
  event_list list;
  for (std::uint64_t n = 1; n <= count; ++n) list.push_back(event_of(n));
  return list;
}

}  // namespace parley::bench
