#include "loadtest/load/ceiling_sink.hpp"

#include "loadtest/load/clock.hpp"
#include "loadtest/load/event_key.hpp"

#include "parley/v1/client.pb.h"

#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <sys/socket.h>

#include <array>

namespace parley::load {
namespace asio = boost::asio;
using boost::system::error_code;
namespace {

constexpr std::uint64_t term = 1764000000000;

/// As a server sends it: unmasked and whole.
std::string framed(encoding form, const std::string& payload) {
  std::string out(1, static_cast<char>(form == encoding::json ? 0x81 : 0x82));
  const int extra = payload.size() < 126 ? 0 : payload.size() <= 0xffff ? 2 : 8;
  out += static_cast<char>(extra == 0 ? payload.size() : extra == 2 ? 126u : 127u);
  for (int shift = extra * 8 - 8; shift >= 0; shift -= 8) out += static_cast<char>(payload.size() >> shift);
  return out + payload;
}

/// Takes one masked frame of a client off the front. @returns whether there was a whole one
bool skip_frame(std::string& in) {
  const auto byte = [&in](std::size_t at) { return static_cast<std::size_t>(static_cast<std::uint8_t>(in[at])); };
  if (in.size() < 2) return false;
  std::size_t size = byte(1) & 0x7f, header = 6;
  if (size == 126) {
    if (in.size() < 4) return false;
    size = byte(2) << 8 | byte(3);
    header = 8;
  }
  if (in.size() < header + size) return false;
  in.erase(0, header + size);
  return true;
}

}  // namespace

ceiling_sink::ceiling_sink(std::string room, std::size_t text_bytes, std::size_t connections)
    : room_(std::move(room)),
      text_bytes_(text_bytes),
      connections_(connections),
      acceptor_(io_, {asio::ip::address_v4::loopback(), 0}),
      thread_([this] { serve(); }) {}

ceiling_sink::~ceiling_sink() {
  is_over_ = true;
  begin();
  ::shutdown(acceptor_.native_handle(), SHUT_RDWR);  // whoever waits in `accept` wakes up
  thread_.join();
}

void ceiling_sink::serve() {
  while (peers_.size() < connections_)
    if (!greet()) return;
  has_begun_.wait(false);
  send_all();
}

bool ceiling_sink::greet() {
  error_code failed;
  peer one{asio::ip::tcp::socket(io_), encoding::json};
  acceptor_.accept(one.socket, failed);
  if (failed) return false;
  std::string in;
  const auto size = asio::read_until(one.socket, asio::dynamic_buffer(in), "\r\n\r\n", failed);
  if (failed) return false;
  if (in.find("parley.v1.proto") < size) one.form = encoding::proto;
  in.erase(0, size);
  one.socket.set_option(asio::ip::tcp::no_delay(true), failed);
  asio::write(one.socket, asio::buffer(std::string_view("HTTP/1.1 101 Switching Protocols\r\n\r\n")), failed);
  for (int requests = 0; requests < 2 && !failed;) {  // connect and join
    char bytes[1024];
    if (skip_frame(in)) {
      ++requests;
      continue;
    }
    in.append(bytes, one.socket.read_some(asio::buffer(bytes), failed));
  }
  if (!failed) asio::write(one.socket, asio::buffer(welcome(one.form)), failed);
  peers_.push_back(std::move(one));
  return !failed;
}

std::string ceiling_sink::welcome(encoding form) const {
  const std::string start = "{\"term\":" + std::to_string(term) + ",\"seq\":0}";
  if (form == encoding::json)
    return framed(form, "[{\"id\":1,\"connected\":{}},{\"id\":2,\"joined\":{\"room\":\"" + room_ +
                            "\",\"head\":" + start + ",\"start\":" + start + "}},{\"live\":{\"room\":\"" + room_ +
                            "\",\"at\":" + start + "}}]");
  v1::Frame frame;
  auto* connected = frame.add_envelopes();
  connected->set_id(1);
  connected->mutable_connected();
  auto* joined = frame.add_envelopes();
  joined->set_id(2);
  joined->mutable_joined()->set_room(room_);
  frame.add_envelopes()->mutable_live()->set_room(room_);
  return framed(form, frame.SerializeAsString());
}

std::string ceiling_sink::frame_of(encoding form, std::uint64_t seq, event_key key) const {
  const auto digits = text_of(key);
  const std::string id(digits.data(), digits.size()), text(text_bytes_, 'x');
  if (form == encoding::json)
    return framed(
        form, "{\"batch\":{\"room\":\"" + room_ + "\",\"prev\":" + std::to_string(seq - 1) +
                  ",\"phase\":\"live\",\"events\":[{\"seq\":" + std::to_string(seq) +
                  ",\"term\":" + std::to_string(term) +
                  ",\"kind\":\"message.created\",\"sender\":\"writer-0\",\"at\":1764000000000,\"client_msg_id\":\"" +
                  id + "\",\"text\":\"" + text + "\",\"version\":1}]}}");
  v1::Frame frame;
  auto& batch = *frame.add_envelopes()->mutable_batch();
  batch.set_room(room_);
  batch.set_prev(seq - 1);
  batch.set_phase(v1::PHASE_LIVE);
  auto& event = *batch.add_events();
  event.set_seq(seq);
  event.set_term(term);
  event.set_kind(v1::EVENT_KIND_MESSAGE_CREATED);
  event.set_sender("writer-0");
  event.set_at(1764000000000);
  event.set_client_msg_id(id);
  event.set_text(text);
  event.set_version(1);
  return framed(form, frame.SerializeAsString());
}

void ceiling_sink::send_all() {
  error_code failed;
  for (std::uint64_t seq = 1; !is_over_ && !failed; ++seq) {
    const auto key = now_ns();
    std::array<std::string, 2> frames;  // of each encoding, once it is needed
    for (auto& one : peers_) {
      auto& frame = frames[static_cast<std::size_t>(one.form)];
      if (frame.empty()) frame = frame_of(one.form, seq, key);
      asio::write(one.socket, asio::buffer(frame), failed);
      if (failed) return;
    }
  }
}

}  // namespace parley::load
