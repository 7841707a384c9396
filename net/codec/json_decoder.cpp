#include "net/codec/json_decoder.hpp"

#include "net/codec/json_fields.hpp"
#include "net/codec/json_tree.hpp"
#include "net/codec/metadata.hpp"
#include "net/codec/operations.hpp"
#include "net/codec/request_rules.hpp"
#include "net/validation.hpp"

#include <limits>

namespace parley::net {
namespace {

namespace json = boost::json;

constexpr std::uint64_t uint32_max = std::numeric_limits<std::uint32_t>::max();

join_wish read_join(const json_fields& fields, std::string& wrong) {
  join_wish wish;
  wish.room = fields.text("room");
  if (const auto* rewind = fields.object("rewind")) {
    wish.has_rewind = true;
    wish.rewind_limit = json_fields(*rewind, wrong).number("limit", uint32_max);
  }
  if (const auto* since = fields.object("since")) {
    const json_fields at(*since, wrong);
    wish.has_since = true;
    wish.since_term = at.number("term", json_integer_max);
    wish.since_seq = at.number("seq", json_integer_max);
  }
  wish.gap = fields.choice("on_gap", {"fill", "jump"}) == 2 ? request::on_gap::jump : request::on_gap::fill;
  wish.max = fields.number("max", uint32_max);
  return wish;
}

void complain(std::string& wrong, std::string_view what) {
  if (wrong.empty()) wrong = what;
}

part read_part(const json::value& from, std::string& wrong) {
  part out;
  if (!from.is_object()) return complain(wrong, "an element of `parts` is no object"), out;
  const json_fields fields(from.get_object(), wrong);
  out.type = fields.text("type");
  std::string content = fields.text("content");
  std::string url = fields.text("url");
  if (!content.empty() && !url.empty()) complain(wrong, "a part needs exactly one of `content` and `url`");
  out.kind = url.empty() ? part::body_kind::content : part::body_kind::url;
  out.body = url.empty() ? std::move(content) : std::move(url);
  return out;
}

publish_wish read_publish(const json_fields& fields, std::string& wrong) {
  publish_wish wish;
  wish.room = fields.text("room");
  wish.client_msg_id = fields.text("client_msg_id");
  wish.body.text = fields.text("text");
  if (const auto* parts = fields.array("parts")) {
    wish.body.parts.reserve(parts->size());
    for (const auto& one : *parts) wish.body.parts.push_back(read_part(one, wrong));
  }
  if (const auto* metadata = fields.object("metadata")) {
    if (write_metadata(*metadata, wish.body.metadata) != metadata_verdict::fine)
      complain(wrong, "the strings of `metadata` must be UTF-8 without NUL");
  }
  wish.reply_to = fields.number("reply_to", json_integer_max);
  return wish;
}

history_wish read_history(const json_fields& fields) {
  history_wish wish;
  wish.room = fields.text("room");
  wish.before = fields.number("before", json_integer_max);
  wish.after = fields.number("after", json_integer_max);
  wish.around = fields.number("around", json_integer_max);
  wish.limit = fields.number("limit", uint32_max);
  wish.messages = fields.choice("view", {"messages", "events"}) != 2;
  return wish;
}

request::connect_room read_room(const json::key_value_pair& member, const limits& bounds) {
  std::string room(member.key());
  if (!member.value().is_object()) return {std::move(room), bad_request("the options of a room must be an object")};
  std::string wrong;
  const join_wish wish = read_join(json_fields(member.value().get_object(), wrong), wrong);
  if (!wrong.empty() && is_id(room)) return {std::move(room), bad_request(wrong)};
  return check_room(std::move(room), wish, bounds);
}

connect_wish read_connect(const json_fields& fields, std::string& wrong, const limits& bounds) {
  connect_wish wish;
  wish.token = fields.text("token");
  wish.user = fields.text("user");
  if (const auto* software = fields.object("client")) {
    const json_fields names(*software, wrong);
    (void)names.text("name");
    (void)names.text("version");
  }
  if (const auto* rooms = fields.object("rooms")) {
    for (const auto& member : *rooms) {
      if (!member.value().is_null()) wish.rooms.push_back(read_room(member, bounds));
    }
  }
  return wish;
}

incoming_body read_operation(operation what, const json::object& body, const limits& bounds) {
  std::string wrong;
  const json_fields fields(body, wrong);
  const auto refused = [&](bool is_write = false) {
    std::string ignored;  // the first complaint is the answer
    const json_fields again(body, ignored);
    return refuse(bad_request(wrong), is_write, again.text("room"), is_write ? again.text("client_msg_id") : "");
  };
  switch (what) {
    case operation::connect: {
      auto wish = read_connect(fields, wrong, bounds);
      return wrong.empty() ? check(std::move(wish)) : refused();
    }
    case operation::join: {
      auto wish = read_join(fields, wrong);
      return wrong.empty() ? check(std::move(wish), bounds) : refused();
    }
    case operation::leave: {
      auto room = fields.text("room");
      return wrong.empty() ? check_leave(std::move(room)) : refused();
    }
    case operation::publish: {
      auto wish = read_publish(fields, wrong);
      return wrong.empty() ? check(std::move(wish), bounds) : refused(true);
    }
    case operation::history: {
      auto wish = read_history(fields);
      return wrong.empty() ? check(std::move(wish), bounds) : refused();
    }
    case operation::ping: return request::ping{};
    case operation::edit:
    case operation::erase:
      return refuse_unavailable(name_of(what), true, fields.text("room"), fields.text("client_msg_id"));
    case operation::mark_read:
    case operation::typing:
    case operation::refresh: return refuse_unavailable(name_of(what), false, fields.text("room"), {});
    case operation::not_ours: break;
  }
  return refuse(bad_request("an envelope needs exactly one operation"));
}

incoming read_envelope(const json::value& from, const limits& bounds) {
  if (!from.is_object()) return {0, refuse(bad_request("an envelope must be an object")), false};
  const auto& members = from.get_object();
  incoming out;
  std::uint64_t id = 0;
  if (const auto* given = members.if_contains("id"); given != nullptr && !given->is_null()) {
    if (!read_whole_number(*given, uint32_max, id)) return {0, refuse(bad_request("`id` must be a uint32")), false};
    out.id = static_cast<std::uint32_t>(id);
  }
  const json::key_value_pair* body = nullptr;
  auto what = operation::not_ours;
  for (const auto& member : members) {
    const auto named = operation_named(member.key());
    if (!named || member.value().is_null()) continue;
    if (body != nullptr) return out.body = refuse(bad_request("an envelope needs exactly one operation")), out;
    body = &member;
    what = *named;
  }
  out.is_behind_connect = body != nullptr && what != operation::not_ours && what != operation::connect;
  if (body == nullptr || what == operation::not_ours)
    out.body = refuse(bad_request("an envelope needs exactly one operation"));
  else if (!body->value().is_object())
    out.body = refuse(bad_request("`" + std::string(name_of(what)) + "` must be an object"), is_write(what));
  else
    out.body = read_operation(what, body->value().get_object(), bounds);
  return out;
}

}  // namespace

incoming_frame decode_json_frame(std::string_view text, const limits& bounds) {
  json_tree tree;
  const auto* frame = tree.parse(text);
  if (frame == nullptr) return std::nullopt;
  std::vector<incoming> out;
  if (frame->is_object()) {
    out.push_back(read_envelope(*frame, bounds));
    return out;
  }
  out.reserve(frame->get_array().size());
  for (const auto& element : frame->get_array()) out.push_back(read_envelope(element, bounds));
  return out;
}

std::optional<incoming_body> decode_json_publish(std::string_view text, std::string room, std::string idempotency_key,
                                                 const limits& bounds) {
  json_tree tree;
  const auto* body = tree.parse(text, envelope_depth_max - 1);
  if (body == nullptr || !body->is_object()) return std::nullopt;
  std::string wrong;
  const json_fields fields(body->get_object(), wrong);
  publish_wish wish = read_publish(fields, wrong);
  if (!wish.room.empty() && wish.room != room) complain(wrong, "`room` is not the path's");
  if (!wish.client_msg_id.empty() && !idempotency_key.empty() && wish.client_msg_id != idempotency_key)
    complain(wrong, "`client_msg_id` is not the header's `Idempotency-Key`");
  wish.room = std::move(room);
  if (wish.client_msg_id.empty()) wish.client_msg_id = std::move(idempotency_key);
  if (!wrong.empty()) return refuse(bad_request(wrong), true, wish.room, wish.client_msg_id);
  return check(std::move(wish), bounds);
}

}  // namespace parley::net
