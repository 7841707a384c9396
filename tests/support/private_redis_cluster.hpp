#pragma once

#include "tests/support/private_redis.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace parley::testing {

/// A Redis Cluster of this test alone: three masters with a replica each, which promote one within about two seconds.
class private_redis_cluster {
public:
  static constexpr std::size_t servers = 6;

  /// @throws std::runtime_error where they do not find each other
  private_redis_cluster();

  /// Names all servers.
  std::string url() const;
  private_redis& server(std::size_t which) { return *servers_[which]; }

  /// Starts what is dead, and waits until there are three masters with a replica each, and all know it.
  void make_whole();

  /// By what the living servers say.
  std::size_t master_of(std::uint16_t slot);
  std::size_t replica_of(std::size_t master);
  /// Any master but the slot's.
  std::size_t another_master(std::uint16_t slot);

  /// How often the servers were asked for the map.
  std::size_t maps_told() const;

  /// By force: its master lives on and is told later. Returns once it is a master.
  void promote(std::size_t replica);

  /// Hands the slot over in the steps of redis-cli's reshard; it holds no keys. All masters know of it on return.
  void move_slot(std::uint16_t slot, std::size_t to);

private:
  struct member {
    std::string id, master;
    std::size_t server;
    bool is_master, is_failing;
    std::vector<std::pair<unsigned, unsigned>> slots;
  };

  /// As one server sees all.
  std::vector<member> seen_by(std::size_t server) const;
  bool is_whole() const;
  std::vector<member> seen_by_one() const;

  std::vector<std::unique_ptr<private_redis>> servers_;
  std::vector<std::string> ids_;
};

}  // namespace parley::testing
