#include "net/codec/proto_encoder.hpp"

#include "net/codec/metadata.hpp"
#include "net/error_table.hpp"

#include "parley/v1/client.pb.h"

#include <google/protobuf/arena.h>

namespace parley::net {
namespace {

void fill(v1::Position& out, position at) {
  out.set_term(at.term.value);
  out.set_seq(at.seq.value);
}

void fill(v1::Event& out, const event& one) {
  out.set_seq(one.seq.value);
  out.set_term(one.term.value);
  out.set_kind(static_cast<v1::EventKind>(one.kind));  // the same numbers, event.hpp
  out.set_sender(one.sender);
  out.set_at(one.at.time_since_epoch().count());
  out.set_client_msg_id(one.client_msg_id);
  out.set_text(one.body.text);
  for (const part& from : one.body.parts) {
    auto& to = *out.add_parts();
    to.set_type(from.type);
    if (from.kind == part::body_kind::url)
      to.set_url(from.body);
    else
      to.set_content(from.body);
  }
  if (!one.body.metadata.empty()) read_metadata(one.body.metadata, *out.mutable_metadata());
  out.set_reply_to(one.reply_to.value);
  out.set_target(one.target.value);
  out.set_version(one.version);
  out.set_deleted(one.deleted);
}

void fill(v1::Error& out, const refusal& why) {
  const error_row& row = row_of(why.code);
  out.set_code(static_cast<std::uint32_t>(row.code));
  out.set_name(std::string(row.name));
  out.set_message(why.message);
  out.set_retryable(row.retryable);
  if (why.retry_after) out.set_retry_after_ms(static_cast<std::uint32_t>(why.retry_after->count()));
}

void fill(v1::Joined& out, const reply::joined& from) {
  out.set_room(from.room);
  fill(*out.mutable_head(), from.head);
  fill(*out.mutable_start(), from.start);
  if (from.recovered) out.set_recovered(*from.recovered);
}

void fill(v1::Limits& out, const limits& from) {
  out.set_content_bytes(from.content_bytes);
  out.set_frame_bytes(from.frame_bytes);
  out.set_rooms_per_connection(from.rooms_per_connection);
  out.set_publishes_per_second(from.publishes_per_second);
  out.set_publishes_burst(from.publishes_burst);
  out.set_history_limit(from.history_limit);
  out.set_rewind_limit(from.rewind_limit);
  out.set_dedup_window_s(from.dedup_window_s);
}

/// One overload for each body.
struct body_filler {
  v1::Envelope& out;
  const greeting& own;

  void operator()(const reply::connected& from) const {
    auto& to = *out.mutable_connected();
    to.set_conn_id(own.conn_id);
    to.set_user(from.user);
    to.set_node(own.node);
    to.set_ping_ms(own.ping_ms);
    fill(*to.mutable_limits(), own.bounds);
    for (const auto& room : from.rooms) {
      auto& outcome = (*to.mutable_rooms())[room.room];
      if (const auto* joined = std::get_if<reply::joined>(&room.outcome))
        fill(*outcome.mutable_joined(), *joined);
      else
        fill(*outcome.mutable_error(), std::get<refusal>(room.outcome));
    }
  }
  void operator()(const reply::joined& from) const { fill(*out.mutable_joined(), from); }
  void operator()(const reply::left& from) const { out.mutable_left()->set_room(from.room); }
  void operator()(const reply::published& from) const {
    auto& to = *out.mutable_published();
    to.set_room(from.room);
    to.set_seq(from.at_position.seq.value);
    to.set_term(from.at_position.term.value);
    to.set_at(from.at.time_since_epoch().count());
    to.set_duplicate(from.duplicate);
  }
  void operator()(const reply::page& from) const {
    auto& to = *out.mutable_page();
    to.set_room(from.room);
    for (const auto& one : from.events) fill(*to.add_events(), *one);
    fill(*to.mutable_head(), from.head);
    if (from.older) to.set_older(from.older->value);
    if (from.newer) to.set_newer(from.newer->value);
  }
  void operator()(const reply::pong&) const { out.mutable_pong(); }
  void operator()(const reply::failed& from) const {
    auto& to = *out.mutable_error();
    fill(to, from.why);
    to.set_room(from.room);
    to.set_client_msg_id(from.client_msg_id);
  }
  void operator()(const push::batch& from) const {
    auto& to = *out.mutable_batch();
    to.set_room(from.room);
    to.set_prev(from.before.value);
    to.set_phase(from.phase == push::phase::live ? v1::PHASE_LIVE : v1::PHASE_HISTORY);
    for (const auto& one : from.events) fill(*to.add_events(), *one);
  }
  void operator()(const push::live& from) const {
    out.mutable_live()->set_room(from.room);
    fill(*out.mutable_live()->mutable_at(), from.at);
  }
  void operator()(const push::catching_up& from) const {
    out.mutable_catching_up()->set_room(from.room);
    fill(*out.mutable_catching_up()->mutable_at(), from.at);
  }
  void operator()(const push::gap& from) const {
    auto& to = *out.mutable_gap();
    to.set_room(from.room);
    to.set_from(from.from.value);
    fill(*to.mutable_to(), from.to);
    switch (from.reason) {
      case push::gap_reason::retention: to.set_reason(v1::GAP_REASON_RETENTION); break;
      case push::gap_reason::jump: to.set_reason(v1::GAP_REASON_JUMP); break;
      case push::gap_reason::reset: to.set_reason(v1::GAP_REASON_RESET); break;
    }
  }
  void operator()(const push::head& from) const {
    out.mutable_head()->set_room(from.room);
    fill(*out.mutable_head()->mutable_head(), from.at);
  }
  void operator()(const push::reconnect& from) const {
    auto& to = *out.mutable_reconnect();
    to.set_after_ms(static_cast<std::uint32_t>(from.after.count()));
    to.set_jitter_ms(static_cast<std::uint32_t>(from.jitter.count()));
    to.set_reason(from.reason);
  }
};

}  // namespace

void append_proto(std::string& out, const server_message& message, const greeting& own) {
  char first[4096];
  google::protobuf::ArenaOptions options;
  options.initial_block = first;
  options.initial_block_size = sizeof first;
  google::protobuf::Arena arena(options);
  auto* frame = google::protobuf::Arena::CreateMessage<v1::Frame>(&arena);
  auto& envelope = *frame->add_envelopes();
  envelope.set_id(message.id);
  std::visit(body_filler{envelope, own}, message.body);
  frame->AppendToString(&out);
}

}  // namespace parley::net
