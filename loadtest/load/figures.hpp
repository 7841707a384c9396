#pragma once

#include <string>

namespace parley::load {

/// "12,345", rounded.
std::string grouped(double number);
/// "0.61 ms", "12 us", "1.2 s".
std::string time_text(double us);
/// "1.2 MB".
std::string bytes_text(double bytes);

}  // namespace parley::load
