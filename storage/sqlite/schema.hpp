#pragma once

#include "actors/core/result.hpp"
#include "storage/cluster_record.hpp"
#include "storage/sqlite/connection.hpp"

#include <string>

namespace parley::sqlite {

/// What the database says of itself.
struct identity {
  cluster_record cluster;
  std::string system;  ///< random, made by the first migration
};

/// Brings the database to this program's schema, step by step, each in a transaction of its own, and reads who it is.
/// `shards` counts when the cluster is made. Throws `failure`.
/// @returns `incompatible` for a newer schema, another program's database, or another number of shards
result<identity> prepare(connection& db, std::uint32_t shards);

/// The schema that this program writes.
std::uint32_t schema_version();

}  // namespace parley::sqlite
