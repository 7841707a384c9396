#include "actors/core/pages.hpp"

#include <algorithm>
#include <string_view>

namespace parley {
namespace {

/// What does not stand for itself in a JSON string becomes two characters, or six.
std::size_t escaped_bytes(std::string_view text) {
  const auto controls = std::ranges::count_if(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  const auto marked = std::ranges::count_if(text, [](char c) { return c == '"' || c == '\\'; });
  return text.size() + 5 * static_cast<std::size_t>(controls) + static_cast<std::size_t>(marked);
}

}  // namespace

std::size_t json_bytes(const event& e) {
  constexpr std::size_t names = 256, names_of_part = 32;
  std::size_t bytes =
      names + e.sender.size() + escaped_bytes(e.client_msg_id) + escaped_bytes(e.body.text) + e.body.metadata.size();
  for (const auto& p : e.body.parts) bytes += names_of_part + escaped_bytes(p.type) + escaped_bytes(p.body);
  return bytes;
}

shortened_page shorten(event_list& events, std::size_t pivot, std::size_t bytes_max,
                       std::size_t (*size)(const event&)) {
  std::size_t first = pivot, end = pivot, bytes = 0;
  const auto takes = [&](std::size_t i) {
    const auto more = size(*events[i]);
    if (first != end && bytes + more > bytes_max) return false;
    bytes += more;
    return true;
  };
  bool goes_up = true, goes_down = true;
  while (goes_up || goes_down) {
    goes_up = goes_up && end < events.size() && takes(end);
    if (goes_up) ++end;
    goes_down = goes_down && first > 0 && takes(first - 1);
    if (goes_down) --first;
  }
  const shortened_page taken{first > 0, end < events.size()};
  events.erase(events.begin() + static_cast<std::ptrdiff_t>(end), events.end());
  events.erase(events.begin(), events.begin() + static_cast<std::ptrdiff_t>(first));
  return taken;
}

}  // namespace parley
