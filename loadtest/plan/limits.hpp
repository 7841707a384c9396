#pragma once

#include "loadtest/plan/projection.hpp"

#include <vector>

namespace parley::load::planning {

/// What breaks a projection, however many machines it buys: each is named, and whether this demand reaches it.
std::vector<limit> limits_of(const demand& asked, const projection& planned);

}  // namespace parley::load::planning
