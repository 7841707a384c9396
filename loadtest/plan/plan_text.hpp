#pragma once

#include "loadtest/plan/projection.hpp"

#include <string>

namespace parley::load::planning {

/// For people: a table, then what drives the cost, which unit costs went in and how they are known, what is taken as
/// linear, and what breaks.
std::string as_text(const demand& asked, const costs& unit, const projection& planned);

/// The same for programs.
std::string as_json(const demand& asked, const costs& unit, const projection& planned);

}  // namespace parley::load::planning
