#pragma once

#include "actors/core/ids.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <optional>
#include <vector>

namespace parley {

/// Where a shard's rooms live: which database, and which Redis endpoint (by their places in the configuration).
struct shard_route {
  database_id database;
  std::size_t endpoint = 0;
};

/// A shard's copies travel over another endpoint from now on.
struct endpoint_change {
  shard_id shard;
  std::size_t from = 0;
  std::size_t to = 0;

  friend bool operator==(const endpoint_change&, const endpoint_change&) = default;
};

/// Where a shard's copies travel.
struct shard_endpoints {
  std::size_t present = 0;
  std::optional<std::size_t> former;  ///< used beside the present one while not every node has heard of the change
};

/// The routes of all shards. Thread-safe once it is whole: the router moves a shard to another database or endpoint,
/// everybody else reads. A copy is of its own, and begins without former endpoints. A stale answer does no harm: in the
/// former database the shard's row says that it moved; at the former endpoint copies are lost, which readers find out
/// (G6).
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
    return {database_id{found.database.load(std::memory_order_acquire)},
            found.endpoint.load(std::memory_order_acquire)};
  }
  shard_endpoints endpoints_of(shard_id shard) const {
    const auto& found = slots_[shard.value];
    // In this order: who sees the new endpoint sees the former one too.
    const auto present = found.endpoint.load(std::memory_order_acquire);
    const auto former = found.former.load(std::memory_order_acquire);
    return {present, former == present ? std::nullopt : std::optional<std::size_t>{former}};
  }

  void move(shard_id shard, database_id to) {
    slots_.at(shard.value).database.store(to.value, std::memory_order_release);
  }
  /// Both are used from now on, until `end_overlap`; an endpoint from before these two is not.
  void move_endpoint(shard_id shard, std::size_t to) {
    auto& moved = slots_.at(shard.value);
    moved.former.store(moved.endpoint.load(std::memory_order_relaxed), std::memory_order_release);
    moved.endpoint.store(static_cast<std::uint32_t>(to), std::memory_order_release);
  }
  void end_overlap(shard_id shard) {
    auto& ended = slots_.at(shard.value);
    ended.former.store(ended.endpoint.load(std::memory_order_relaxed), std::memory_order_release);
  }

private:
  struct slot {
    explicit slot(shard_route route)
        : database(route.database.value),
          endpoint(static_cast<std::uint32_t>(route.endpoint)),
          former(static_cast<std::uint32_t>(route.endpoint)) {}
    std::atomic<std::uint32_t> database;
    std::atomic<std::uint32_t> endpoint;
    std::atomic<std::uint32_t> former;  ///< the same as `endpoint`: none
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
