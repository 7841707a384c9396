#pragma once

#include "actors/core/event.hpp"
#include "actors/core/refusal.hpp"

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

/// What a client is told: replies to its requests, and pushes. protocol.md's words; the front encodes them.
namespace parley::reply {

struct joined {
  std::string room;
  position head;
  position start;                 ///< the stream's next seq is start.seq + 1
  std::optional<bool> recovered;  ///< with `since` only
};
struct room_outcome {
  std::string room;
  std::variant<joined, refusal> outcome;
};
/// The front adds what it knows itself: conn_id, node, ping_ms and limits.
struct connected {
  std::string user;
  std::vector<room_outcome> rooms;
};
struct left {
  std::string room;
};
struct published {
  std::string room;
  position at_position;
  unix_time at;
  bool duplicate = false;
};
struct page {
  std::string room;
  event_list events;
  position head;
  std::optional<seq> older;
  std::optional<seq> newer;
};
struct pong {};
/// An operation's refusal; without an id it is the push `error`.
struct failed {
  refusal why;
  std::string room;           ///< optional
  std::string client_msg_id;  ///< optional
};

}  // namespace parley::reply

namespace parley::push {

enum class phase : std::uint8_t { history, live };
enum class gap_reason : std::uint8_t { retention, jump, reset };

struct batch {
  std::string room;
  seq before;  ///< `prev`: the seq that this subscription had reached
  parley::push::phase phase = parley::push::phase::history;
  event_list events;
};
struct live {
  std::string room;
  position at;
};
struct catching_up {
  std::string room;
  position at;
};
struct gap {
  std::string room;
  seq from;
  position to;
  gap_reason reason = gap_reason::reset;
};
struct head {
  std::string room;
  position at;
};
struct reconnect {
  milliseconds after{};
  milliseconds jitter{};
  std::string reason;
};

}  // namespace parley::push

namespace parley {

struct server_message {
  std::uint32_t id = 0;  ///< of the request that it answers; 0: a push
  std::variant<reply::connected, reply::joined, reply::left, reply::published, reply::page, reply::pong, reply::failed,
               push::batch, push::live, push::catching_up, push::gap, push::head, push::reconnect>
      body;
};

/// Why the node ends a WebSocket: of the close codes of docs/protocol.md, "Errors and closing", those that the actors
/// may ask for.
enum class close_code : std::uint16_t {
  going_away = 1001,
  not_understood = 4400,
  unauthenticated = 4401,
  connect_timeout = 4408,
  flooding = 4429,
  internal = 4500,
  too_far_behind = 4508,
  ping_timeout = 4509,
};

}  // namespace parley
