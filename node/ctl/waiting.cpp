#include "node/ctl/waiting.hpp"

#include <chrono>
#include <thread>

namespace parley::ctl {
namespace {

constexpr milliseconds look_period{200};  // nodes themselves look once a second

}  // namespace

std::optional<milliseconds> wait_until(const std::function<bool()>& is_so, seconds at_most) {
  const auto begin = std::chrono::steady_clock::now();
  for (;;) {
    const bool is_done = is_so();
    const auto took = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begin);
    if (is_done) return took;
    if (took >= at_most) return std::nullopt;
    std::this_thread::sleep_for(look_period);
  }
}

}  // namespace parley::ctl
