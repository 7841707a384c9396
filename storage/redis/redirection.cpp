#include "storage/redis/redirection.hpp"

#include <charconv>
#include <string>

namespace parley {
namespace {

template <class Number>
bool read_number(std::string_view text, Number& to) {
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), to);
  return fault == std::errc{} && end == text.data() + text.size();
}

/// Cuts off up to the next blank.
std::string_view next_word(std::string_view& rest) {
  const auto end = std::min(rest.find(' '), rest.size());
  const auto word = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return word;
}

/// `MOVED SLOT HOST:PORT`; an IPv6 address stands without brackets.
std::optional<redirection> parse_moved(std::string_view rest) {
  redirection made{redirection::kind::moved, {}, {}};
  if (!read_number(next_word(rest), made.slot.value) || made.slot.value >= key_slots) return std::nullopt;
  const auto where = next_word(rest);
  const auto colon = where.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  made.target = {std::string(where.substr(0, colon)), std::string(where.substr(colon + 1))};
  const bool is_same_host = made.target.host.empty();
  if (!(is_same_host ? is_port(made.target.port) : is_server_name(made.target))) return std::nullopt;
  return made;
}

}  // namespace

std::optional<redirection> parse_redirection(std::string_view error) {
  const auto word = next_word(error);
  if (word == "MOVED") {
    const auto moved = parse_moved(error);
    return moved ? moved : redirection{};
  }
  if (word == "ASK" || word == "TRYAGAIN" || word == "CLUSTERDOWN") return redirection{};
  return std::nullopt;
}

}  // namespace parley
