#pragma once

#include "actors/core/peer_items.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Frames between nodes: items to bytes and back (proto/parley/internal/peer.proto). What does not come from an encoder
/// of the same version is refused whole: a link that says one such thing is closed, so there is no half-understood
/// frame.
namespace parley::net {

/// Of the schema. Another one is refused at the hello, so that no item of an unknown kind ever has to be guessed at.
inline constexpr std::uint32_t peer_version = 1;
/// What a stranger may make us hold before its hello is judged.
inline constexpr std::size_t hello_bytes_max = 4 * 1024;

struct peer_hello {
  std::uint32_t version = peer_version;
  std::string cluster_id;
  node_identity speaker;
  std::string wanted_incarnation;  ///< of the process that the dialler looks for; empty in the answer
  std::uint32_t shards = 0;

  friend bool operator==(const peer_hello& a, const peer_hello& b) {
    return a.version == b.version && a.cluster_id == b.cluster_id && a.speaker.name == b.speaker.name &&
           a.speaker.incarnation == b.speaker.incarnation && a.wanted_incarnation == b.wanted_incarnation &&
           a.shards == b.shards;
  }
};

std::string encode_hello(const peer_hello& hello);
/// @returns none for what is no hello, or one with more than a hello in it. Another version's is given back as it is.
std::optional<peer_hello> decode_hello(std::string_view frame);

/// What one frame may hold. Equal on all nodes of a cluster.
struct peer_bounds {
  std::size_t frame_bytes_max = 1024 * 1024;
  std::size_t items_max = 4'096;
  std::uint64_t content_bytes_max = 1024 * 1024;  ///< of a publish: the largest that any node may be told to accept
  std::uint32_t shards = 65'536;
};

/// For drafts of so much content, however small its parts are and whatever its bytes.
peer_bounds bounds_for(std::size_t content_bytes_max);

/// What the other end says: who dialled asks, who accepted answers. `look` goes both ways.
enum class peer_says : std::uint8_t { questions, answers };

/// An upper bound of an item's bytes in a frame, cheap to know.
std::size_t encoded_bytes_max(const peer::item& one);
struct peer_frame {
  std::string bytes;
  std::size_t items = 0;
  std::size_t cost = 0;  ///< the sum of `encoded_bytes_max`
};
/// Takes the first items off `waiting`, as many as one frame may hold (one at least), and encodes them. What is put
/// together stays below 1 MiB, which every node takes, whatever its own limit of content is.
peer_frame next_frame(std::deque<peer::item>& waiting, const peer_bounds& bounds);

/// @returns none for a frame that `next_frame` of the same version cannot have made: cut, empty, too long, an item of
///   no known kind or of the other direction, a string or number out of its range. Close the link.
std::optional<std::vector<peer::item>> decode_items(std::string_view frame, peer_says expected,
                                                    const peer_bounds& bounds);

}  // namespace parley::net
