#include "storage/redis/slot_map.hpp"

#include <algorithm>
#include <optional>

namespace parley {
namespace {

using value_kind = resp_value::value_kind;

error wrong_slots(std::string why) { return {errc::unavailable, std::move(why)}; }

bool is_slot(const resp_value& v) {
  return v.kind == value_kind::integer && v.number >= 0 && v.number < static_cast<long long>(key_slots);
}

/// @returns none where it is malformed
std::optional<server_name> read_server(const resp_value& v, const std::string& asked) {
  if (v.kind != value_kind::array || v.elements.size() < 2) return std::nullopt;
  const auto& host = v.elements[0];
  const auto& port = v.elements[1];
  if (host.kind != value_kind::nil && host.kind != value_kind::string) return std::nullopt;
  if (port.kind != value_kind::integer) return std::nullopt;
  return server_name{host.text.empty() ? asked : host.text, std::to_string(port.number)};
}

}  // namespace

result<slot_map> slot_map::read(const resp_value& answer, const std::string& asked) {
  if (answer.kind == value_kind::error) return wrong_slots(answer.text);
  if (answer.kind != value_kind::array) return wrong_slots("the answer to CLUSTER SLOTS is no list");
  slot_map made;
  for (const auto& range : answer.elements)
    if (!made.take_range(range, asked)) return wrong_slots("the answer to CLUSTER SLOTS is malformed");
  return made;
}

bool slot_map::take_range(const resp_value& range, const std::string& asked) {
  const auto& parts = range.elements;
  if (range.kind != value_kind::array || parts.size() < 3 || !is_slot(parts[0]) || !is_slot(parts[1])) return false;
  const auto master = read_server(parts[2], asked);
  if (!master || parts[0].number > parts[1].number) return false;
  // A master whose address its peers do not know is named "?": its slots are nobody's until they do.
  const auto place = is_server_name(*master) ? place_of(*master) : nobody;
  named_ += static_cast<std::size_t>(parts[1].number - parts[0].number + 1);
  // More slots than there are: no Redis says it, and many ranges over all of them would take long.
  if (masters_.size() > masters_max || named_ > key_slots) return false;
  for (auto slot = parts[0].number; slot <= parts[1].number; ++slot) owners_[static_cast<std::size_t>(slot)] = place;
  for (std::size_t i = 3; i < parts.size() && replicas_.size() < replicas_max; ++i) {
    auto replica = read_server(parts[i], asked);
    if (!replica) return false;
    if (is_server_name(*replica)) replicas_.insert(std::move(*replica));
  }
  return true;
}

std::uint16_t slot_map::place_of(const server_name& master) {
  const auto place = std::ranges::find(masters_, master) - masters_.begin();
  if (static_cast<std::size_t>(place) == masters_.size()) masters_.push_back(master);
  return static_cast<std::uint16_t>(place);
}

}  // namespace parley
