#pragma once

#include "actors/core/time.hpp"

#include <cstddef>

namespace parley {

struct route_options {
  std::size_t waiting_max = 10'000;     ///< writes of one shard that wait for its owner; beyond: `unavailable`
  std::size_t unanswered_max = 65'536;  ///< writes that other nodes have not answered; beyond, the next ones wait
  milliseconds patience{5'000};         ///< a write waits so long for an owner
  milliseconds answer_patience{7'000};  ///< another node's answer is awaited so long: its own deadlines come first
  milliseconds rows_insist{2'000};      ///< rows that name an earlier term so long are another history's, and believed
};

}  // namespace parley
