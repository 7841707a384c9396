#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace parley::load {

/// The client's half of RFC 6455, as far as a load needs it: masked frames out, unmasked ones in. Not Beast, so that a
/// thousand readers cost the machine that is measured as little as they can.
enum class opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

/// Appends one whole frame, masked as a client must.
void append_masked_frame(std::string& out, opcode kind, std::string_view payload, std::uint32_t mask);

struct frame {
  opcode kind = opcode::text;
  bool is_final = true;
  std::string_view payload;
};

/// Cuts frames off the front of `bytes`.
/// @returns whether there was a whole one; `bytes` then begins behind it. A masked frame, or one of more than 64 MiB,
/// is none that a server may send: `is_broken` is set.
bool take_frame(std::string_view& bytes, frame& out, bool& is_broken);

}  // namespace parley::load
