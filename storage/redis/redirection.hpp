#pragma once

#include "storage/redis/key_slot.hpp"
#include "storage/redis/redis_url.hpp"

#include <optional>
#include <string_view>

namespace parley {

/// A server of a Redis Cluster says that something is to be asked elsewhere, or later.
struct redirection {
  enum class kind : std::uint8_t {
    moved,  ///< another server has the slot
    later,  ///< ASK, TRYAGAIN, CLUSTERDOWN: the cluster is changing, or lacks servers
  };

  kind what = kind::later;
  key_slot slot;       ///< of `moved`
  server_name target;  ///< of `moved`; an empty host: where that was said
};

/// @param error  the text of an error reply, untrusted
/// @returns none: it is an error of another kind; one that names no slot or server as it should is `later`
std::optional<redirection> parse_redirection(std::string_view error);

}  // namespace parley
