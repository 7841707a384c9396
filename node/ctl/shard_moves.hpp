#pragma once

#include "node/ctl/data_move.hpp"
#include "node/ctl/database.hpp"

#include <cstdint>
#include <optional>
#include <string>

/// Begins a statement that running nodes must hear of: a renewal looks at one number, and at the rows and the map only
/// when that is another one.
#define PARLEY_TELL_NODES                                                    \
  "WITH told AS (UPDATE parley.cluster SET changes = greatest(changes + 1, " \
  "(extract(epoch FROM clock_timestamp()) * 1000)::int8)) "

/// The statements that a shard's way to another database is made of. Each is one transaction, and changes a row only as
/// long as it is what the step expects: a repeated, late or foreign one changes nothing.
namespace parley::ctl {

/// A shard's row as a move sees it.
struct moving_row {
  std::uint64_t term = 0;
  std::uint64_t n = 0;
  std::string owner;  ///< an incarnation; empty: free
  std::string owner_name;
  std::string moved_to;
  std::string wish;
};
moving_row moving_row_of(database& where, std::uint32_t shard);
std::string id_of(database& where);

/// The shard's row in the target, which nobody owns, says that it lives in the source. @returns false: it is live here
bool mark_as_moved(database& target, std::uint32_t shard, const std::string& source_id);
bool mark_as_arriving(database& target, std::uint32_t shard, const std::string& source_id);
/// Not arriving any more; it says that it lives in the source.
bool forget_arrival(database& target, std::uint32_t shard, const std::string& source_id);

/// For so long its owner is asked to give it back, and nobody claims it; then all is as before. Again: longer.
void close_shard(database& source, std::uint32_t shard, int seconds);
void reopen_shard(database& source, std::uint32_t shard);
/// The fence: waits for whoever holds the row, then no claim, batch, recovery, read or poll finds the shard here any
/// more. `n` moves, so that a late batch of the last owner hits nothing even after a thaw (C1).
/// @returns the row as it was; none: somebody owns it, or it moved
std::optional<moving_row> freeze(database& source, std::uint32_t shard, const std::string& target_id);
bool thaw(database& source, std::uint32_t shard, const std::string& target_id);
/// The copy may be claimed, under terms above all that the source ever had (C7). @returns whether it was arriving
bool activate(database& target, std::uint32_t shard, const std::string& source_id, const moving_row& frozen);

/// Writes down where every shard lies now, unless that was done before: from then on a longer list moves none.
void keep_places(database& home, std::size_t databases, std::uint32_t shards);
/// The map's word for one shard; running nodes hear of it with their next renewal. @param place from 0
void place_shard(database& home, std::uint32_t shard, std::size_t place);

}  // namespace parley::ctl
