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
  /// What a list must be. `mending` is for commands that finish what another one left half done: the list may be
  /// shorter than the cluster's, and a shard may be where the map does not have it yet.
  enum class care : std::uint8_t { whole, mending };

  /// Opens them all. @param dsns none: those of $PARLEY_POSTGRES
  /// @throws refusal `usage` for none, `unavailable`, `incompatible` for databases without a schema or with another
  ///   version's, of several clusters, in another order, or not all of them
  explicit cluster(std::vector<std::string> dsns, care how = care::whole);

  std::vector<database>& databases() { return databases_; }
  /// @throws refusal `incompatible` where the list lacks a database of the cluster
  void refuse_unless_whole();
  database& home() { return databases_.front(); }
  const std::string& id() const { return id_; }
  std::uint32_t shards() const { return shards_; }
  /// By shard: the place of its database, from 0, as the map had it when this was opened.
  const std::vector<std::size_t>& places() const { return places_; }
  /// The shards that live at this place, as an array for SQL.
  std::string shards_at(std::size_t place) const;
  /// Where the shard lives. @throws refusal `usage` for one that the cluster does not have
  database& home_of(std::uint32_t shard);

private:
  void check(database& one);
  void read_places();
  void check_places(database& one);

  std::vector<database> databases_;
  std::string id_;
  std::uint32_t shards_ = 0;
  std::vector<std::size_t> places_;
};

/// The option that every command about a cluster takes.
void add_databases(CLI::App& command, std::vector<std::string>& dsns);

}  // namespace parley::ctl
