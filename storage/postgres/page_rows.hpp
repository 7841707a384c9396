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

command heads_command(const std::vector<room_ref>& rooms);
result<std::vector<marked_head>> read_heads(const rows& answer);

}  // namespace parley::postgres
