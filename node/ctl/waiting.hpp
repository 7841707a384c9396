#pragma once

#include "actors/core/time.hpp"

#include <functional>
#include <optional>

namespace parley::ctl {

/// Asks again and again, once at least. @returns how long it took; none: it was not so in time
std::optional<milliseconds> wait_until(const std::function<bool()>& is_so, seconds at_most);

}  // namespace parley::ctl
