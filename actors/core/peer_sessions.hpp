#pragma once

#include "actors/core/ids.hpp"

#include <cstdint>

namespace parley {

/// A session of another node, as this node's shards know it: unlike every session of its own and of every other link.
/// Of the 64 bits, one says that it is another node's, 23 are of the link, 40 are what its own node calls it.
constexpr session_id session_of_peer(std::uint64_t link, session_id theirs) {
  constexpr std::uint64_t links = (std::uint64_t{1} << 23) - 1;
  constexpr std::uint64_t sessions = (std::uint64_t{1} << 40) - 1;
  return session_id{std::uint64_t{1} << 63 | (link & links) << 40 | (theirs.value & sessions)};
}
constexpr bool is_of_peer(session_id session) { return session.value >> 63 != 0; }

}  // namespace parley
