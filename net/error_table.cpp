#include "net/error_table.hpp"

#include <algorithm>
#include <array>

namespace parley::net {
namespace {

using enum refusal_code;

constexpr std::array table{
    error_row{bad_request, "bad_request", 400, false},
    error_row{unauthenticated, "unauthenticated", 401, false},
    error_row{token_expired, "token_expired", 401, false},
    error_row{forbidden, "forbidden", 403, false},
    error_row{room_not_found, "room_not_found", 404, false},
    error_row{message_not_found, "message_not_found", 404, false},
    error_row{not_found, "not_found", 404, false},
    error_row{method_not_allowed, "method_not_allowed", 405, false},
    error_row{version_conflict, "version_conflict", 409, false},
    error_row{idempotency_mismatch, "idempotency_mismatch", 409, false},
    error_row{message_too_large, "message_too_large", 413, false},
    error_row{rate_limited, "rate_limited", 429, true},
    error_row{quota_exceeded, "quota_exceeded", 429, false},
    error_row{internal, "internal", 500, true},
    error_row{unavailable, "unavailable", 503, true},
    error_row{outcome_unknown, "outcome_unknown", 503, true},
};

}  // namespace

std::span<const error_row> error_table() { return table; }

const error_row& row_of(refusal_code code) {
  const auto row = std::ranges::find(table, code, &error_row::code);
  // A number that came from elsewhere (a later node) is still an answer: say `internal`.
  return row != table.end() ? *row : *std::ranges::find(table, internal, &error_row::code);
}

}  // namespace parley::net
