#pragma once

#include "actors/core/event.hpp"
#include "actors/core/refusal.hpp"

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

/// What a client may ask, decoded and validated by the front: ids have their alphabet, numbers their bounds.
namespace parley::request {

enum class on_gap : std::uint8_t { fill, jump };

/// At most one of `rewind` and `since`; none means live only, as `rewind` 0.
struct join_options {
  std::optional<std::uint32_t> rewind;  ///< events, 0 to rewind_limit
  std::optional<position> since;
  parley::request::on_gap gap = parley::request::on_gap::fill;
  std::uint32_t max = 100;  ///< 1 to 1000

  friend bool operator==(const join_options&, const join_options&) = default;
};

/// One room of `connect`: its options, or why they were refused: a bad room does not spoil the others.
struct connect_room {
  std::string room;
  std::variant<join_options, refusal> wish;
};

struct connect {
  std::string user;  ///< authenticated
  std::vector<connect_room> rooms;
};
struct join {
  std::string room;
  join_options options;
};
struct leave {
  std::string room;
};
struct publish {
  std::string room;
  parley::draft draft;
};
struct history {
  enum class side : std::uint8_t { newest, before, after, around };
  std::string room;
  side where = side::newest;
  parley::seq seq;
  std::uint32_t limit = 50;
  bool messages = true;
};
struct ping {};
/// An operation that the front refused by validation. A write keeps its place in its room's order of answers.
struct refused {
  refusal why;
  bool is_write = false;
  std::string room;           ///< empty where not known
  std::string client_msg_id;  ///< empty where not known
};

using body = std::variant<connect, join, leave, publish, history, ping, refused>;

}  // namespace parley::request

namespace parley {

struct client_request {
  std::uint32_t id = 0;  ///< the client's; 0: no reply on success
  request::body body;
};

}  // namespace parley
