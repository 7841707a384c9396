#include "net/codec/position_text.hpp"
#include "net/validation.hpp"

#include <cstdlib>

/// A `Last-Event-ID` that is taken reads back from its own text, and never past 2^53.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace parley;
  using namespace parley::net;
  const auto at = parse_position({reinterpret_cast<const char*>(bytes), size});
  if (!at) return 0;
  if (at->term.value > json_integer_max || at->seq.value > json_integer_max) std::abort();
  std::string text;
  append_position(text, *at);
  if (parse_position(text) != at) std::abort();
  return 0;
}
