#pragma once

#include "actors/core/refusal.hpp"

#include <span>
#include <string_view>

namespace parley::net {

/// One row of the table of docs/protocol.md, "Errors and closing": what clients see of a refusal.
struct error_row {
  refusal_code code;
  std::string_view name;
  unsigned http_status;
  bool retryable;
};

/// The row of a code: every value of `refusal_code` has one.
const error_row& row_of(refusal_code code);
std::span<const error_row> error_table();

}  // namespace parley::net
