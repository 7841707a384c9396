#pragma once

#include <string>
#include <string_view>

namespace parley::load {

/// Three or more digits, thousands apart: `0.0412`, `7.81`, `104,212`.
std::string readable(double value);

/// As people read it, with its unit: `412 us` (with a micro sign), `3.91 ms`, `104,000 /s`, `1.2 MB`. Times come in
/// `us`.
std::string with_unit(double value, std::string_view unit);

/// Bytes in the largest decimal unit that fits: `1.4 TB`.
std::string as_bytes(double bytes);

}  // namespace parley::load
