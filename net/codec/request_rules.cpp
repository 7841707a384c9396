#include "net/codec/request_rules.hpp"

#include "net/codec/content_digest.hpp"
#include "net/validation.hpp"

#include <utility>

namespace parley::net {
namespace {

constexpr std::uint64_t jump_max = 1'000;
constexpr std::uint64_t jump_default = 100;
constexpr std::uint32_t page_default = 50;

constexpr std::string_view bad_room = "`room` must be 1 to 128 characters of A-Z a-z 0-9 . _ ~ : @ + -";

bool is_past(std::uint64_t value, std::uint64_t limit) { return limit != 0 && value > limit; }

}  // namespace

incoming_body refuse(refusal why, bool is_write, std::string room, std::string client_msg_id) {
  if (!is_id(room)) room.clear();
  if (!is_client_msg_id(client_msg_id)) client_msg_id.clear();
  return request::refused{std::move(why), is_write, std::move(room), std::move(client_msg_id)};
}

incoming_body refuse_unavailable(std::string_view operation, bool is_write, std::string room,
                                 std::string client_msg_id) {
  return refuse(bad_request("`" + std::string(operation) + "` is not available in this version"), is_write,
                std::move(room), std::move(client_msg_id));
}

or_refusal<request::join_options> check_options(const join_wish& wish, const limits& bounds) {
  if (wish.has_rewind && wish.has_since) return bad_request("at most one of `rewind` and `since`");
  if (is_past(wish.rewind_limit, bounds.rewind_limit)) return bad_request("`rewind.limit` is past `rewind_limit`");
  if (wish.since_term > json_integer_max || wish.since_seq > json_integer_max)
    return bad_request("`since` is no position");
  if (wish.max > jump_max) return bad_request("`max` must be 1 to 1000");
  request::join_options options;
  if (wish.has_rewind) options.rewind = static_cast<std::uint32_t>(wish.rewind_limit);
  if (wish.has_since) {
    // Seq 0 with any term is the position before the first event.
    options.since = wish.since_seq == 0 ? position{} : position{term{wish.since_term}, seq{wish.since_seq}};
  }
  options.gap = wish.gap;
  options.max = static_cast<std::uint32_t>(wish.max == 0 ? jump_default : wish.max);
  return options;
}

incoming_body check(join_wish wish, const limits& bounds) {
  if (!is_id(wish.room)) return refuse(bad_request(bad_room));
  auto options = check_options(wish, bounds);
  if (auto* why = std::get_if<refusal>(&options)) return refuse(std::move(*why), false, std::move(wish.room));
  return request::join{std::move(wish.room), std::get<request::join_options>(options)};
}

incoming_body check(publish_wish wish, const limits& bounds) {
  const auto refused = [&](refusal why) {
    return refuse(std::move(why), true, std::move(wish.room), std::move(wish.client_msg_id));
  };
  if (!is_id(wish.room)) return refused(bad_request(bad_room));
  if (!wish.client_msg_id.empty() && !is_client_msg_id(wish.client_msg_id))
    return refused(bad_request("`client_msg_id` must be 1 to 128 characters 0x21-0x7E"));
  if (wish.reply_to > json_integer_max) return refused(bad_request("`reply_to` is no seq"));
  if (auto why = refuse_content(wish.body, bounds.content_bytes)) return refused(std::move(*why));
  draft made;
  made.client_msg_id = std::move(wish.client_msg_id);
  made.body = std::move(wish.body);
  made.reply_to = seq{wish.reply_to};
  // Only a key makes a repeat, so only a key needs the hash.
  if (!made.client_msg_id.empty()) made.digest = content_digest("publish", made.body, made.reply_to);
  return request::publish{std::move(wish.room), std::move(made)};
}

incoming_body check(history_wish wish, const limits& bounds) {
  if (!is_id(wish.room)) return refuse(bad_request(bad_room));
  const auto refused = [&](std::string_view why) { return refuse(bad_request(why), false, std::move(wish.room)); };
  if ((wish.before != 0) + (wish.after != 0) + (wish.around != 0) > 1)
    return refused("at most one of `before`, `after` and `around`");
  const std::uint64_t at = wish.before | wish.after | wish.around;  // two of them are 0
  if (at > json_integer_max) return refused("`before`, `after` and `around` are seqs");
  if (is_past(wish.limit, bounds.history_limit)) return refused("`limit` is past `history_limit`");
  request::history asked;
  using side = request::history::side;
  asked.where = wish.before != 0   ? side::before
                : wish.after != 0  ? side::after
                : wish.around != 0 ? side::around
                                   : side::newest;
  asked.room = std::move(wish.room);
  asked.seq = seq{at};
  asked.limit = wish.limit == 0 ? page_default : static_cast<std::uint32_t>(wish.limit);
  asked.messages = wish.messages;
  return asked;
}

incoming_body check_leave(std::string room) {
  if (!is_id(room)) return refuse(bad_request(bad_room));
  return request::leave{std::move(room)};
}

incoming_body check(connect_wish wish) {
  if (!wish.user.empty() && !is_id(wish.user))
    return refuse(bad_request("`user` must be 1 to 128 characters of A-Z a-z 0-9 . _ ~ : @ + -"));
  return wish;
}

request::connect_room check_room(std::string room, const join_wish& options, const limits& bounds) {
  if (!is_id(room)) return {std::move(room), bad_request(bad_room)};
  auto checked = check_options(options, bounds);
  if (auto* why = std::get_if<refusal>(&checked)) return {std::move(room), std::move(*why)};
  return {std::move(room), std::get<request::join_options>(checked)};
}

}  // namespace parley::net
