#include "net/conn_id.hpp"

#include <cstdint>
#include <random>

namespace parley::net {

std::string make_conn_id() {
  // Unique, not secret: nothing is granted for knowing one.
  thread_local std::mt19937_64 source = [] {
    std::random_device seed;
    std::seed_seq words{seed(), seed(), seed(), seed(), seed(), seed()};
    return std::mt19937_64(words);
  }();
  static constexpr char hex[] = "0123456789abcdef";
  std::string out;
  for (int half = 0; half < 2; ++half) {
    std::uint64_t bits = source();
    for (int n = 0; n < 16; ++n, bits >>= 4) out += hex[bits & 15];
  }
  return out;
}

}  // namespace parley::net
