#pragma once

#include "net/codec/incoming.hpp"
#include "net/limits.hpp"

#include <cstdint>
#include <string>
#include <variant>

/// What protocol.md demands of each operation, once for both encodings. A wish holds what was read with the right
/// types; 0 and empty mean absent.
namespace parley::net {

struct join_wish {
  std::string room;
  bool has_rewind = false;
  std::uint64_t rewind_limit = 0;
  bool has_since = false;
  std::uint64_t since_term = 0;
  std::uint64_t since_seq = 0;
  request::on_gap gap = request::on_gap::fill;
  std::uint64_t max = 0;
};

struct publish_wish {
  std::string room;
  std::string client_msg_id;
  content body;
  std::uint64_t reply_to = 0;
};

struct history_wish {
  std::string room;
  std::uint64_t before = 0;
  std::uint64_t after = 0;
  std::uint64_t around = 0;
  std::uint64_t limit = 0;
  bool messages = true;
};

template <class T>
using or_refusal = std::variant<T, refusal>;

or_refusal<request::join_options> check_options(const join_wish& wish, const limits& bounds);
incoming_body check(join_wish wish, const limits& bounds);
incoming_body check(publish_wish wish, const limits& bounds);
incoming_body check(history_wish wish, const limits& bounds);
incoming_body check_leave(std::string room);
/// A bad user is a refusal; a bad room is an outcome of its own.
incoming_body check(connect_wish wish);
request::connect_room check_room(std::string room, const join_wish& options, const limits& bounds);

/// `request::refused` naming what is known: an id that is no id is left out.
incoming_body refuse(refusal why, bool is_write = false, std::string room = {}, std::string client_msg_id = {});
/// For the operations of later versions.
incoming_body refuse_unavailable(std::string_view operation, bool is_write, std::string room,
                                 std::string client_msg_id);

}  // namespace parley::net
