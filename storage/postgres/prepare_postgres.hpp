#pragma once

#include "actors/core/result.hpp"
#include "actors/core/time.hpp"
#include "actors/ports/log.hpp"
#include "storage/cluster_record.hpp"
#include "storage/postgres/postgres_options.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace parley {

/// The schema that this program makes, and the only one that it works on.
std::uint32_t postgres_schema_version();

/// Brings a database to this program's schema, each step in a transaction of its own, and finds out which cluster it
/// belongs to; several nodes may race. Blocks: before anything else starts. Needs the right to create the schema only
/// where a step is missing. Warns where this machine's clock and the database's are apart (`clock.apart`).
/// @param expected the cluster that the home database belongs to; none for the home database itself
/// @param now this machine's wall clock
/// @returns `incompatible` for a newer schema, another cluster, another number of shards, an encoding that is not UTF-8
///   or a server older than 14; `unavailable` where it is out of reach, or the role may not create what is missing
result<cluster_record> prepare_postgres(
    const postgres_options& options, std::optional<cluster_record> expected, log& log,
    unix_time now = std::chrono::floor<milliseconds>(std::chrono::system_clock::now()));

}  // namespace parley
