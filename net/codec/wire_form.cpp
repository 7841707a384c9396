#include "net/codec/wire_form.hpp"

#include "net/codec/json_encoder.hpp"
#include "net/codec/position_text.hpp"
#include "net/codec/proto_encoder.hpp"
#include "net/codec/websocket_frame.hpp"

#include <optional>

namespace parley::net {
namespace {

/// The position that a push brings its reader to: what `Last-Event-ID` resumes from.
std::optional<position> position_reached(const server_body& body) {
  if (const auto* batch = std::get_if<push::batch>(&body))
    return batch->events.empty() ? std::nullopt : std::optional(batch->events.back()->at_position());
  if (const auto* gap = std::get_if<push::gap>(&body)) return gap->to;
  if (const auto* live = std::get_if<push::live>(&body)) return live->at;
  return std::nullopt;
}

bool is_push(const server_message& message) {
  return message.id == 0 && !std::holds_alternative<reply::connected>(message.body);
}

/// JSON as we write it has no line break, so that one `data` line holds it.
std::string sse_event(const server_message& message, const greeting& own) {
  if (!is_push(message)) return {};
  std::string out = "event: ";
  out += name_of(message.body);
  if (const auto at = position_reached(message.body)) {
    out += "\nid: ";
    append_position(out, *at);
  }
  out += "\ndata: ";
  append_json_body(out, message.body, own);
  out += "\n\n";
  return out;
}

std::string framed(ws_opcode opcode, const std::string& payload) {
  std::string out;
  out.reserve(payload.size() + ws_header_bytes_max);
  append_ws_header(out, opcode, payload.size());
  out += payload;
  return out;
}

}  // namespace

std::string wire_bytes(wire_form form, const server_message& message, const greeting& own) {
  if (form == wire_form::sse) return sse_event(message, own);
  // Its capacity stays: a warm thread encodes with one allocation, that of the result.
  thread_local std::string payload;
  payload.clear();
  if (form == wire_form::ws_json)
    append_json(payload, message, own);
  else
    append_proto(payload, message, own);
  std::string out = framed(form == wire_form::ws_json ? ws_opcode::text : ws_opcode::binary, payload);
  constexpr std::size_t kept_bytes_max = 256 * 1024;
  if (payload.capacity() > kept_bytes_max) std::string().swap(payload);
  return out;
}

}  // namespace parley::net
