#pragma once

#include <chrono>
#include <thread>

namespace parley::testing {

/// Polls a condition under a deadline, which a busy machine must not reach. @returns whether it came true
template <class Condition>
bool eventually(Condition condition, std::chrono::milliseconds within = std::chrono::seconds{60}) {
  const auto deadline = std::chrono::steady_clock::now() + within;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return condition();
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
  }
  return true;
}

}  // namespace parley::testing
