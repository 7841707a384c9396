#include "node/ctl/cluster_rows.hpp"

#include "actors/core/lease.hpp"

#include <algorithm>

namespace parley::ctl {
namespace {

constexpr const char* leases_sql = R"(
SELECT owner, node, peer_address, is_leaving, is_asked_to_leave, expires_at > clock_timestamp(),
  (extract(epoch FROM clock_timestamp() - expires_at) * 1000)::int8
FROM parley.lease ORDER BY node, owner)";

// Only the shards that live here by the map: every database has a row for each.
constexpr const char* shards_sql = R"(
SELECT s.shard, s.term, s.n, s.owner, coalesce(l.node, ''), coalesce(l.expires_at > clock_timestamp(), false), s.wish
FROM parley.shard s LEFT JOIN parley.lease l ON l.owner = s.owner
WHERE s.shard = ANY ($1::int4[]) AND s.shard = coalesce($2::int4, s.shard) ORDER BY s.shard)";

// The rooms come first, by themselves: a head is looked up only for what is shown.
constexpr const char* rooms_sql = R"(
WITH found AS MATERIALIZED (
  SELECT room, name, instance, shard, floor_term, floor_seq, created_at FROM parley.room
  WHERE name = coalesce($1::text, name) AND instance = coalesce($2::text, instance)
    AND shard = coalesce($3::int4, shard) AND shard = ANY ($5::int4[])
  ORDER BY created_at DESC, room LIMIT $4::int8
)
SELECT f.name, f.instance, f.room, f.shard, coalesce(l.node, ''), coalesce(h.term, f.floor_term),
  coalesce(h.seq, f.floor_seq), to_char(f.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
  (extract(epoch FROM f.created_at) * 1000000)::int8
FROM found f
LEFT JOIN LATERAL (SELECT e.term, e.seq FROM parley.event e WHERE e.room = f.room ORDER BY e.seq DESC LIMIT 1) h ON true
LEFT JOIN parley.shard s ON s.shard = f.shard LEFT JOIN parley.lease l ON l.owner = s.owner
ORDER BY f.created_at DESC, f.room)";

constexpr const char* count_owned_sql = R"(
SELECT count(*) FROM parley.shard s JOIN parley.lease l ON l.owner = s.owner WHERE l.node = $1 AND s.moved_to IS NULL)";

constexpr const char* wish_sql = "UPDATE parley.shard SET wish = $2 WHERE shard = $1::int4 AND moved_to IS NULL";

// What lives no more is nobody to ask; what was asked is asked no more, whatever became of it.
constexpr const char* ask_sql = R"(
WITH asked AS (
  UPDATE parley.lease SET is_asked_to_leave = $2::bool
  WHERE node = $1 AND (NOT $2::bool OR expires_at > clock_timestamp()) RETURNING expires_at > clock_timestamp() AS lives
)
SELECT count(*) FILTER (WHERE lives) FROM asked)";

std::optional<std::string> text_of(std::optional<std::uint32_t> number) {
  if (!number) return std::nullopt;
  return std::to_string(*number);
}

void read_shards(cluster& where, database& from, std::optional<std::uint32_t> shard, std::vector<owned_row>& into) {
  const auto answer = from.ask(shards_sql, {where.shards_at(from.place()), text_of(shard)});
  for (const auto& r : answer)
    into.push_back({static_cast<std::uint32_t>(r.number(0)), from.place(), static_cast<std::uint64_t>(r.number(1)),
                    static_cast<std::uint64_t>(r.number(2)), r.text(3), r.text(4), r.flag(5), r.text(6)});
}

}  // namespace

std::vector<std::vector<lease_row>> leases_of(cluster& where) {
  // A row tells when the lease ends; every node of this version renews it for the same time.
  constexpr auto lease_time = lease_options{}.lease_time;
  std::vector<std::vector<lease_row>> all;
  for (auto& one : where.databases()) {
    auto& found = all.emplace_back();
    for (const auto& r : one.ask(leases_sql))
      found.push_back({r.text(0), r.text(1), r.text(2), r.flag(3), r.flag(4), r.flag(5),
                       std::max(milliseconds{0}, milliseconds{r.number(6)} + lease_time)});
  }
  return all;
}

std::vector<owned_row> shards_of(cluster& where, std::optional<std::size_t> place) {
  std::vector<owned_row> all;
  for (auto& one : where.databases()) {
    if (!place || *place == one.place()) read_shards(where, one, {}, all);
  }
  std::ranges::sort(all, {}, &owned_row::shard);
  return all;
}

owned_row shard_at(cluster& where, std::uint32_t shard) {
  std::vector<owned_row> found;
  auto& home = where.home_of(shard);
  read_shards(where, home, shard, found);
  if (found.empty()) home.refuse(exit_code::usage, "does not hold shard " + std::to_string(shard) + " any more");
  return found.front();
}

std::vector<room_row> rooms_of(cluster& where, const room_filter& wanted) {
  std::vector<room_row> all;
  for (auto& one : where.databases()) {
    for (const auto& r : one.ask(rooms_sql, {wanted.name, wanted.instance, text_of(wanted.shard),
                                             std::to_string(wanted.limit), where.shards_at(one.place())}))
      all.push_back({r.text(0), r.text(1), r.text(2), static_cast<std::uint32_t>(r.number(3)), r.text(4),
                     static_cast<std::uint64_t>(r.number(5)), static_cast<std::uint64_t>(r.number(6)), r.text(7),
                     r.number(8)});
  }
  std::ranges::stable_sort(all, std::ranges::greater{}, &room_row::age_order);
  if (all.size() > wanted.limit) all.erase(all.begin() + static_cast<std::ptrdiff_t>(wanted.limit), all.end());
  return all;
}

std::size_t count_owned(cluster& where, const std::string& node) {
  std::size_t owned = 0;
  for (auto& one : where.databases())
    owned += static_cast<std::size_t>(one.ask(count_owned_sql, {node}).at(0).number(0));
  return owned;
}

void wish_for(cluster& where, std::uint32_t shard, const std::string& node) {
  where.home_of(shard).ask(wish_sql, {std::to_string(shard), node});
}

std::size_t ask_to_leave(cluster& where, const std::string& node, bool is_asked) {
  std::size_t databases = 0;
  for (auto& one : where.databases())
    databases += one.ask(ask_sql, {node, is_asked ? "true" : "false"}).at(0).number(0) > 0 ? 1 : 0;
  return databases;
}

}  // namespace parley::ctl
