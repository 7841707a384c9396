#pragma once

#include "actors/core/time.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace parley {

/// Why an operation was refused, as a client sees it: the protocol's error codes (HTTP status x 10 + variant). Names,
/// HTTP statuses and `retryable` stand in one table: net/error_table.hpp.
enum class refusal_code : std::uint16_t {
  bad_request = 4000,
  unauthenticated = 4010,
  token_expired = 4011,
  forbidden = 4030,
  room_not_found = 4040,
  message_not_found = 4041,
  not_found = 4042,
  method_not_allowed = 4050,
  version_conflict = 4090,
  idempotency_mismatch = 4091,
  message_too_large = 4130,
  rate_limited = 4290,
  quota_exceeded = 4291,
  internal = 5000,
  unavailable = 5030,      ///< promises that this attempt stored nothing
  outcome_unknown = 5031,  ///< it may be stored: repeat with the same client_msg_id
};

/// After such an end of a write, what its session sent behind it must fail too, so that the session can repeat all of
/// it in order (C16).
constexpr bool breaks_order(refusal_code code) {
  return code == refusal_code::unavailable || code == refusal_code::outcome_unknown || code == refusal_code::internal;
}

/// An operation's refusal. `message` is for the client's developer: constant text plus what the client itself sent.
struct refusal {
  refusal_code code = refusal_code::internal;
  std::string message;
  std::optional<milliseconds> retry_after;

  friend bool operator==(const refusal&, const refusal&) = default;
};

}  // namespace parley
