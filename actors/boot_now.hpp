#pragma once

#include "actors/core/time.hpp"
#include "actors/ports/machine_clock.hpp"

namespace parley {

/// This machine's boot clock (`CLOCK_BOOTTIME`).
instant boot_now();
/// This machine's calendar clock, in the protocol's resolution.
unix_time unix_now();
/// Both, as the port that actors read.
const machine_clock& this_machine();

}  // namespace parley
