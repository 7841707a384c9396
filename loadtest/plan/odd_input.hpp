#pragma once

#include <stdexcept>

namespace parley::load::planning {

/// A demand or a file of costs that no plan can be made of. Its words name what is wrong and what to do.
class odd_input : public std::runtime_error {
public:
  using runtime_error::runtime_error;
};

}  // namespace parley::load::planning
