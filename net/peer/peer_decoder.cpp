#include "net/codec/json_tree.hpp"
#include "net/codec/metadata.hpp"
#include "net/error_table.hpp"
#include "net/peer/peer_codec.hpp"
#include "net/validation.hpp"

#include "parley/internal/peer.pb.h"

#include <google/protobuf/arena.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace parley::net {
namespace {

using maybe_item = std::optional<peer::item>;

constexpr std::size_t message_bytes_max = 1'024;  ///< of a refusal: our own constant texts
constexpr std::uint64_t retry_after_ms_max = 86'400'000;

bool is_number(std::uint64_t value) { return value <= json_integer_max; }
bool is_position(std::uint64_t in_term, std::uint64_t at_seq) { return is_number(in_term) && is_number(at_seq); }
/// A cluster's or an incarnation's name: a UUID today, in any case short and printable.
bool is_name(const std::string& text) { return is_client_msg_id(text); }

/// Metadata is kept byte for byte, so it must be what our own encoders read without another look.
bool is_metadata(const std::string& text) {
  if (text.empty()) return true;
  json_tree tree;
  const auto* root = tree.parse(text);
  if (root == nullptr || !root->is_object()) return false;
  std::string compact;
  return write_metadata(root->get_object(), compact) == metadata_verdict::fine;
}

/// What only an event has would be lost on a draft: whoever sends it means something else.
bool is_draft(const internal::StoredEvent& from) {
  return from.at_ms() == 0 && from.target() == 0 && from.version() == 0 && !from.deleted() && is_id(from.sender()) &&
         (from.client_msg_id().empty() || is_client_msg_id(from.client_msg_id())) && is_number(from.reply_to()) &&
         is_metadata(from.metadata());
}

std::shared_ptr<const draft> read_draft(internal::PeerPublish& from, const peer_bounds& bounds) {
  auto& stored = *from.mutable_draft();
  auto made = std::make_shared<draft>();
  if (!is_draft(stored) || from.digest().size() != made->digest.size()) return nullptr;
  made->body.text = std::move(*stored.mutable_text());
  made->body.metadata = std::move(*stored.mutable_metadata());
  made->body.parts.reserve(static_cast<std::size_t>(stored.parts_size()));
  for (auto& p : *stored.mutable_parts()) {
    const bool is_url = p.has_url();
    made->body.parts.push_back({std::move(*p.mutable_type()), is_url ? part::body_kind::url : part::body_kind::content,
                                std::move(is_url ? *p.mutable_url() : *p.mutable_content())});
  }
  if (refuse_content(made->body, bounds.content_bytes_max)) return nullptr;
  made->sender = std::move(*stored.mutable_sender());
  made->client_msg_id = std::move(*stored.mutable_client_msg_id());
  made->reply_to = seq{stored.reply_to()};
  std::ranges::transform(from.digest(), made->digest.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
  return made;
}

maybe_item read(internal::PeerPublish& from, const peer_bounds& bounds) {
  if (from.shard() >= bounds.shards || !is_number(from.term())) return {};
  if (!is_id(from.instance()) || !is_id(from.room()) || !from.has_draft()) return {};
  auto what = read_draft(from, bounds);
  if (what == nullptr) return {};
  return peer::publish{from.request(),
                       shard_id{from.shard()},
                       term{from.term()},
                       std::move(*from.mutable_instance()),
                       std::move(*from.mutable_room()),
                       std::move(what),
                       session_id{from.session()},
                       from.round()};
}

maybe_item read(internal::PeerHeadQuestion& from, const peer_bounds& bounds) {
  if (from.shard() >= bounds.shards || !is_id(from.instance()) || !is_id(from.room())) return {};
  return peer::head_question{from.request(), shard_id{from.shard()}, std::move(*from.mutable_instance()),
                             std::move(*from.mutable_room())};
}

maybe_item read(const internal::PeerPublished& from) {
  if (from.seq() == 0 || !is_position(from.term(), from.seq())) return {};
  if (from.at_ms() < 0 || !is_number(static_cast<std::uint64_t>(from.at_ms()))) return {};
  return peer::published{
      from.request(), {term{from.term()}, seq{from.seq()}}, unix_time{milliseconds{from.at_ms()}}, from.duplicate()};
}

maybe_item read(internal::PeerRefused& from) {
  const auto is_same = [&](const error_row& row) { return static_cast<std::uint32_t>(row.code) == from.code(); };
  const auto row = std::ranges::find_if(error_table(), is_same);
  if (row == error_table().end() || from.message().size() > message_bytes_max || !is_text(from.message())) return {};
  if (from.retry_after_ms() > retry_after_ms_max) return {};
  refusal why{row->code, std::move(*from.mutable_message()), {}};
  if (from.retry_after_ms() != 0) why.retry_after = milliseconds{static_cast<milliseconds::rep>(from.retry_after_ms())};
  return peer::refused{from.request(), std::move(why)};
}

maybe_item read(const internal::PeerHead& from) {
  if (!is_position(from.term(), from.seq()) || !is_position(from.floor_term(), from.floor_seq())) return {};
  if (from.floor_seq() > from.seq()) return {};
  peer::head made{from.request(), {}};
  if (from.is_known())
    made.what = room_head{{term{from.term()}, seq{from.seq()}}, {term{from.floor_term()}, seq{from.floor_seq()}}};
  else if (from.term() != 0 || from.seq() != 0 || from.floor_term() != 0 || from.floor_seq() != 0)
    return {};
  return made;
}

maybe_item read(internal::PeerItem& from, peer_says expected, const peer_bounds& bounds) {
  using body = internal::PeerItem;
  const bool asks = expected == peer_says::questions;
  switch (from.body_case()) {
    case body::kPublish: return asks ? read(*from.mutable_publish(), bounds) : maybe_item{};
    case body::kHeadQuestion: return asks ? read(*from.mutable_head_question(), bounds) : maybe_item{};
    case body::kLook: return peer::look{database_id{from.look().database()}};
    case body::kPublished: return asks ? maybe_item{} : read(from.published());
    case body::kRefused: return asks ? maybe_item{} : read(*from.mutable_refused());
    case body::kNotOwner: return asks ? maybe_item{} : peer::not_owner{from.not_owner().request()};
    case body::kHead: return asks ? maybe_item{} : read(from.head());
    case body::BODY_NOT_SET: break;  // also what a later version added: this one's hello excludes it
  }
  return {};
}

bool parse(std::string_view frame, internal::PeerFrame& out) {
  return frame.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max()) &&
         out.ParseFromArray(frame.data(), static_cast<int>(frame.size()));
}

}  // namespace

std::optional<peer_hello> decode_hello(std::string_view frame) {
  internal::PeerFrame message;
  if (frame.size() > hello_bytes_max || !parse(frame, message)) return {};
  if (!message.has_hello() || message.items_size() != 0) return {};
  auto& from = *message.mutable_hello();
  if (!is_name(from.cluster_id()) || !is_id(from.node()) || !is_name(from.incarnation())) return {};
  if (!from.wanted_incarnation().empty() && !is_name(from.wanted_incarnation())) return {};
  return peer_hello{from.version(),
                    std::move(*from.mutable_cluster_id()),
                    {std::move(*from.mutable_node()), std::move(*from.mutable_incarnation())},
                    std::move(*from.mutable_wanted_incarnation()),
                    from.shards()};
}

std::optional<std::vector<peer::item>> decode_items(std::string_view frame, peer_says expected,
                                                    const peer_bounds& bounds) {
  google::protobuf::Arena arena;
  auto& message = *google::protobuf::Arena::CreateMessage<internal::PeerFrame>(&arena);
  if (frame.size() > bounds.frame_bytes_max || !parse(frame, message)) return {};
  const auto count = static_cast<std::size_t>(message.items_size());
  if (message.has_hello() || count == 0 || count > bounds.items_max) return {};
  std::vector<peer::item> items;
  items.reserve(count);
  for (auto& one : *message.mutable_items()) {
    auto made = read(one, expected, bounds);
    if (!made) return {};
    items.push_back(std::move(*made));
  }
  return items;
}

}  // namespace parley::net
