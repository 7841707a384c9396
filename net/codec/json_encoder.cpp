#include "net/codec/json_encoder.hpp"

#include "net/codec/json_object.hpp"
#include "net/codec/words.hpp"
#include "net/error_table.hpp"

namespace parley::net {
namespace {

void append_events(std::string& out, const event_list& events) {
  out += '[';
  for (bool is_first = true; const auto& one : events) {
    if (!is_first) out += ',';
    is_first = false;
    append_json(out, *one);
  }
  out += ']';
}

void append_parts(std::string& out, const std::vector<part>& parts) {
  out += '[';
  for (bool is_first = true; const auto& one : parts) {
    if (!is_first) out += ',';
    is_first = false;
    json_object object(out);
    object.member("type", one.type);
    object.member(one.kind == part::body_kind::url ? "url" : "content", one.body);
  }
  out += ']';
}

void append(std::string& out, const refusal& why, std::string_view room, std::string_view client_msg_id) {
  const error_row& row = row_of(why.code);
  json_object object(out);
  object.member("code", static_cast<unsigned>(row.code));
  object.member("name", row.name);
  object.member("message", why.message);
  object.member("retryable", row.retryable);
  if (why.retry_after) object.member("retry_after_ms", why.retry_after->count());
  if (!room.empty()) object.member("room", room);
  if (!client_msg_id.empty()) object.member("client_msg_id", client_msg_id);
}

/// One overload for each body: its object.
struct body_writer {
  std::string& out;
  const greeting& own;

  void operator()(const reply::joined& body) const {
    json_object object(out);
    object.member("room", body.room);
    object.member("head", body.head);
    object.member("start", body.start);
    if (body.recovered) object.member("recovered", *body.recovered);
  }

  void operator()(const reply::connected& body) const {
    json_object object(out);
    object.member("conn_id", own.conn_id);
    object.member("user", body.user);
    object.member("node", own.node);
    object.member("ping_ms", own.ping_ms);
    {
      json_object bounds(object.name("limits"));
      bounds.member("content_bytes", own.bounds.content_bytes);
      bounds.member("frame_bytes", own.bounds.frame_bytes);
      bounds.member("rooms_per_connection", own.bounds.rooms_per_connection);
      bounds.member("publishes_per_second", own.bounds.publishes_per_second);
      bounds.member("publishes_burst", own.bounds.publishes_burst);
      bounds.member("history_limit", own.bounds.history_limit);
      bounds.member("rewind_limit", own.bounds.rewind_limit);
      bounds.member("dedup_window_s", own.bounds.dedup_window_s);
    }
    object.name("rooms") += '{';
    for (bool is_first = true; const auto& room : body.rooms) {
      if (!is_first) out += ',';
      is_first = false;
      append_json_string(out, room.room);
      out += ':';
      json_object outcome(out);
      if (const auto* joined = std::get_if<reply::joined>(&room.outcome))
        outcome.name("joined"), (*this)(*joined);
      else
        append(outcome.name("error"), std::get<refusal>(room.outcome), {}, {});
    }
    out += '}';
  }

  void operator()(const reply::left& body) const { json_object(out).member("room", body.room); }

  void operator()(const reply::published& body) const {
    json_object object(out);
    object.member("room", body.room);
    object.member("seq", body.at_position.seq);
    object.member("term", body.at_position.term.value);
    object.member("at", body.at);
    object.member("duplicate", body.duplicate);
  }

  void operator()(const reply::page& body) const {
    json_object object(out);
    object.member("room", body.room);
    append_events(object.name("events"), body.events);
    object.member("head", body.head);
    if (body.older) object.member("older", *body.older);
    if (body.newer) object.member("newer", *body.newer);
  }

  void operator()(const reply::pong&) const { out += "{}"; }
  void operator()(const reply::failed& body) const { append(out, body.why, body.room, body.client_msg_id); }
  void operator()(const push::batch& body) const { append_json(out, body); }

  void operator()(const push::live& body) const {
    json_object object(out);
    object.member("room", body.room);
    object.member("at", body.at);
  }

  void operator()(const push::catching_up& body) const {
    json_object object(out);
    object.member("room", body.room);
    object.member("at", body.at);
  }

  void operator()(const push::gap& body) const {
    json_object object(out);
    object.member("room", body.room);
    object.member("from", body.from);
    object.member("to", body.to);
    object.member("reason", word_of(body.reason));
  }

  void operator()(const push::head& body) const {
    json_object object(out);
    object.member("room", body.room);
    object.member("head", body.at);
  }

  void operator()(const push::reconnect& body) const {
    json_object object(out);
    object.member("after_ms", body.after.count());
    object.member("jitter_ms", body.jitter.count());
    object.member("reason", body.reason);
  }
};

struct namer {
  std::string_view operator()(const reply::connected&) const { return "connected"; }
  std::string_view operator()(const reply::joined&) const { return "joined"; }
  std::string_view operator()(const reply::left&) const { return "left"; }
  std::string_view operator()(const reply::published&) const { return "published"; }
  std::string_view operator()(const reply::page&) const { return "page"; }
  std::string_view operator()(const reply::pong&) const { return "pong"; }
  std::string_view operator()(const reply::failed&) const { return "error"; }
  std::string_view operator()(const push::batch&) const { return "batch"; }
  std::string_view operator()(const push::live&) const { return "live"; }
  std::string_view operator()(const push::catching_up&) const { return "catching_up"; }
  std::string_view operator()(const push::gap&) const { return "gap"; }
  std::string_view operator()(const push::head&) const { return "head"; }
  std::string_view operator()(const push::reconnect&) const { return "reconnect"; }
};

}  // namespace

void append_json(std::string& out, const event& one) {
  json_object object(out);
  object.member("seq", one.seq);
  object.member("term", one.term.value);
  object.member("kind", word_of(one.kind));
  object.member("sender", one.sender);
  object.member("at", one.at);
  if (!one.client_msg_id.empty()) object.member("client_msg_id", one.client_msg_id);
  if (!one.body.text.empty()) object.member("text", one.body.text);
  if (!one.body.parts.empty()) append_parts(object.name("parts"), one.body.parts);
  if (!one.body.metadata.empty()) object.name("metadata") += one.body.metadata;  // compact JSON already
  if (one.reply_to.value != 0) object.member("reply_to", one.reply_to);
  if (one.target.value != 0) object.member("target", one.target);
  if (one.version != 0) object.member("version", one.version);
  if (one.deleted) object.member("deleted", true);
}

void append_json(std::string& out, const push::batch& batch) {
  json_object object(out);
  object.member("room", batch.room);
  object.member("prev", batch.before);
  object.member("phase", word_of(batch.phase));
  append_events(object.name("events"), batch.events);
}

void append_json_body(std::string& out, const server_body& body, const greeting& own) {
  std::visit(body_writer{out, own}, body);
}

std::string_view name_of(const server_body& body) { return std::visit(namer{}, body); }

void append_json(std::string& out, const server_message& message, const greeting& own) {
  json_object envelope(out);
  if (message.id != 0) envelope.member("id", message.id);
  append_json_body(envelope.name(name_of(message.body)), message.body, own);
}

}  // namespace parley::net
