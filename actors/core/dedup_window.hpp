#pragma once

#include "actors/core/event.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parley {

/// The recent keys (sender, client_msg_id) of one room with their first results, in memory: it answers most repeats
/// without a query. The durable truth is the key table (C15); what is not here is asked there by the append itself.
/// A busy room's window is larger than the processor's caches, so that it is laid out for few misses: a new key touches
/// one group of the table and its place in the ring.
class dedup_window {
public:
  struct first_result {
    position where;
    unix_time at;
    std::optional<parley::digest> digest;  ///< none: the content was deleted, any repeat is a duplicate
  };

  explicit dedup_window(std::size_t keys_max = 1024) : keys_max_(keys_max) {}

  /// The oldest key is forgotten when there are too many.
  void remember(const std::string& sender, const std::string& client_msg_id, first_result first);
  const first_result* find(const std::string& sender, const std::string& client_msg_id) const;
  std::size_t size() const { return ring_.size(); }

  /// One string for both parts; a NUL is in neither.
  static std::string key_of(std::string_view sender, std::string_view client_msg_id);

private:
  struct entry {
    std::string key;
    std::size_t hash;
    first_result first;
  };
  struct as_it_is {
    using is_avalanching = void;
    std::size_t operator()(std::size_t hash) const { return hash; }
  };

  std::size_t ask(std::string_view sender, std::string_view client_msg_id) const;

  std::size_t keys_max_;
  std::vector<entry> ring_;  ///< once it is full, the oldest stands at `oldest_`
  std::size_t oldest_ = 0;
  /// By a key's hash. Of two keys with one hash the second one is not kept: the key table knows it.
  boost::unordered_flat_map<std::size_t, std::uint32_t, as_it_is> places_;
  mutable std::string asked_;  ///< the key that is looked for: one buffer for all
};

}  // namespace parley
