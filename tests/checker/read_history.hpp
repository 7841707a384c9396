#pragma once

#include "tests/checker/history.hpp"

#include <boost/system/result.hpp>

#include <iosfwd>
#include <string>
#include <string_view>

namespace parley::checker {

/// Why a file is no history: the line, from 1, and what is wrong with it.
struct bad_line {
  std::size_t line = 0;
  std::string what;
};

/// Reads lines of JSON (tests/checker/README.md has the format) until the end.
boost::system::result<history, bad_line> read_history(std::istream& lines);
boost::system::result<history, bad_line> read_history(std::string_view text);

/// The same lines again: a simulator keeps the history of a seed that failed, and `parley-check` reads it.
void write_history(const history& what_happened, std::ostream& lines);

}  // namespace parley::checker
