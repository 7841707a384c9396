#include "net/peer/peer_codec.hpp"

#include <cstdlib>

/// The first byte chooses the direction, the rest is a frame. What decodes must decode again, to as many items, from
/// its own encoding; everything else is refused without a crash.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace parley;
  using namespace parley::net;
  if (size == 0) return 0;
  const std::string_view frame{reinterpret_cast<const char*>(bytes) + 1, size - 1};
  if (const auto hello = decode_hello(frame))
    if (decode_hello(encode_hello(*hello)) != hello) std::abort();
  const auto expected = bytes[0] % 2 == 0 ? peer_says::questions : peer_says::answers;
  const peer_bounds bounds;
  const auto first = decode_items(frame, expected, bounds);
  if (!first) return 0;
  std::deque<peer::item> waiting(first->begin(), first->end());
  std::size_t count = 0;
  while (!waiting.empty()) {
    const auto again = next_frame(waiting, bounds).bytes;
    const auto second = decode_items(again, expected, bounds);
    if (!second) std::abort();
    count += second->size();
  }
  if (count != first->size()) std::abort();
  return 0;
}
