#include "node/ctl/data_move.hpp"

#include <algorithm>

namespace parley::ctl {
namespace {

constexpr std::string_view arriving_mark = "arriving from ";

}  // namespace

std::string arriving_from(std::string_view database_id) { return std::string(arriving_mark).append(database_id); }

copy_state state_of(std::string_view moved_to, std::uint64_t term, std::string_view other_database_id) {
  if (moved_to.empty()) return term == 0 ? copy_state::unused : copy_state::live;
  if (moved_to == other_database_id) return copy_state::moved;
  return moved_to == arriving_from(other_database_id) ? copy_state::arriving : copy_state::elsewhere;
}

move_step next_step(const move_view& now) {
  using enum copy_state;
  if (now.is_placed) return now.target == live ? move_step::done : move_step::conflict;
  switch (now.source) {
    case unused:
    case live:
      if (now.target == live) return move_step::conflict;
      return now.target == arriving ? move_step::copy_live : move_step::begin;
    case moved:
      if (now.target == arriving) return move_step::copy_rest;
      return now.target == live ? move_step::write_map : move_step::conflict;
    case arriving:
    case elsewhere: break;
  }
  return move_step::conflict;
}

back_step next_step_back(const move_view& now) {
  if (now.is_placed || now.target == copy_state::live) return back_step::too_late;
  if (now.target == copy_state::arriving) return back_step::forget;
  return now.source == copy_state::moved ? back_step::thaw : back_step::clean;
}

std::vector<wished_move> balancing_moves(std::vector<std::size_t> places, std::size_t databases) {
  std::vector<std::size_t> held(databases, 0);
  for (const auto place : places) ++held.at(place);
  std::vector<wished_move> moves;
  for (std::uint32_t shard = 0; shard < places.size(); ++shard) {
    const auto least = static_cast<std::size_t>(std::ranges::min_element(held) - held.begin());
    if (held[places[shard]] != std::ranges::max(held) || held[places[shard]] < held[least] + 2) continue;
    --held[places[shard]];
    ++held[least];
    moves.push_back({shard, least});
  }
  return moves;
}

}  // namespace parley::ctl
