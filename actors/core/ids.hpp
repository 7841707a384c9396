#pragma once

#include "actors/core/strong.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>

namespace parley {

/// An event's number in its room: 1, 2, 3, ... contiguous, never reused (G2). 0 is "before the first".
using seq = strong<struct seq_tag, std::uint64_t>;
/// A shard's fencing number: strictly larger at each change of owner, stored with each event.
using term = strong<struct term_tag, std::uint64_t>;
/// A shard's batch number `n`: an attempt id, never used twice within a term (C1).
using attempt = strong<struct attempt_tag, std::uint64_t>;
/// A fixed hash bucket of rooms: the unit of ownership, placement and scaling.
using shard_id = strong<struct shard_tag, std::uint32_t>;
/// Which PostgreSQL database, by its place in the configuration; the first is the home database.
using database_id = strong<struct database_tag, std::uint32_t>;
/// One WebSocket (or one HTTP exchange) from accept to close; unique within a node's life.
using session_id = strong<struct session_tag, std::uint64_t>;
/// One join of a room by a session; a later join's generation is larger, so that late frames of a replaced one drop.
using generation = strong<struct generation_tag, std::uint32_t>;
/// One Asio thread of the front.
using thread_index = strong<struct thread_tag, std::uint32_t>;

/// As people count databases: the first is 1, in logs, metrics and commands.
inline std::string shown(database_id d) { return std::to_string(d.value + 1); }

constexpr seq next(seq s) { return seq{s.value + 1}; }
constexpr seq previous(seq s) { return seq{s.value == 0 ? 0 : s.value - 1}; }

/// Where a reader stands. A seq without its term proves nothing after a failover. Seq 0 with any term means {0, 0}.
struct position {
  parley::term term;
  parley::seq seq;

  friend bool operator==(const position&, const position&) = default;
  friend std::ostream& operator<<(std::ostream& out, const position& p) {
    return out << '{' << p.term << ',' << p.seq << '}';
  }
};

/// The first 16 bytes of SHA-256(instance, 0x00, room): a room's name in SQL and Redis, the same in every database.
struct room_key {
  std::array<std::uint8_t, 16> bytes{};

  auto operator<=>(const room_key&) const = default;
  /// 32 lower-case hexadecimal digits.
  std::string hex() const;
};

/// Who a room is. Made once (actors/room_identity.hpp) and shared: everything that names a room holds a `room_ref`.
struct room_identity {
  std::string instance;
  std::string room;  ///< the id that clients use
  room_key key;
  shard_id shard;
};
using room_ref = std::shared_ptr<const room_identity>;

/// A process of a node: the configured name for people, the random incarnation for proofs.
struct node_identity {
  std::string name;
  std::string incarnation;  ///< a random UUID, new at each start: what lease and shard rows name as `owner`

  friend bool operator==(const node_identity&, const node_identity&) = default;
};

}  // namespace parley

template <>
struct std::hash<parley::room_key> {
  std::size_t operator()(const parley::room_key& key) const noexcept {
    std::size_t h;
    std::memcpy(&h, key.bytes.data(), sizeof h);  // already uniform: it is a SHA-256
    return h;
  }
};
