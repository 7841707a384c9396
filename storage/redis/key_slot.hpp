#pragma once

#include "actors/core/strong.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace parley {

/// One of the 16,384 parts of a Redis Cluster; a master serves some of them (redis.io, cluster specification).
using key_slot = strong<struct key_slot_tag, std::uint16_t>;

constexpr std::size_t key_slots = 16384;

/// CRC-16/XMODEM: polynomial 0x1021, not reflected. @param sum  of what stands before
constexpr std::uint16_t crc16(std::string_view bytes, std::uint16_t sum = 0) {
  for (const char c : bytes) {
    sum = static_cast<std::uint16_t>(sum ^ (static_cast<unsigned char>(c) << 8));
    for (int bit = 0; bit < 8; ++bit)
      sum = static_cast<std::uint16_t>((sum & 0x8000) != 0 ? (sum << 1) ^ 0x1021 : sum << 1);
  }
  return sum;
}

/// Of a channel's hash tag, what stands between its first { and the next }; of its whole name where that is nothing.
constexpr key_slot slot_of(std::string_view channel) {
  const auto begin = channel.find('{');
  const auto end = begin == std::string_view::npos ? begin : channel.find('}', begin + 1);
  if (end != std::string_view::npos && end != begin + 1) channel = channel.substr(begin + 1, end - begin - 1);
  return key_slot{static_cast<std::uint16_t>(crc16(channel) % key_slots)};
}

}  // namespace parley
