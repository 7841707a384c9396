#pragma once

#include "actors/core/event.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace parley {

/// The recent keys (sender, client_msg_id) of one room with their first results, in memory: it answers most repeats
/// without a query. The durable truth is the key table (C15); what is not here is asked there by the append itself.
class dedup_window {
public:
  struct first_result {
    position where;
    unix_time at;
    std::optional<parley::digest> digest;  ///< none: the content was deleted, any repeat is a duplicate
  };

  explicit dedup_window(std::size_t keys_max = 1024) : keys_max_(keys_max) {}
  dedup_window(dedup_window&&) = default;  // a copy's order would point into the original

  /// The oldest key is forgotten when there are too many.
  void remember(const std::string& sender, const std::string& client_msg_id, first_result first);
  const first_result* find(const std::string& sender, const std::string& client_msg_id) const;
  std::size_t size() const { return results_.size(); }

  /// One string for both parts; a NUL is in neither.
  static std::string key_of(std::string_view sender, std::string_view client_msg_id);

private:
  using results = std::unordered_map<std::string, first_result>;

  void set_asked(std::string_view sender, std::string_view client_msg_id) const;

  std::size_t keys_max_;
  results results_;
  std::vector<const results::value_type*> order_;  ///< a ring once it is full: the oldest stands at `oldest_`
  std::size_t oldest_ = 0;
  mutable std::string asked_;  ///< the key that is looked for: one buffer for all
};

}  // namespace parley
