#include "actors/boot_now.hpp"

#include <ctime>

namespace parley {
namespace {

class clock_of_this_machine final : public machine_clock {
public:
  instant boot_now() const override { return parley::boot_now(); }
  unix_time unix_now() const override { return parley::unix_now(); }
};

}  // namespace

instant boot_now() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return instant{std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec}};
}

unix_time unix_now() {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

const machine_clock& this_machine() {
  static const clock_of_this_machine it;
  return it;
}

}  // namespace parley
