#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// The steps of a shard's way to another database, told from what both rows and the map say: each step may be the last
/// one before the program dies, and whoever comes next goes on from there. Sans-I/O.
namespace parley::ctl {

/// What one database's row says of a shard.
enum class copy_state : std::uint8_t {
  unused,     ///< nobody ever owned it here
  live,       ///< it may be claimed and written here
  arriving,   ///< its rooms are being copied here from the other database of the move: nobody can claim or read it
  moved,      ///< to the other database of the move: nobody can claim, write or read it here
  elsewhere,  ///< as `moved` or `arriving`, but of a third database
};

/// The row's `moved_to`, and what is written there.
std::string arriving_from(std::string_view database_id);
copy_state state_of(std::string_view moved_to, std::uint64_t term, std::string_view other_database_id);

struct move_view {
  copy_state source = copy_state::live;
  copy_state target = copy_state::unused;
  bool is_placed = false;  ///< the map names the target
};

enum class move_step : std::uint8_t {
  begin,      ///< empty the target's place, and mark it as arriving
  copy_live,  ///< copy while it is written, then close, then freeze the source
  copy_rest,  ///< the source is frozen: copy what is left, compare, activate the target
  write_map,  ///< the target is active, and no node knows
  done,
  conflict,  ///< nothing that this program leaves behind: an operator has to look
};
move_step next_step(const move_view& now);

/// The way back, as long as the target is not active.
enum class back_step : std::uint8_t {
  forget,  ///< the target is not arriving any more: from now on nobody can activate it
  thaw,    ///< the source may be claimed again
  clean,   ///< what was copied goes
  too_late,
};
back_step next_step_back(const move_view& now);

struct wished_move {
  std::uint32_t shard = 0;
  std::size_t to = 0;  ///< the database's place, from 0

  friend bool operator==(const wished_move&, const wished_move&) = default;
};
/// As few moves as make no database hold two shards more than another. @param places by shard, from 0
std::vector<wished_move> balancing_moves(std::vector<std::size_t> places, std::size_t databases);

}  // namespace parley::ctl
