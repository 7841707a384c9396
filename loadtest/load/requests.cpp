#include "loadtest/load/requests.hpp"

#include "parley/v1/client.pb.h"

#include <boost/json/serialize.hpp>

#include <algorithm>

namespace parley::load {
namespace {

std::string envelope(std::uint32_t id, std::string_view operation) {
  return "{\"id\":" + std::to_string(id) + ",\"" + std::string(operation) + "\":{";
}

std::string quoted(std::string_view text) {
  const bool is_plain =
      std::ranges::all_of(text, [](char c) { return c >= ' ' && c != '"' && c != '\\' && c != 0x7f; });
  if (is_plain) return '"' + std::string(text) + '"';
  return boost::json::serialize(boost::json::string_view(text.data(), text.size()));
}

std::string text_of(position p) {
  return "{\"term\":" + std::to_string(p.term) + ",\"seq\":" + std::to_string(p.seq) + '}';
}

/// @param fill puts the one body into its envelope
template <class Fill>
std::string proto_frame(std::uint32_t id, const Fill& fill) {
  v1::Frame whole;
  auto& one = *whole.add_envelopes();
  one.set_id(id);
  fill(one);
  return whole.SerializeAsString();
}

std::string string_of(std::string_view text) { return std::string(text); }

}  // namespace

std::string connect_request(encoding form, std::uint32_t id, std::string_view user) {
  if (form == encoding::proto)
    return proto_frame(id, [&](v1::Envelope& one) { one.mutable_connect()->set_user(string_of(user)); });
  return envelope(id, "connect") + "\"user\":" + quoted(user) + "}}";
}

std::string rewind_request(encoding form, std::uint32_t id, std::string_view room, std::uint32_t limit) {
  if (form == encoding::proto)
    return proto_frame(id, [&](v1::Envelope& one) {
      one.mutable_join()->set_room(string_of(room));
      one.mutable_join()->mutable_rewind()->set_limit(limit);
    });
  return envelope(id, "join") + "\"room\":" + quoted(room) + ",\"rewind\":{\"limit\":" + std::to_string(limit) + "}}}";
}

std::string since_request(encoding form, std::uint32_t id, std::string_view room, position since) {
  if (form == encoding::proto)
    return proto_frame(id, [&](v1::Envelope& one) {
      one.mutable_join()->set_room(string_of(room));
      one.mutable_join()->mutable_since()->set_term(since.term);
      one.mutable_join()->mutable_since()->set_seq(since.seq);
    });
  return envelope(id, "join") + "\"room\":" + quoted(room) + ",\"since\":" + text_of(since) + "}}";
}

std::string leave_request(encoding form, std::uint32_t id, std::string_view room) {
  if (form == encoding::proto)
    return proto_frame(id, [&](v1::Envelope& one) { one.mutable_leave()->set_room(string_of(room)); });
  return envelope(id, "leave") + "\"room\":" + quoted(room) + "}}";
}

std::string publish_request(encoding form, std::uint32_t id, std::string_view room, std::string_view client_msg_id,
                            std::string_view text) {
  if (form == encoding::proto)
    return proto_frame(id, [&](v1::Envelope& one) {
      auto& p = *one.mutable_publish();
      p.set_room(string_of(room));
      p.set_client_msg_id(string_of(client_msg_id));
      p.set_text(string_of(text));
    });
  return envelope(id, "publish") + "\"room\":" + quoted(room) + ",\"client_msg_id\":" + quoted(client_msg_id) +
         ",\"text\":" + quoted(text) + "}}";
}

}  // namespace parley::load
