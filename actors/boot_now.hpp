#pragma once

#include "actors/core/time.hpp"

namespace parley {

/// This machine's boot clock (`CLOCK_BOOTTIME`). For shells only: a core gets the time as an argument.
instant boot_now();
/// This machine's calendar clock, in the protocol's resolution. Never used for a decision about order or ownership.
unix_time unix_now();

}  // namespace parley
