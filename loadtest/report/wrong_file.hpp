#pragma once

#include <stdexcept>

namespace parley::load::reporting {

/// A file that is no result, or one that contradicts itself. Its words name the file, the place in it and what to do.
class wrong_file : public std::runtime_error {
public:
  using runtime_error::runtime_error;
};

/// A file that cannot be read at all.
class missing_file : public std::runtime_error {
public:
  using runtime_error::runtime_error;
};

}  // namespace parley::load::reporting
