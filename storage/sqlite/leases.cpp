#include "storage/sqlite/leases.hpp"

#include <algorithm>

namespace parley::sqlite {
namespace {

/// How long after its end a node's lease row is still shown.
constexpr std::chrono::minutes lease_row_kept{1};

term term_after(const shard_claim& wish, unix_time now) {
  // No event of the shard has a term above its row's: both are in one file, and an append carries the row's term.
  const auto clock = static_cast<std::uint64_t>(now.time_since_epoch().count());
  return term{std::max({wish.term_before.value + 1, wish.term_floor.value + 1, clock})};
}

}  // namespace

std::uint64_t renew(connection& db, const node_identity& node, const lease_wish& wish, unix_time now) {
  auto q = db.run(
      "INSERT INTO lease (incarnation, node, ends_at, renewals, peer_address, is_leaving) "
      "VALUES (?1, ?2, ?3, 1, ?4, ?5) "
      "ON CONFLICT DO UPDATE SET node = ?2, ends_at = ?3, renewals = renewals + 1, peer_address = ?4, is_leaving = ?5 "
      "RETURNING renewals",
      std::string_view(node.incarnation), std::string_view(node.name), now + wish.lease_time,
      std::string_view(wish.peer_address), std::uint64_t{wish.is_leaving});
  if (!q.step()) throw failure(SQLITE_INTERNAL, "an upsert returned no row");
  const auto renewals = q.number(0);
  q.step();  // to the statement's end: only then it has run
  return renewals;
}

std::vector<cluster_node> cluster_nodes(connection& db, const node_identity& node, unix_time now) {
  auto q = db.run(
      "SELECT node, incarnation, peer_address, is_leaving, ends_at > ?2, renewals FROM lease "
      "WHERE incarnation = ?1 OR ends_at > ?3 ORDER BY incarnation",
      std::string_view(node.incarnation), now, now - lease_row_kept);
  std::vector<cluster_node> nodes;
  while (q.step())
    nodes.push_back({{q.text(0), q.text(1)}, q.text(2), q.number(3) != 0, q.number(4) != 0, q.number(5)});
  return nodes;
}

std::vector<shard_row> survey(connection& db, unix_time now) {
  auto q = db.run(
      "SELECT s.shard, s.owner, s.term, s.n, coalesce(l.ends_at > ?1, 0), coalesce(l.renewals, 0) FROM shard s "
      "LEFT JOIN lease l ON l.incarnation = s.owner ORDER BY s.shard",
      now);
  std::vector<shard_row> rows;
  while (q.step())
    rows.push_back({shard_id{static_cast<std::uint32_t>(q.number(0))}, q.text(1), term{q.number(2)},
                    attempt{q.number(3)}, q.number(4) != 0, q.number(5)});
  return rows;
}

std::vector<claimed_shard> claim(connection& db, const node_identity& node, const std::vector<shard_claim>& claims,
                                 unix_time now) {
  std::vector<claimed_shard> answers;
  for (const auto& wish : claims) {
    const bool is_won =
        db.change("UPDATE shard SET owner = ?1, term = ?2 WHERE shard = ?3 AND owner = ?4 AND term = ?5",
                  std::string_view(node.incarnation), term_after(wish, now), wish.shard,
                  std::string_view(wish.owner_before), wish.term_before) == 1;
    auto q = db.run("SELECT term, n FROM shard WHERE shard = ?", wish.shard);
    if (q.step())
      answers.push_back({wish.shard, is_won, term{q.number(0)}, attempt{q.number(1)}});
    else
      answers.push_back({wish.shard, false, {}, {}});
  }
  return answers;
}

std::size_t yield(connection& db, const node_identity& node, const std::vector<owned_shard>& shards) {
  std::size_t count = 0;
  for (const auto& s : shards)
    count += db.change("UPDATE shard SET owner = '' WHERE shard = ? AND owner = ? AND term = ?", s.shard,
                       std::string_view(node.incarnation), s.term);
  return count;
}

std::size_t release(connection& db, const node_identity& node) {
  const std::string_view incarnation = node.incarnation;
  // Term and `n` stay: the next owner's term must be larger.
  const auto count = db.change("UPDATE shard SET owner = '' WHERE owner = ?", incarnation);
  db.change("DELETE FROM lease WHERE incarnation = ?", incarnation);
  return count;
}

void end_leases(connection& db) { db.change("DELETE FROM lease"); }

}  // namespace parley::sqlite
