#pragma once

#include "node/ctl/cluster.hpp"
#include "node/ctl/data_move.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/// What the home database says of Redis endpoints, and the statements that change it. The SQL and its readers.
namespace parley::ctl {

/// The cluster's list, in its order: addresses without passwords, as `redis_endpoint::shown` has them.
/// @throws refusal `usage` where no node has said one yet
std::vector<std::string> endpoints_of(database& home);
/// The same; empty where no node has said one yet.
std::vector<std::string> known_endpoints(database& home);
/// By shard, from 0 on. @param endpoints how many the list has
std::vector<std::size_t> endpoint_places(cluster& where, std::size_t endpoints);
/// Whether the map names endpoints at all: not before the first change.
bool keeps_endpoints(database& home);

/// Writes down which endpoint every shard has now, unless that was done before: from then on a longer list moves none.
void keep_endpoints(cluster& where, const std::vector<std::string>& list);
/// One row, so one moment: before it the list is the old one, after it no node starts with the old one any more.
/// @returns false: the list is not what it was
bool lengthen_endpoints(database& home, const std::vector<std::string>& list, const std::string& added);
/// All in one transaction; running nodes hear of it with their next renewal.
void place_endpoints(database& home, const std::vector<wished_move>& moves);

/// A node that lives, by its lease in the home database.
struct hearing_node {
  std::string name;
  std::size_t endpoints = 0;  ///< of its list
  std::uint64_t map = 0;      ///< the version that it goes by
};
std::vector<hearing_node> hearing_nodes(database& home);
/// The map's version, as it is now.
std::uint64_t map_version(database& home);
/// @throws refusal `incompatible` where a node lives whose list lacks the endpoint at this place: it would neither
/// publish
///   nor listen there
void refuse_unless_all_have(database& home, std::size_t place);

}  // namespace parley::ctl
