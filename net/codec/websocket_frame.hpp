#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace parley::net {

enum class ws_opcode : std::uint8_t { text = 1, binary = 2, close = 8, ping = 9 };

inline constexpr std::size_t ws_header_bytes_max = 10;

/// The header of one final, unmasked frame (RFC 6455 §5.2): what a server sends.
inline void append_ws_header(std::string& out, ws_opcode opcode, std::size_t payload_bytes) {
  const auto byte = [&](std::uint64_t value) { out += static_cast<char>(value & 0xFF); };
  byte(0x80u | static_cast<unsigned>(opcode));
  if (payload_bytes < 126) return byte(payload_bytes);
  const int length_bytes = payload_bytes < 65536 ? 2 : 8;
  byte(length_bytes == 2 ? 126 : 127);
  for (int n = length_bytes - 1; n >= 0; --n) byte(static_cast<std::uint64_t>(payload_bytes) >> (8 * n));
}

}  // namespace parley::net
