#include "storage/event_codec.hpp"

#include "parley/internal/event.pb.h"

#include <utility>

namespace parley {
namespace {

error refused(const char* why) { return {errc::refused_content, why}; }

bool is_kind(event_kind kind) {
  switch (kind) {
    case event_kind::message_created:
    case event_kind::message_updated:
    case event_kind::message_deleted:
    case event_kind::member_joined:
    case event_kind::member_left:
    case event_kind::room_updated:
    case event_kind::room_deleted: return true;
  }
  return false;
}

bool is_text(const std::string& s) { return s.find('\0') == std::string::npos; }

/// Protobuf has checked the UTF-8 of every string; a NUL passes there and nowhere else.
bool are_texts(const internal::StoredEvent& m) {
  for (const auto& p : m.parts())
    if (!is_text(p.type()) || !is_text(p.content()) || !is_text(p.url())) return false;
  return is_text(m.sender()) && is_text(m.client_msg_id()) && is_text(m.text()) && is_text(m.metadata());
}

bool are_numbers(term t, seq s, const internal::StoredEvent& m) {
  return s.value != 0 && s.value < number_end && t.value < number_end && m.reply_to() < number_end &&
         m.target() < number_end && m.at_ms() >= 0 && static_cast<std::uint64_t>(m.at_ms()) < number_end;
}

part read_part(internal::StoredPart& from) {
  const bool is_url = from.body_case() == internal::StoredPart::kUrl;
  part made;
  made.type = std::move(*from.mutable_type());
  made.kind = is_url ? part::body_kind::url : part::body_kind::content;
  made.body = std::move(is_url ? *from.mutable_url() : *from.mutable_content());
  return made;
}

}  // namespace

void write_stored(const event& e, internal::StoredEvent& message) {
  message.set_sender(e.sender);
  message.set_at_ms(e.at.time_since_epoch().count());
  message.set_client_msg_id(e.client_msg_id);
  message.set_text(e.body.text);
  for (const part& p : e.body.parts) {
    auto* made = message.add_parts();
    made->set_type(p.type);
    if (p.kind == part::body_kind::url)
      made->set_url(p.body);
    else
      made->set_content(p.body);
  }
  message.set_metadata(e.body.metadata);
  message.set_reply_to(e.reply_to.value);
  message.set_target(e.target.value);
  message.set_version(e.version);
  message.set_deleted(e.deleted);
}

result<event_ptr> read_stored(term t, seq s, event_kind kind, internal::StoredEvent& message) {
  if (!is_kind(kind)) return refused("unknown kind");
  if (!are_numbers(t, s, message)) return refused("number out of range");
  if (!are_texts(message)) return refused("NUL in a string");
  auto made = std::make_shared<event>();
  for (auto& p : *message.mutable_parts()) {
    if (p.body_case() == internal::StoredPart::BODY_NOT_SET) return refused("part without a body");
    made->body.parts.push_back(read_part(p));
  }
  made->seq = s;
  made->term = t;
  made->kind = kind;
  made->sender = std::move(*message.mutable_sender());
  made->at = unix_time{milliseconds{message.at_ms()}};
  made->client_msg_id = std::move(*message.mutable_client_msg_id());
  made->body.text = std::move(*message.mutable_text());
  made->body.metadata = std::move(*message.mutable_metadata());
  made->reply_to = seq{message.reply_to()};
  made->target = seq{message.target()};
  made->version = message.version();
  made->deleted = message.deleted();
  return event_ptr{std::move(made)};
}

std::string encode_stored(const event& e) {
  internal::StoredEvent message;
  write_stored(e, message);
  return message.SerializeAsString();
}

result<event_ptr> decode_stored(term t, seq s, event_kind kind, std::string_view payload) {
  if (payload.size() > stored_bytes_max) return refused("payload too large");
  internal::StoredEvent message;
  if (!message.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) return refused("does not parse");
  return read_stored(t, s, kind, message);
}

}  // namespace parley
