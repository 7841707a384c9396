#pragma once

#include <sys/prctl.h>

namespace parley::limits {

/// A timer must not be 50 us late, Linux' default, where hundreds are measured. parley-load asks for the same.
inline void be_punctual() { ::prctl(PR_SET_TIMERSLACK, 1UL); }

}  // namespace parley::limits
