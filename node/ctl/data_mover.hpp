#pragma once

#include "actors/core/time.hpp"
#include "node/ctl/cluster.hpp"
#include "node/ctl/room_copy.hpp"
#include "node/ctl/shard_moves.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace parley::ctl {

/// Moves one shard's rooms to another database while nodes serve them, or takes an unfinished move back. Carries out
/// what data_move.hpp decides; ended at any point, another one goes on from what the rows say.
class data_mover {
public:
  using clock = std::chrono::steady_clock;
  struct outcome {
    copied_rows copied;
    std::optional<clock::time_point> frozen_at;  ///< since then nobody could write; none: it was frozen before this run
  };

  /// @param say what a person who waits wants to read, one line each; not more than one a second
  data_mover(cluster& where, std::uint32_t shard, std::size_t to, std::function<void(const std::string&)> say);

  /// @param give_back_at_most how long to wait for the owner to end what is under way
  /// @throws refusal `not_yet` where the owner did not give it back in time: nothing stands still, what was copied
  /// stays
  ///   for the next run; `incompatible` for rows that no interrupted move leaves behind, and where a live node does not
  ///   know the database; `internal` where the copy differs
  outcome run(seconds give_back_at_most);
  /// @throws refusal `usage` where the copy is active already
  void run_back();

private:
  move_view look();
  void step(move_step next, seconds give_back_at_most);
  void begin();
  void copy_live(seconds give_back_at_most);
  void catch_up();
  void close_and_freeze(seconds at_most);
  void copy_rest();
  void conflict(const move_view& view);
  void tell(const copied_rows& copied);
  void tell_cleared(std::size_t rows);
  bool is_time_to_tell();

  cluster& where_;
  std::uint32_t shard_;
  database& source_;
  database& target_;
  std::string source_id_, target_id_;
  std::function<void(const std::string&)> say_;
  std::optional<room_copy> copy_;
  outcome outcome_;
  clock::time_point told_at_{};
};

/// One command at a time moves data, for as long as the databases' sessions last: so the last statement of one that was
/// killed has ended in each of them before the next one looks.
/// @throws refusal `not_yet` while another one does
void take_turn(cluster& where);
/// @throws refusal `incompatible` where a node lives that has no lease in the database at this place, nor takes one
///   within moments: it could not follow a shard there
void refuse_unless_all_know(cluster& where, std::size_t place);

}  // namespace parley::ctl
