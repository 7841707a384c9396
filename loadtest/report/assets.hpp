#pragma once

#include <string_view>

namespace parley::load::reporting {

/// A file of loadtest/report that travels inside the program: `report.html`, `report.css`, `report.js`,
/// `uPlot.iife.min.js`, `uPlot.min.css`, `LICENSE` (uPlot's). Empty: there is no such file.
std::string_view asset(std::string_view name);

}  // namespace parley::load::reporting
