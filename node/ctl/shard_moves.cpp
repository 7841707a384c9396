#include "node/ctl/shard_moves.hpp"

#include <algorithm>

namespace parley::ctl {
namespace {

constexpr const char* row_sql = R"(
SELECT s.term, s.n, s.owner, coalesce(l.node, s.owner), coalesce(s.moved_to, ''), s.wish
FROM parley.shard s LEFT JOIN parley.lease l ON l.owner = s.owner WHERE s.shard = $1::int4)";

constexpr const char* mark_as_moved_sql = R"(
UPDATE parley.shard SET moved_to = $2, closed_until = NULL
WHERE shard = $1::int4 AND owner = '' AND (moved_to IS NOT NULL OR term = 0) RETURNING shard)";

constexpr const char* mark_as_arriving_sql =
    "UPDATE parley.shard SET moved_to = $3 WHERE shard = $1::int4 AND moved_to = $2 RETURNING shard";

constexpr const char* close_sql = PARLEY_TELL_NODES
    "UPDATE parley.shard SET closed_until = clock_timestamp() + $2::int4 * interval '1 s' "
    "WHERE shard = $1::int4 AND moved_to IS NULL";

constexpr const char* reopen_sql =
    PARLEY_TELL_NODES "UPDATE parley.shard SET closed_until = NULL WHERE shard = $1::int4";

constexpr const char* freeze_sql = R"(
UPDATE parley.shard SET moved_to = $2, n = n + 1, closed_until = NULL
WHERE shard = $1::int4 AND moved_to IS NULL AND owner = '' RETURNING term, n, owner, owner, moved_to, wish)";

constexpr const char* thaw_sql = PARLEY_TELL_NODES
    "UPDATE parley.shard SET moved_to = NULL WHERE shard = $1::int4 AND moved_to = $2 RETURNING shard";

// The term's rest by 1024 names the server's timeline, as a claim's does. Every event's term is at most its row's.
constexpr const char* activate_sql = R"(
WITH timeline AS (SELECT ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int8 AS id)
UPDATE parley.shard s SET moved_to = NULL, owner = '', closed_until = NULL, wish = $5,
  n = greatest(s.n, $4::int8) + 1, term = m.term + ((timeline.id - m.term) & 1023)
FROM timeline CROSS JOIN LATERAL (SELECT $3::int8 + 1 AS term) m
WHERE s.shard = $1::int4 AND s.moved_to = $2 AND s.term <= $3::int8 RETURNING s.shard)";

constexpr const char* keep_places_sql = R"(
INSERT INTO parley.place (shard, database) SELECT s, s % $1::int4 + 1 FROM generate_series(0, $2::int4 - 1) AS s
WHERE NOT EXISTS (SELECT FROM parley.place) ON CONFLICT DO NOTHING)";

constexpr const char* place_in_database_sql =
    PARLEY_TELL_NODES "UPDATE parley.place SET database = $2::int4 WHERE shard = $1::int4";

moving_row read_row(const row& r) {
  return {static_cast<std::uint64_t>(r.number(0)),
          static_cast<std::uint64_t>(r.number(1)),
          r.text(2),
          r.text(3),
          r.text(4),
          r.text(5)};
}

}  // namespace

moving_row moving_row_of(database& where, std::uint32_t shard) {
  return read_row(where.ask(row_sql, {std::to_string(shard)}).at(0));
}

std::string id_of(database& where) { return where.ask("SELECT database_id FROM parley.cluster").at(0).text(0); }

bool mark_as_moved(database& target, std::uint32_t shard, const std::string& source_id) {
  return !target.ask(mark_as_moved_sql, {std::to_string(shard), source_id}).empty();
}

bool mark_as_arriving(database& target, std::uint32_t shard, const std::string& source_id) {
  return !target.ask(mark_as_arriving_sql, {std::to_string(shard), source_id, arriving_from(source_id)}).empty();
}

bool forget_arrival(database& target, std::uint32_t shard, const std::string& source_id) {
  return !target.ask(mark_as_arriving_sql, {std::to_string(shard), arriving_from(source_id), source_id}).empty();
}

void close_shard(database& source, std::uint32_t shard, int seconds) {
  source.ask(close_sql, {std::to_string(shard), std::to_string(seconds)});
}

void reopen_shard(database& source, std::uint32_t shard) { source.ask(reopen_sql, {std::to_string(shard)}); }

std::optional<moving_row> freeze(database& source, std::uint32_t shard, const std::string& target_id) {
  const auto hit = source.ask(freeze_sql, {std::to_string(shard), target_id});
  if (hit.empty()) return std::nullopt;
  return read_row(hit.front());
}

bool thaw(database& source, std::uint32_t shard, const std::string& target_id) {
  return !source.ask(thaw_sql, {std::to_string(shard), target_id}).empty();
}

bool activate(database& target, std::uint32_t shard, const std::string& source_id, const moving_row& frozen) {
  const auto before = moving_row_of(target, shard);
  const auto term = std::max(before.term, frozen.term);
  return !target
              .ask(activate_sql, {std::to_string(shard), arriving_from(source_id), std::to_string(term),
                                  std::to_string(frozen.n), frozen.wish})
              .empty();
}

void keep_places(database& home, std::size_t databases, std::uint32_t shards) {
  home.ask(keep_places_sql, {std::to_string(databases), std::to_string(shards)});
}

void place_shard(database& home, std::uint32_t shard, std::size_t place) {
  home.ask(place_in_database_sql, {std::to_string(shard), std::to_string(place + 1)});
}

}  // namespace parley::ctl
