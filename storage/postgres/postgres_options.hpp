#pragma once

#include "actors/core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace parley {

/// One PostgreSQL database. All bounds hold per node.
struct postgres_options {
  /// A libpq connection string or URL. A host *name* is looked up while a connection is made, which blocks the
  /// adapter's thread for as long as the resolver takes: give an address, `hostaddr` beside `host`, or a local
  /// resolver.
  std::string dsn;
  std::string name = "1";  ///< in logs: its place in the list, from 1 on
  bool is_home = false;    ///< the first of the list: its first migration makes the cluster id
  std::uint32_t shards = 256;
  seconds dedup_window{86400};
  bool checked = false;  ///< every append also proves that seq-1 is stored (C2): for fault tests
  std::size_t reader_connections = 2;
  std::size_t reads_waiting_max = 2000;  ///< beyond: `unavailable`
  std::size_t writes_waiting_max = 64;
  milliseconds connect_timeout{3000};
  milliseconds statement_timeout{5000};  ///< one statement, its waits for locks included
  milliseconds lock_timeout{2000};
  milliseconds trial_lock_timeout{50};  ///< of a trial batch: see append_batch
  milliseconds retry_delay_min{50};
  milliseconds retry_delay_max{2000};
  milliseconds sweep_period{60000};  ///< of the ended dedup keys and leases
};

}  // namespace parley
