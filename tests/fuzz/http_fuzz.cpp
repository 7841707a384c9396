#include "net/http/route.hpp"
#include "net/validation.hpp"

#include <cstdlib>

/// From any bytes to a route: what gets through names a room by its rules, what does not is an answer of the 400s.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace parley;
  using namespace parley::net;
  const std::string_view all{reinterpret_cast<const char*>(bytes), size};
  const auto length = head_length(all);
  const auto parsed = parse_head(all.substr(0, length.value_or(size)));
  const auto* head = std::get_if<http_request_head>(&parsed);
  if (head == nullptr) return std::get<http_answer>(parsed).status == 400 ? 0 : (std::abort(), 0);
  (void)body_of(*head);
  const auto routed = route(*head, limits{});
  if (const auto* refused = std::get_if<http_answer>(&routed)) {
    if (refused->status < 400 || refused->status >= 500 || to_bytes(*refused, {}).empty()) std::abort();
    return 0;
  }
  const auto& wish = std::get<http_wish>(routed);
  if (const auto* stream = std::get_if<ask::stream>(&wish); stream != nullptr && !is_id(stream->room)) std::abort();
  if (const auto* publish = std::get_if<ask::publish>(&wish); publish != nullptr && !is_id(publish->room)) std::abort();
  return 0;
}
