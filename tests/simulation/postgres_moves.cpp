#include "actors/core/mutant.hpp"
#include "tests/simulation/postgres_model.hpp"

#include <algorithm>

// The statements of node/ctl/shard_moves. What a failover may lose is younger than each of them: the standby has it.
namespace parley::simulation {

std::string postgres_model::id() const { return "database " + std::to_string(host_->where()); }

bool postgres_model::is_free_to_change(shard_id shard) const {
  return is_up_ && !is_read_only_ && !shards_[shard.value].is_locked;
}

void postgres_model::told_nodes() {
  ++changes_;
  undo_.clear();
}

void postgres_model::set_moved_to(shard_id shard, std::string where) {
  shards_[shard.value].moved_to = std::move(where);
  undo_.clear();
}

void postgres_model::close(shard_id shard, milliseconds how_long) {
  if (is_elsewhere(shard)) return;
  shards_[shard.value].closed_until = host_->unix_now() + how_long;
  told_nodes();
}

bool postgres_model::freeze(shard_id shard, const std::string& target) {
  auto& s = shards_[shard.value];
  if (is_elsewhere(shard) || (!s.owner.empty() && !is_on(mutant::freeze_under_owner))) return false;
  ++s.n.value;  // a late batch of the last owner hits nothing
  s.closed_until = {};
  set_moved_to(shard, target);
  return true;
}

void postgres_model::activate(shard_id shard, term above, attempt past) {
  auto& s = shards_[shard.value];
  s.term = raised_above(std::max(s.term, above));
  s.n = attempt{std::max(s.n, past).value + 1};
  s.owner.clear();
  set_moved_to(shard, "");
  ++tally_.moves;
}

void postgres_model::clear_rooms(shard_id shard) {
  std::erase_if(rooms_, [&](const auto& entry) { return entry.second.room && entry.second.room->shard == shard; });
  undo_.clear();
}

void postgres_model::copy_rooms(const postgres_model& source, shard_id shard) {
  clear_rooms(shard);
  for (const auto& [key, room] : source.rooms_) {
    if (room.room && room.room->shard == shard) rooms_.insert_or_assign(key, room);
  }
}

void postgres_model::place(shard_id shard, database_id where) {
  places_[shard.value] = where;
  told_nodes();
}

void postgres_model::place_copies(shard_id shard, std::size_t endpoint) {
  endpoints_[shard.value] = endpoint;
  ++tally_.endpoint_moves;
  told_nodes();
}

}  // namespace parley::simulation
