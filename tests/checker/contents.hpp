#pragma once

#include "tests/checker/indexed.hpp"

#include <unordered_map>
#include <utility>

namespace parley::checker {

/// What a room's messages said in their former versions, and in which room a content belongs. Both are asked for
/// seldom, so they are built at the first question.
class contents {
public:
  explicit contents(const indexed& all) : all_(all) {}

  /// Was this content ever asked to be published in this room, or is it stored in it?
  bool is_of(room_id room, std::uint64_t content);
  /// A record of another room that has this content; `nowhere` where none has.
  std::uint32_t elsewhere(room_id room, std::uint64_t content);
  /// The body that version 2 and above of a message had; 0 where no edit tells.
  std::uint64_t body(room_id room, std::uint64_t seq, std::uint32_t version);

private:
  struct places {
    std::uint32_t first = nowhere;  ///< a record
    std::uint32_t other = nowhere;  ///< a record of another room than the first's
    room_id first_room{};
  };
  struct version {
    room_id room{};
    std::uint64_t seq = 0;
    std::uint32_t number = 0;
    friend bool operator==(const version&, const version&) = default;
  };
  struct version_hash {
    std::size_t operator()(const version& v) const {
      return (v.seq * 0x9E3779B97F4A7C15ULL) ^ (std::uint64_t{v.number} << 40) ^ static_cast<std::uint64_t>(v.room);
    }
  };
  void build();
  void meet(room_id room, std::uint64_t content, std::uint32_t record);

  const indexed& all_;
  bool is_built_ = false;
  std::unordered_map<std::uint64_t, places> by_content_;
  std::unordered_map<version, std::uint64_t, version_hash> bodies_;
};

}  // namespace parley::checker
