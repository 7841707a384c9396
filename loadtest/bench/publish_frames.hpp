#pragma once

#include "net/codec/incoming.hpp"
#include "parley/v1/client.pb.h"

#include <string>
#include <variant>

/// A publish of 160 B, as a client sends it.
namespace parley::bench {

inline std::string json_publish() {
  return R"({"id":7,"publish":{"room":"room-1","client_msg_id":"01890000-0000-7000-8000-100000000001","text":")" +
         std::string(160, 'x') + R"("}})";
}

inline std::string proto_publish() {
  v1::Frame frame;
  auto& envelope = *frame.add_envelopes();
  envelope.set_id(7);
  auto& publish = *envelope.mutable_publish();
  publish.set_room("room-1");
  publish.set_client_msg_id("01890000-0000-7000-8000-100000000001");
  publish.set_text(std::string(160, 'x'));
  return frame.SerializeAsString();
}

inline bool is_publish(const net::incoming_frame& frame) {
  return frame && frame->size() == 1 && std::holds_alternative<request::publish>(frame->front().body);
}

}  // namespace parley::bench
