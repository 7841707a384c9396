#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace parley::load {

/// The `client_msg_id` of each publish is the moment when it was due, in ns of the machine's steady clock, in 19
/// digits: it grows with time, as Parley's clients' keys do, it names the publish within the run, and whoever gets the
/// event can tell how long it was under way.
using event_key = std::int64_t;

inline constexpr std::size_t event_key_chars = 19;

inline std::array<char, event_key_chars> text_of(event_key key) {
  std::array<char, event_key_chars> text;
  for (std::size_t i = event_key_chars; i-- > 0; key /= 10) text[i] = static_cast<char>('0' + key % 10);
  return text;
}

/// @returns -1 for what is no such key
inline event_key key_of(std::string_view text) {
  if (text.size() != event_key_chars) return -1;
  std::uint64_t key = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return -1;
    key = key * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return key <= INT64_MAX ? static_cast<event_key>(key) : -1;
}

/// Tells texts apart, for readers that must have been shown the same one: eight bytes a step, no secret.
inline std::uint64_t digest_of(std::string_view text) {
  constexpr std::uint64_t odd = 0x9e3779b97f4a7c15u;
  std::uint64_t state = text.size() * odd;
  const auto take = [&state](std::uint64_t word) {
    state = (state ^ word) * odd;
    state ^= state >> 29;
  };
  std::uint64_t word = 0;
  for (; text.size() >= sizeof word; text.remove_prefix(sizeof word)) {
    std::memcpy(&word, text.data(), sizeof word);
    take(word);
  }
  word = 0;
  if (!text.empty()) std::memcpy(&word, text.data(), text.size());  // of nothing the address may be null
  take(word);
  return state;
}

}  // namespace parley::load
