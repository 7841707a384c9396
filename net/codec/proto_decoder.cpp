#include "net/codec/proto_decoder.hpp"

#include "net/codec/metadata.hpp"
#include "net/codec/operations.hpp"
#include "net/codec/request_rules.hpp"
#include "net/validation.hpp"

#include "parley/v1/client.pb.h"

#include <google/protobuf/arena.h>

#include <algorithm>
#include <limits>

namespace parley::net {
namespace {

/// What one envelope's reading found. Too deep ends the whole frame.
struct findings {
  std::string wrong;
  bool is_too_deep = false;

  void complain(std::string_view what) {
    if (wrong.empty()) wrong = what;
  }
};

template <class Join>  // Join and JoinOptions have the same fields
join_wish read_join(const Join& from, findings& found) {
  join_wish wish;
  wish.has_rewind = from.has_rewind();
  wish.rewind_limit = from.rewind().limit();
  wish.has_since = from.has_since();
  wish.since_term = from.since().term();
  wish.since_seq = from.since().seq();
  wish.max = from.max();
  if (!v1::OnGap_IsValid(from.on_gap())) found.complain("`on_gap` is no known value");
  wish.gap = from.on_gap() == v1::ON_GAP_JUMP ? request::on_gap::jump : request::on_gap::fill;
  return wish;
}

publish_wish read_publish(const v1::Publish& from, findings& found) {
  publish_wish wish;
  wish.room = from.room();
  wish.client_msg_id = from.client_msg_id();
  wish.reply_to = from.reply_to();
  wish.body.text = from.text();
  wish.body.parts.reserve(static_cast<std::size_t>(from.parts_size()));
  for (const auto& one : from.parts()) {
    const bool is_url = one.has_url();
    wish.body.parts.push_back(
        {one.type(), is_url ? part::body_kind::url : part::body_kind::content, is_url ? one.url() : one.content()});
  }
  if (from.has_metadata()) {
    const auto verdict = write_metadata(from.metadata(), wish.body.metadata);
    found.is_too_deep = verdict == metadata_verdict::too_deep;
    if (verdict == metadata_verdict::refused) found.complain("`metadata` is no JSON object of strings without NUL");
  }
  return wish;
}

history_wish read_history(const v1::History& from, findings& found) {
  history_wish wish;
  wish.room = from.room();
  wish.before = from.before();
  wish.after = from.after();
  wish.around = from.around();
  wish.limit = from.limit();
  if (!v1::View_IsValid(from.view())) found.complain("`view` is no known value");
  wish.messages = from.view() != v1::VIEW_EVENTS;
  return wish;
}

connect_wish read_connect(const v1::Connect& from, const limits& bounds) {
  connect_wish wish;
  wish.token = from.token();
  wish.user = from.user();
  wish.rooms.reserve(from.rooms().size());
  for (const auto& entry : from.rooms()) {
    findings found;
    const join_wish options = read_join(entry.second, found);
    if (!found.wrong.empty() && is_id(entry.first))
      wish.rooms.push_back({entry.first, bad_request(found.wrong)});
    else
      wish.rooms.push_back(check_room(entry.first, options, bounds));
  }
  // A map keeps no order: sort, so that the same frame is always the same request.
  std::ranges::sort(wish.rooms, {}, &request::connect_room::room);
  return wish;
}

incoming_body read_operation(const v1::Envelope& from, findings& found, const limits& bounds) {
  using body = v1::Envelope;
  switch (from.body_case()) {
    case body::kConnect: return check(read_connect(from.connect(), bounds));
    case body::kJoin: {
      auto wish = read_join(from.join(), found);
      wish.room = from.join().room();
      if (!found.wrong.empty()) return refuse(bad_request(found.wrong), false, wish.room);
      return check(std::move(wish), bounds);
    }
    case body::kLeave: return check_leave(from.leave().room());
    case body::kPublish: {
      auto wish = read_publish(from.publish(), found);
      if (!found.wrong.empty()) return refuse(bad_request(found.wrong), true, wish.room, wish.client_msg_id);
      return check(std::move(wish), bounds);
    }
    case body::kHistory: {
      auto wish = read_history(from.history(), found);
      if (!found.wrong.empty()) return refuse(bad_request(found.wrong), false, wish.room);
      return check(std::move(wish), bounds);
    }
    case body::kPing: return request::ping{};
    case body::kEdit: return refuse_unavailable("edit", true, from.edit().room(), from.edit().client_msg_id());
    case body::kDelete:
      return refuse_unavailable("delete", true, from.delete_().room(), from.delete_().client_msg_id());
    case body::kMarkRead: return refuse_unavailable("mark_read", false, from.mark_read().room(), {});
    case body::kTyping: return refuse_unavailable("typing", false, from.typing().room(), {});
    case body::kRefresh: return refuse_unavailable("refresh", false, {}, {});
    default: return refuse(bad_request("an envelope needs exactly one operation"));
  }
}

bool is_behind_connect(const v1::Envelope& from) {
  using body = v1::Envelope;
  switch (from.body_case()) {
    case body::kJoin:
    case body::kLeave:
    case body::kPublish:
    case body::kHistory:
    case body::kPing:
    case body::kEdit:
    case body::kDelete:
    case body::kMarkRead:
    case body::kTyping:
    case body::kRefresh: return true;
    default: return false;
  }
}

}  // namespace

incoming_frame decode_proto_frame(std::string_view bytes, const limits& bounds) {
  if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) return std::nullopt;
  char first[4096];
  google::protobuf::ArenaOptions options;
  options.initial_block = first;
  options.initial_block_size = sizeof first;
  google::protobuf::Arena arena(options);
  auto* frame = google::protobuf::Arena::CreateMessage<v1::Frame>(&arena);
  if (!frame->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return std::nullopt;
  std::vector<incoming> out;
  out.reserve(static_cast<std::size_t>(frame->envelopes_size()));
  for (const auto& envelope : frame->envelopes()) {
    findings found;
    out.push_back({envelope.id(), read_operation(envelope, found, bounds), is_behind_connect(envelope)});
    if (found.is_too_deep) return std::nullopt;
  }
  return out;
}

}  // namespace parley::net
