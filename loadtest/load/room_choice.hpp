#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace parley::load {

/// Which room comes next. Uniform: each in turn, so that all get the same. Zipf: room n is as likely as 1 / (n + 1)^s,
/// as real rooms are: few are busy, most are not.
class room_choice {
public:
  static room_choice uniform(std::size_t rooms) { return {rooms, 0, 0}; }
  static room_choice zipf(std::size_t rooms, double exponent, std::uint64_t seed) { return {rooms, exponent, seed}; }

  std::size_t next();

private:
  room_choice(std::size_t rooms, double exponent, std::uint64_t seed);

  std::size_t rooms_, turn_ = 0;
  std::vector<double> up_to_;  ///< the weights of the rooms up to each one, added up; empty: uniform
  std::mt19937_64 chance_;
};

}  // namespace parley::load
