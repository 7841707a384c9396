#include "loadtest/load/room_choice.hpp"

#include <algorithm>
#include <cmath>

namespace parley::load {

room_choice::room_choice(std::size_t rooms, double exponent, std::uint64_t seed) : rooms_(rooms), chance_(seed) {
  if (exponent == 0) return;
  double sum = 0;
  up_to_.reserve(rooms);
  for (std::size_t n = 0; n < rooms; ++n) up_to_.push_back(sum += std::pow(static_cast<double>(n + 1), -exponent));
}

std::size_t room_choice::next() {
  if (up_to_.empty()) return turn_++ % rooms_;
  const double drawn = std::uniform_real_distribution<double>(0, up_to_.back())(chance_);
  const auto found = std::ranges::upper_bound(up_to_, drawn);
  return std::min(rooms_ - 1, static_cast<std::size_t>(found - up_to_.begin()));
}

}  // namespace parley::load
