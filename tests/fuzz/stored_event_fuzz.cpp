#include "storage/event_codec.hpp"

#include <cstdlib>

/// What decodes must come back equal from its own encoding; everything else is refused without a crash.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace parley;
  if (size == 0) return 0;
  const std::string_view payload{reinterpret_cast<const char*>(bytes) + 1, size - 1};
  const auto kind = static_cast<event_kind>(bytes[0]);
  const auto first = decode_stored(term{7}, seq{3}, kind, payload);
  if (!first) return 0;
  const auto second = decode_stored(term{7}, seq{3}, kind, encode_stored(**first));
  if (!second || **second != **first) std::abort();
  return 0;
}
