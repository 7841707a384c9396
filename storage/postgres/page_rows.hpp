#pragma once

#include "actors/core/heads.hpp"
#include "actors/core/pages.hpp"
#include "actors/core/result.hpp"
#include "storage/postgres/exchange.hpp"

#include <optional>
#include <vector>

namespace parley::postgres {

command range_command(const range_query& q);
/// @returns `unavailable` where the shard has no row here or a stored event cannot be read: it is never skipped (C9)
result<range_page> read_range(const range_query& q, const rows& answer);

command history_command(const history_query& q);
result<history_page> read_history(const history_query& q, const rows& answer);

/// The newest event of each room: what `history` answers where one event of any kind is asked for.
command newest_command(const std::vector<room_ref>& rooms);
/// @param row of the room's place in the question
result<history_page> read_newest(const rows& answer, int row);

command heads_command(const std::vector<room_ref>& rooms);
result<std::vector<marked_head>> read_heads(const rows& answer);

}  // namespace parley::postgres
