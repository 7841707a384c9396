#pragma once

#include "node/ctl/database.hpp"

#include <CLI/App.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace parley::ctl {

/// The databases of one cluster, in the order in which its nodes name them.
class cluster {
public:
  /// Opens them all. @param dsns none: those of $PARLEY_POSTGRES
  /// @throws refusal `usage` for none, `unavailable`, `incompatible` for databases without a schema or with another
  ///   version's, of several clusters, or in another order
  explicit cluster(std::vector<std::string> dsns);

  std::vector<database>& databases() { return databases_; }
  std::uint32_t shards() const { return shards_; }
  /// Where the shard lives. @throws refusal `usage` for one that the cluster does not have
  database& home_of(std::uint32_t shard);

private:
  void check(database& one);

  std::vector<database> databases_;
  std::string id_;
  std::uint32_t shards_ = 0;
};

/// The option that every command about a cluster takes.
void add_databases(CLI::App& command, std::vector<std::string>& dsns);

}  // namespace parley::ctl
