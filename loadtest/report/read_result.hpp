#pragma once

#include "loadtest/report/run_result.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace parley::load::reporting {

inline constexpr std::size_t result_bytes_max = 64u << 20;

/// Reads the text of a result file and checks all that a report counts on.
/// @param file its name, for the report and for refusals
/// @throws wrong_file
run_result parse_result(std::string_view text, const std::string& file);

/// @throws wrong_file also where the file is empty or larger than `result_bytes_max`
/// @throws missing_file
run_result read_result(const std::string& path);

}  // namespace parley::load::reporting
