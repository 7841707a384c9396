#include "net/codec/proto_decoder.hpp"
#include "net/validation.hpp"

#include <cstdlib>

/// As json_fuzz, for the other encoding.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace parley;
  using namespace parley::net;
  const auto frame = decode_proto_frame({reinterpret_cast<const char*>(bytes), size}, limits{});
  if (!frame) return 0;
  for (const auto& one : *frame) {
    if (const auto* publish = std::get_if<request::publish>(&one.body)) {
      if (!is_id(publish->room) || !is_text(publish->draft.body.text)) std::abort();
      for (const auto& p : publish->draft.body.parts)
        if (p.type.empty() || p.body.empty() || !is_text(p.type) || !is_text(p.body)) std::abort();
    }
    if (const auto* connect = std::get_if<connect_wish>(&one.body))
      for (const auto& room : connect->rooms)
        if (!std::holds_alternative<refusal>(room.wish) && !is_id(room.room)) std::abort();
  }
  return 0;
}
