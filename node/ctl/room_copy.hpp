#pragma once

#include "node/ctl/database.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace parley::ctl {

struct copied_rows {
  std::size_t rooms = 0;  ///< that lacked something
  std::size_t events = 0;
  std::size_t keys = 0;
};

/// Copies the rooms of one shard from one database to another, where it is arriving, in pages, and compares them. What
/// is there already is not copied again: how far it came is what the target holds. Works while the source is written:
/// then a pass brings what was there when it looked at the room.
///
/// The order within a room makes it resumable: keys before events. So a target that holds events up to some seq holds
/// the keys of all of them (G5).
class room_copy {
public:
  /// @param progress after each page, with what this object has copied so far
  room_copy(database& source, database& target, std::uint32_t shard,
            std::function<void(const copied_rows&)> progress = {});

  /// One pass over all rooms. @returns what this pass brought @throws refusal `unavailable`
  copied_rows bring();
  /// Compares what the target holds with the same rows of the source, which may be written meanwhile. What was found
  /// equal is not read again by this object. @throws refusal `internal` that names the room
  void compare_what_came();
  /// Nothing is written any more: rooms, floors, heads and the number of events must be equal, and the content of what
  /// was not compared yet. @throws refusal `internal`
  void compare_all();

private:
  struct page {
    std::size_t count = 0;
    std::string last, rooms, instances, names, floor_terms, floor_seqs, created, heads;  ///< as arrays
  };
  /// Events of one room above one seq and up to another.
  struct piece {
    std::string room;
    std::int64_t above, upto;
  };
  page read_page(const parameter& after);
  void bring_page(const page& p);
  void bring_keys(const std::string& room, std::int64_t after);
  void bring_events(const std::string& room, std::int64_t after, std::int64_t head);
  void compare(bool is_whole);
  void compare_page(const page& p, bool is_whole, std::int64_t keys_ending_after);
  void compare_pieces(const std::vector<piece>& pieces, bool is_whole, std::int64_t keys_ending_after);
  void tell() const;

  database& source_;
  database& target_;
  std::string shard_;
  std::function<void(const copied_rows&)> progress_;
  copied_rows all_;
  std::map<std::string, std::int64_t> compared_;  ///< up to which seq, by room
};

/// Removes a shard's rooms from a database in which its row says that it does not live; the row stays.
/// @param progress after each page, with how many rows went so far
/// @returns how many
std::size_t clear_rooms(database& where, std::uint32_t shard, const std::function<void(std::size_t)>& progress = {});

}  // namespace parley::ctl
