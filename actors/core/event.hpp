#pragma once

#include "actors/core/ids.hpp"
#include "actors/core/time.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace parley {

/// The numbers are those of the stored rows and of both schemas: never renumber.
enum class event_kind : std::uint8_t {
  message_created = 1,
  message_updated = 2,
  message_deleted = 3,
  member_joined = 4,
  member_left = 5,
  room_updated = 6,
  room_deleted = 7,
};

/// One part of a message: a type and exactly one of an inline string and a place to fetch it from.
struct part {
  enum class body_kind : std::uint8_t { content, url };

  std::string type;
  body_kind kind = body_kind::content;
  std::string body;

  friend bool operator==(const part&, const part&) = default;
};

/// What a message says. Strings are UTF-8 without NUL or lone surrogates, kept byte for byte.
struct content {
  std::string text;
  std::vector<part> parts;
  std::string metadata;  ///< one compact JSON object, or empty for none

  friend bool operator==(const content&, const content&) = default;
};

/// The first 16 bytes of the SHA-256 of (operation, typed content, reply_to), equal for both encodings: what tells a
/// repeat of a client_msg_id from another use of it (G5).
using digest = std::array<std::uint8_t, 16>;

/// What a client asked to publish, before it is an event: no seq, no term, no time.
struct draft {
  std::string sender;
  std::string client_msg_id;  ///< empty: nothing is de-duplicated
  content body;
  seq reply_to;  ///< 0: none
  parley::digest digest{};
};

/// One entry of a room's log. Immutable once made; shared by everyone who shows it.
struct event {
  parley::seq seq;
  parley::term term;
  event_kind kind = event_kind::message_created;
  std::string sender;
  unix_time at;
  std::string client_msg_id;
  content body;
  parley::seq reply_to;
  parley::seq target;
  std::uint32_t version = 0;
  bool deleted = false;

  position at_position() const { return {term, seq}; }
  friend bool operator==(const event&, const event&) = default;
};
using event_ptr = std::shared_ptr<const event>;
/// Ascending and contiguous unless said otherwise.
using event_list = std::vector<event_ptr>;

}  // namespace parley
