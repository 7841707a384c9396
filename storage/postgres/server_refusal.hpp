#pragma once

#include "actors/core/result.hpp"

#include <libpq-fe.h>

#include <string>

namespace parley::postgres {

/// An error that the server answered.
struct server_refusal {
  std::string sqlstate;
  std::string constraint;
  std::string message;
  /// FATAL or PANIC: the session ended, and whether the transaction did so before or after its commit is not known.
  bool ends_session = false;
};
server_refusal refusal_of(const PGresult* failed);

/// What an answered error means: the transaction was rolled back, that much is known.
enum class refusal_kind {
  room_forked,  ///< the key (room, seq), or the checked mode
  key_exists,   ///< the key (room, sender, client_msg_id)
  bad_content,  ///< this very data
  locked,       ///< waited for a lock too long
  unusable,     ///< the server cannot, now: read-only, full, shutting down, out of connections, a deadlock, ...
};
refusal_kind kind_of(const server_refusal& r);

/// The port's error for a refusal that its caller does not treat itself.
error to_error(const server_refusal& r);

/// A warning that a commit did not reach its standby: committed here, but a failover may lose it (C6).
bool is_commit_doubt(const PGresult* notice);

}  // namespace parley::postgres
