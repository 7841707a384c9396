#include "actors/core/result.hpp"

#include "actors/core/ids.hpp"

#include <stdexcept>

namespace parley {

std::string_view to_string(errc code) {
  switch (code) {
    case errc::unavailable: return "unavailable";
    case errc::outcome_unknown: return "outcome_unknown";
    case errc::not_owner: return "not_owner";
    case errc::room_forked: return "room_forked";
    case errc::locked: return "locked";
    case errc::refused_content: return "refused_content";
    case errc::incompatible: return "incompatible";
  }
  return "?";
}

void throw_exception_from_error(const error& e, const boost::source_location& where) {
  throw std::logic_error("result used without a test at " + where.to_string() + ": " + std::string(to_string(e.code)) +
                         ' ' + e.detail);
}

std::string room_key::hex() const {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(32);
  for (auto byte : bytes) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

}  // namespace parley
