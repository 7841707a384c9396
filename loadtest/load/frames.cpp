#include "loadtest/load/frames.hpp"

#include <array>

namespace parley::load {
namespace {

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char byte : bytes) number = number << 8 | static_cast<std::uint8_t>(byte);
  return number;
}

}  // namespace

void append_masked_frame(std::string& out, opcode kind, std::string_view payload, std::uint32_t mask) {
  out.push_back(static_cast<char>(0x80 | static_cast<std::uint8_t>(kind)));
  const auto size = payload.size();
  const int extra = size < 126 ? 0 : size <= 0xffff ? 2 : 8;
  out.push_back(static_cast<char>(0x80 | (extra == 0 ? size : extra == 2 ? 126u : 127u)));
  for (int shift = extra * 8 - 8; shift >= 0; shift -= 8) out.push_back(static_cast<char>(size >> shift));
  std::array<char, 4> key{};
  for (int i = 0; i < 4; ++i) key[static_cast<std::size_t>(i)] = static_cast<char>(mask >> (24 - 8 * i));
  out.append(key.data(), key.size());
  const auto start = out.size();
  out.append(payload);
  for (std::size_t i = 0; i < size; ++i) out[start + i] = static_cast<char>(out[start + i] ^ key[i % 4]);
}

bool take_frame(std::string_view& bytes, frame& out, bool& is_broken) {
  constexpr std::uint64_t payload_bytes_max = 64u << 20;
  if (bytes.size() < 2) return false;
  const auto first = static_cast<std::uint8_t>(bytes[0]), second = static_cast<std::uint8_t>(bytes[1]);
  std::size_t header = 2;
  std::uint64_t size = second & 0x7f;
  if (size >= 126) {
    const std::size_t extra = size == 126 ? 2 : 8;
    if (bytes.size() < header + extra) return false;
    size = big_endian(bytes.substr(header, extra));
    header += extra;
  }
  is_broken = (second & 0x80) != 0 || size > payload_bytes_max;
  if (is_broken || bytes.size() - header < size) return false;
  out = {static_cast<opcode>(first & 0x0f), (first & 0x80) != 0, bytes.substr(header, size)};
  bytes.remove_prefix(header + size);
  return true;
}

}  // namespace parley::load
