#pragma once

#include <cstdint>

namespace parley::net {

/// What `connected.limits` tells a client, and what the front enforces of it. 0 is no limit.
struct limits {
  std::uint64_t content_bytes = 65'536;
  std::uint64_t frame_bytes = 1'048'576;
  std::uint32_t rooms_per_connection = 200;
  std::uint32_t publishes_per_second = 0;  ///< development mode has no rates
  std::uint32_t publishes_burst = 0;
  std::uint32_t history_limit = 200;
  std::uint32_t rewind_limit = 1'000;
  std::uint32_t dedup_window_s = 86'400;
};

}  // namespace parley::net
