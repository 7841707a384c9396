#include "loadtest/load/stage.hpp"

#include "loadtest/load/clock.hpp"

#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <ctime>

namespace parley::load {
namespace {

/// Rooms of their own for each run: what an earlier one left there would be shown to readers as nobody's.
std::string prefix_of(const parameters& p) {
  if (!p.prefix.empty()) return p.prefix + '-';
  char text[64];
  std::snprintf(text, sizeof text, "load-%llx-%x-", static_cast<unsigned long long>(::time(nullptr)),
                static_cast<unsigned>(::getpid()));
  return text;
}

}  // namespace

stage::stage(const parameters& p, std::size_t room_count, timed shown)
    : values(p), rooms(room_count), measured(shown), prefix_(prefix_of(p)) {}

std::optional<std::size_t> stage::room_number(std::string_view name) const {
  if (!name.starts_with(prefix_)) return std::nullopt;
  std::size_t number = 0;
  const auto* end = name.data() + name.size();
  const auto [stop, failed] = std::from_chars(name.data() + prefix_.size(), end, number);
  if (failed != std::errc{} || stop != end || number >= rooms.size()) return std::nullopt;
  return number;
}

void stage::violated(const std::string& client, std::size_t room, const broken& wrong) {
  found.add({client, room_name(room), wrong.rule, wrong.saw});
}

void stage::violated(const std::string& client, std::string_view room, const char* rule, const std::string& saw) {
  found.add({client, std::string(room), rule, saw});
}

encoding stage::next_encoding() {
  if (values.encoding == "both") return next_encoding_++ % 2 == 0 ? encoding::json : encoding::proto;
  return values.encoding == "proto" ? encoding::proto : encoding::json;
}

}  // namespace parley::load
