#pragma once

#include "actors/core/result.hpp"
#include "storage/redis/key_slot.hpp"
#include "storage/redis/redis_url.hpp"
#include "storage/redis/resp_reader.hpp"

#include <array>
#include <set>
#include <string>
#include <vector>

namespace parley {

/// Which master has which slot, as one server of a Redis Cluster tells it.
class slot_map {
public:
  static constexpr std::size_t masters_max = 1000;   ///< as many as a Redis Cluster is made for
  static constexpr std::size_t replicas_max = 1000;  ///< beyond them none is kept: they are only asked for the map

  slot_map() { owners_.fill(nobody); }

  /// @returns none: no server has it, or which one is unknown
  const server_name* owner(key_slot slot) const {
    const auto at = owners_[slot.value];
    return at == nobody ? nullptr : &masters_[at];
  }
  const std::vector<server_name>& masters() const { return masters_; }
  const std::set<server_name>& replicas() const { return replicas_; }

  /// Reads the answer to CLUSTER SLOTS, which is untrusted: an array of {first slot, last slot, master, replicas...},
  /// each server {host or nil, port, ...}.
  /// @param asked  the server that said it: a nil host is its own
  /// @returns `unavailable` for an error reply and for what no Redis says: ask another one, or later
  static result<slot_map> read(const resp_value& answer, const std::string& asked);

private:
  static constexpr std::uint16_t nobody = 0xffff;

  bool take_range(const resp_value& range, const std::string& asked);
  std::uint16_t place_of(const server_name& master);

  std::array<std::uint16_t, key_slots> owners_;  ///< places in `masters_`
  std::size_t named_ = 0;                        ///< slots of all ranges read
  std::vector<server_name> masters_;
  std::set<server_name> replicas_;
};

/// What the reader of that answer allows: each slot may be a range of its own, with some replicas.
constexpr resp_limits slot_map_limits{
    .elements_max = key_slots, .values_max = 512u << 10, .value_bytes_max = 16u << 20};

}  // namespace parley
