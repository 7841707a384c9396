#pragma once

#include "actors/core/ids.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <vector>

namespace parley {

/// Where a shard's rooms live: which database, and which Redis endpoint (by their places in the configuration).
struct shard_route {
  database_id database;
  std::size_t endpoint = 0;
};

/// The routes of all shards. Thread-safe once it is whole: the router moves a shard to another database, everybody else
/// reads. A copy is of its own. A stale answer does no harm: in the former database the shard's row says that it moved.
class shard_routes {
public:
  shard_routes() = default;
  shard_routes(std::initializer_list<shard_route> all) { assign(all); }
  explicit shard_routes(const std::vector<shard_route>& all) { assign(all); }
  shard_routes(const shard_routes& other) { assign(other.all()); }
  shard_routes& operator=(const shard_routes& other) {
    if (this != &other) assign(other.all());
    return *this;
  }
  shard_routes& operator=(std::initializer_list<shard_route> all) {
    assign(all);
    return *this;
  }

  void push_back(shard_route route) { slots_.emplace_back(route); }  ///< before anybody else reads
  std::size_t size() const { return slots_.size(); }
  shard_route operator[](std::size_t shard) const {
    const auto& found = slots_[shard];
    return {database_id{found.database.load(std::memory_order_acquire)}, found.endpoint};
  }
  void move(shard_id shard, database_id to) {
    slots_.at(shard.value).database.store(to.value, std::memory_order_release);
  }

private:
  struct slot {
    explicit slot(shard_route route) : database(route.database.value), endpoint(route.endpoint) {}
    std::atomic<std::uint32_t> database;
    std::size_t endpoint;
  };

  std::vector<shard_route> all() const {
    std::vector<shard_route> routes;
    for (std::size_t shard = 0; shard < size(); ++shard) routes.push_back((*this)[shard]);
    return routes;
  }
  template <class Routes>
  void assign(const Routes& routes) {
    slots_.clear();
    for (const auto& route : routes) push_back(route);
  }

  std::deque<slot> slots_;  // of what cannot be moved in memory
};

}  // namespace parley
