#include "storage/envelope_codec.hpp"

#include <cstdlib>

/// A room's envelope that was accepted holds events that follow each other, whatever the bytes were.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace parley;
  // The empty cluster id: the fuzzer need not find one first.
  const auto got = decode_envelope("", {reinterpret_cast<const char*>(bytes), size});
  if (!got) return 0;
  if (const auto* room = std::get_if<room_envelope>(&*got)) {
    if (room->events.empty()) std::abort();
    seq last = room->before.seq;
    for (const auto& e : room->events) {
      if (e->seq != next(last)) std::abort();
      last = e->seq;
    }
    if (encode_envelopes("", *room).empty()) std::abort();
  }
  if (const auto* news = std::get_if<beacon>(&*got)) {
    const auto again = encode_envelope("", *news);
    if (!again || std::get<beacon>(*decode_envelope("", *again)) != *news) std::abort();
  }
  return 0;
}
