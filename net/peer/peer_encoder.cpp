#include "net/peer/peer_codec.hpp"

#include "actors/core/overload.hpp"

#include "parley/internal/peer.pb.h"

#include <google/protobuf/arena.h>

#include <algorithm>

namespace parley::net {
namespace {

/// Every field's tag, length and number of the largest item, with room to spare.
constexpr std::size_t item_overhead_bytes = 192;
/// A part's three tags and lengths.
constexpr std::size_t part_overhead_bytes = 16;
constexpr std::size_t names_bytes_max = 64 * 1024;  // of a draft's room, sender and key, with its item's framing
constexpr std::size_t coalesced_bytes_max = 1024 * 1024;

void write_draft(const draft& from, internal::StoredEvent& out) {
  out.set_sender(from.sender);
  out.set_client_msg_id(from.client_msg_id);
  out.set_text(from.body.text);
  for (const part& p : from.body.parts) {
    auto* made = out.add_parts();
    made->set_type(p.type);
    if (p.kind == part::body_kind::url)
      made->set_url(p.body);
    else
      made->set_content(p.body);
  }
  out.set_metadata(from.body.metadata);
  out.set_reply_to(from.reply_to.value);
}

void write(const peer::publish& from, internal::PeerItem& out) {
  auto& to = *out.mutable_publish();
  to.set_request(from.request);
  to.set_shard(from.shard.value);
  to.set_term(from.term.value);
  to.set_instance(from.instance);
  to.set_room(from.room);
  write_draft(*from.what, *to.mutable_draft());
  to.set_digest(from.what->digest.data(), from.what->digest.size());
  to.set_session(from.session.value);
  to.set_round(from.round);
}

void write(const peer::head_question& from, internal::PeerItem& out) {
  auto& to = *out.mutable_head_question();
  to.set_request(from.request);
  to.set_shard(from.shard.value);
  to.set_instance(from.instance);
  to.set_room(from.room);
}

void write(const peer::look& from, internal::PeerItem& out) { out.mutable_look()->set_database(from.database.value); }

void write(const peer::published& from, internal::PeerItem& out) {
  auto& to = *out.mutable_published();
  to.set_request(from.request);
  to.set_term(from.at_position.term.value);
  to.set_seq(from.at_position.seq.value);
  to.set_at_ms(from.at.time_since_epoch().count());
  to.set_duplicate(from.duplicate);
}

void write(const peer::refused& from, internal::PeerItem& out) {
  auto& to = *out.mutable_refused();
  to.set_request(from.request);
  to.set_code(static_cast<std::uint32_t>(from.why.code));
  to.set_message(from.why.message);
  if (from.why.retry_after)  // 0 would say "none"
    to.set_retry_after_ms(static_cast<std::uint64_t>(std::max<milliseconds::rep>(1, from.why.retry_after->count())));
}

void write(const peer::not_owner& from, internal::PeerItem& out) { out.mutable_not_owner()->set_request(from.request); }

void write(const peer::head& from, internal::PeerItem& out) {
  auto& to = *out.mutable_head();
  to.set_request(from.request);
  to.set_is_known(from.what.has_value());
  if (!from.what) return;
  to.set_term(from.what->head.term.value);
  to.set_seq(from.what->head.seq.value);
  to.set_floor_term(from.what->floor.term.value);
  to.set_floor_seq(from.what->floor.seq.value);
}

std::size_t content_bytes_max(const content& body) {
  std::size_t bytes = body.text.size() + body.metadata.size();
  for (const part& p : body.parts) bytes += p.type.size() + p.body.size() + part_overhead_bytes;
  return bytes;
}

}  // namespace

std::string encode_hello(const peer_hello& hello) {
  internal::PeerFrame frame;
  auto& to = *frame.mutable_hello();
  to.set_version(hello.version);
  to.set_cluster_id(hello.cluster_id);
  to.set_node(hello.speaker.name);
  to.set_incarnation(hello.speaker.incarnation);
  to.set_wanted_incarnation(hello.wanted_incarnation);
  to.set_shards(hello.shards);
  return frame.SerializeAsString();
}

std::size_t encoded_bytes_max(const peer::item& one) {
  return item_overhead_bytes +
         std::visit(overload{[](const peer::publish& p) {
                               return p.instance.size() + p.room.size() + p.what->sender.size() +
                                      p.what->client_msg_id.size() + content_bytes_max(p.what->body);
                             },
                             [](const peer::head_question& q) { return q.instance.size() + q.room.size(); },
                             [](const peer::refused& r) { return r.why.message.size(); },
                             [](const auto&) { return std::size_t{0}; }},
                    one);
}

peer_bounds bounds_for(std::size_t content_bytes_max) {
  peer_bounds made;
  // A part's framing may be many times its content: a type and a body of one byte each.
  constexpr std::size_t part_bytes_min = 2;
  const auto parts_bytes = content_bytes_max / part_bytes_min * (part_bytes_min + part_overhead_bytes);
  made.frame_bytes_max = std::max(coalesced_bytes_max, parts_bytes + names_bytes_max);
  return made;
}

peer_frame next_frame(std::deque<peer::item>& waiting, const peer_bounds& bounds) {
  google::protobuf::Arena arena;
  auto& frame = *google::protobuf::Arena::CreateMessage<internal::PeerFrame>(&arena);
  peer_frame made;
  for (; !waiting.empty() && made.items < bounds.items_max; ++made.items) {
    const auto cost = encoded_bytes_max(waiting.front());
    if (made.items != 0 && made.cost + cost > std::min(bounds.frame_bytes_max, coalesced_bytes_max)) break;
    made.cost += cost;
    std::visit([&](const auto& one) { write(one, *frame.add_items()); }, waiting.front());
    waiting.pop_front();
  }
  made.bytes = frame.SerializeAsString();
  return made;
}

}  // namespace parley::net
