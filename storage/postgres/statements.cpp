#include "storage/postgres/statements.hpp"

namespace parley::postgres::sql {

const statement identity{"identity", "SELECT system, timeline, is_standby, cluster FROM parley.server_identity()"};

// For the rest of the transaction.
const statement wait_for_locks{"wait_for_locks", "SELECT set_config('lock_timeout', $1::int8::text, true)"};

// Fence and append (C1, C3). `held` locks the shards' rows in order and reads their newest versions, whatever the
// statement's snapshot says; a row that someone else holds is skipped. `hit` moves `n` where the fence holds. `mask`
// says by the place of a shard in the batch whether it was hit. Arrays of a fixed width are subscripted, at a few ns:
// only what has to be walked is unnested, for each unnested array is a function scan with a store of its own. A room's
// row is written once in its life, by its first event. An event without an id has no key.
const statement append{"append", R"(
WITH held AS MATERIALIZED (
  SELECT s.shard, w.place, CASE WHEN s.moved_to IS NULL THEN s.owner ELSE '' END AS owner, s.term, s.n
  FROM unnest($2::int4[]) WITH ORDINALITY AS w(shard, place) JOIN parley.shard s ON s.shard = w.shard
  ORDER BY s.shard FOR UPDATE OF s SKIP LOCKED
), hit AS (
  UPDATE parley.shard s SET n = ($5::int8[])[h.place] FROM held h
  WHERE s.shard = h.shard AND h.owner = $1::text AND h.term = ($3::int8[])[h.place] AND h.n = ($4::int8[])[h.place]
  RETURNING h.place
), mask AS MATERIALIZED (
  SELECT array_agg(hit.place IS NOT NULL ORDER BY w.place) AS hits
  FROM generate_series(1, cardinality($2::int4[])) AS w(place) LEFT JOIN hit ON hit.place = w.place
), new_room AS (
  INSERT INTO parley.room (room, shard, instance, name)
  SELECT r.room, ($2::int4[])[r.place], r.instance, r.name
  FROM unnest($6::uuid[], $7::int4[], $8::text[], $9::text[]) AS r(room, place, instance, name)
  WHERE (SELECT hits FROM mask)[r.place] ON CONFLICT DO NOTHING
), new_key AS (
  INSERT INTO parley.dedup (room, sender, client_msg_id, seq, term, at, digest, expires_at)
  SELECT ($11::uuid[])[k.i], k.sender, k.id, ($13::int8[])[k.i], ($3::int8[])[($12::int4[])[k.i]], ($15::int8[])[k.i],
    k.digest, now() + $10::int8 * interval '1 ms'
  FROM unnest($16::text[], $17::text[], $18::bytea[]) WITH ORDINALITY AS k(sender, id, digest, i)
  WHERE k.id <> '' AND (SELECT hits FROM mask)[($12::int4[])[k.i]]
), new_event AS (
  INSERT INTO parley.event (room, seq, term, kind, payload)
  SELECT ($11::uuid[])[e.i], ($13::int8[])[e.i], ($3::int8[])[($12::int4[])[e.i]], ($14::int2[])[e.i], e.payload
  FROM unnest($19::bytea[]) WITH ORDINALITY AS e(payload, i) WHERE (SELECT hits FROM mask)[($12::int4[])[e.i]]
)
SELECT (SELECT hits FROM mask)[w.place] AS is_hit, h.owner = $1::text AND h.term = ($3::int8[])[w.place] AS is_owner
FROM generate_series(1, cardinality($2::int4[])) AS w(place) LEFT JOIN held h ON h.place = w.place
ORDER BY w.place)"};

// The same for the batch of a quiet moment: one event of one shard, in a room that has its row. Without arrays there is
// no function to scan, no mask and no sort: starting and ending the plan is most of what a lone event costs.
const statement append_one{"append_one", R"(
WITH held AS MATERIALIZED (
  SELECT CASE WHEN s.moved_to IS NULL THEN s.owner ELSE '' END AS owner, s.term, s.n
  FROM parley.shard s WHERE s.shard = $2::int4 FOR UPDATE SKIP LOCKED
), hit AS (
  UPDATE parley.shard s SET n = $5::int8 FROM held h
  WHERE s.shard = $2::int4 AND h.owner = $1::text AND h.term = $3::int8 AND h.n = $4::int8
  RETURNING true AS is_hit
), new_key AS (
  INSERT INTO parley.dedup (room, sender, client_msg_id, seq, term, at, digest, expires_at)
  SELECT $6::uuid, $10::text, $11::text, $7::int8, $3::int8, $12::int8, $13::bytea, now() + $14::int8 * interval '1 ms'
  FROM hit WHERE $11::text <> ''
), new_event AS (
  INSERT INTO parley.event (room, seq, term, kind, payload)
  SELECT $6::uuid, $7::int8, $3::int8, $8::int2, $9::bytea FROM hit
)
SELECT coalesce((SELECT hit.is_hit FROM hit), false), (SELECT h.owner = $1::text AND h.term = $3::int8 FROM held h))"};

// The checked mode (C2), a statement after `append` in its transaction: the lock is held, and this snapshot is younger.
// Each room must end with the append's last event, and what the append says it follows must be stored, or be the floor.
const statement prove{"prove", R"(
SELECT parley.refuse_hole(a.room, a.before_seq + 1)
FROM unnest($2::uuid[], $3::int4[], $4::int8[], $5::int8[], $6::int8[]) AS a(room, shard, own, before_seq, last_seq)
JOIN parley.shard s ON s.shard = a.shard AND s.owner = $1::text AND s.n = a.own
LEFT JOIN parley.room r ON r.room = a.room
WHERE r.room IS NULL
   OR (SELECT max(e.seq) FROM parley.event e WHERE e.room = a.room) IS DISTINCT FROM a.last_seq
   OR a.before_seq < r.floor_seq
   OR (a.before_seq > r.floor_seq
       AND NOT EXISTS (SELECT FROM parley.event e WHERE e.room = a.room AND e.seq = a.before_seq)))"};

const statement forget_ended_keys{"forget_ended_keys", R"(
DELETE FROM parley.dedup d USING unnest($1::uuid[], $2::text[], $3::text[]) AS k(room, sender, id)
WHERE d.room = k.room AND d.sender = k.sender AND d.client_msg_id = k.id AND d.expires_at <= clock_timestamp())"};

const statement find_keys{"find_keys", R"(
SELECT d.room, d.sender, d.client_msg_id, d.term, d.seq, d.at, d.digest
FROM unnest($1::uuid[], $2::text[], $3::text[]) WITH ORDINALITY AS k(room, sender, id, place)
JOIN parley.dedup d ON d.room = k.room AND d.sender = k.sender AND d.client_msg_id = k.id ORDER BY k.place)"};

// C6. Waits for the rows: an old backend may still be at work on one. The answer tells `n` as it was before.
const statement recover{"recover", R"(
WITH want AS MATERIALIZED (
  SELECT * FROM unnest($2::int4[], $3::int8[], $4::int8[]) WITH ORDINALITY AS w(shard, term, past, place)
), held AS MATERIALIZED (
  SELECT s.shard, s.owner, s.term, s.n, s.moved_to
  FROM parley.shard s WHERE s.shard = ANY ($2::int4[]) ORDER BY s.shard FOR UPDATE
), moved AS (
  UPDATE parley.shard s SET n = greatest(h.n, w.past) FROM want w JOIN held h ON h.shard = w.shard
  WHERE s.shard = w.shard AND h.owner = $1::text AND h.term = w.term AND h.moved_to IS NULL
  RETURNING w.place
)
SELECT m.place IS NOT NULL AS is_owner, coalesce(h.n, 0) AS found
FROM want w LEFT JOIN held h ON h.shard = w.shard LEFT JOIN moved m ON m.place = w.place ORDER BY w.place)"};

// C14: the floor moves in the transaction that takes the events, under the same fence as an append.
const statement trim{"trim", R"(
WITH held AS MATERIALIZED (
  SELECT s.shard, CASE WHEN s.moved_to IS NULL THEN s.owner ELSE '' END AS owner, s.term, s.n
  FROM parley.shard s WHERE s.shard = $2::int4 FOR UPDATE SKIP LOCKED
), hit AS (
  UPDATE parley.shard s SET n = $5::int8 FROM held h
  WHERE s.shard = h.shard AND h.owner = $1::text AND h.term = $3::int8 AND h.n = $4::int8
  RETURNING s.shard
), new_floor AS (
  INSERT INTO parley.room AS r (room, shard, instance, name, floor_term, floor_seq)
  SELECT $6::uuid, hit.shard, $7::text, $8::text, $9::int8, $10::int8 FROM hit
  ON CONFLICT (room) DO UPDATE SET floor_term = excluded.floor_term, floor_seq = excluded.floor_seq
  WHERE r.floor_seq < excluded.floor_seq
), gone AS (
  DELETE FROM parley.event e USING hit WHERE e.room = $6::uuid AND e.seq <= $10::int8
)
SELECT hit.shard IS NOT NULL AS is_hit, h.owner = $1::text AND h.term = $3::int8 AS is_owner
FROM (VALUES (1)) AS one LEFT JOIN held h ON true LEFT JOIN hit ON true)"};

// A claim that committed is what gave this owner its term: a row that does not fit at the start will not fit later, and
// is not locked. One that fits is looked at again after the wait.
const statement yield{"yield", R"(
WITH held AS MATERIALIZED (
  SELECT s.shard FROM unnest($2::int4[], $3::int8[]) AS w(shard, term) JOIN parley.shard s ON s.shard = w.shard
  WHERE s.owner = $1::text AND s.term = w.term AND s.moved_to IS NULL ORDER BY s.shard FOR UPDATE OF s
)
UPDATE parley.shard s SET owner = '' FROM held h WHERE s.shard = h.shard)"};

const statement release{"release", R"(
WITH gone AS (DELETE FROM parley.lease WHERE owner = $1::text),
held AS MATERIALIZED (SELECT shard FROM parley.shard WHERE owner = $1::text ORDER BY shard FOR UPDATE)
UPDATE parley.shard s SET owner = '' FROM held h WHERE s.shard = h.shard AND s.owner = $1::text)"};

// Reads. One statement is one snapshot: the page, its head, its floor and the shard's mark belong together. A shard
// that moved away has no row here, and the read finds nothing to stand on.
#define PARLEY_HEADER                                                                                         \
  "WITH header AS MATERIALIZED (SELECT s.term AS shard_term, s.n, coalesce(r.floor_term, 0) AS floor_term, "  \
  "coalesce(r.floor_seq, 0) AS floor_seq, h.term AS head_term, h.seq AS head_seq FROM parley.shard s "        \
  "LEFT JOIN parley.room r ON r.room = $1::uuid LEFT JOIN LATERAL (SELECT e.term, e.seq FROM parley.event e " \
  "WHERE e.room = $1::uuid ORDER BY e.seq DESC LIMIT 1) h ON true "                                           \
  "WHERE s.shard = $2::int4 AND s.moved_to IS NULL) "
#define PARLEY_HEADER_COLUMNS "h.shard_term, h.n, h.floor_term, h.floor_seq, h.head_term, h.head_seq"

const statement range{"range", PARLEY_HEADER "SELECT " PARLEY_HEADER_COLUMNS R"(,
  (SELECT a.term FROM parley.event a WHERE a.room = $1::uuid AND a.seq = $3::int8 AND a.seq > h.floor_seq) AS anchor,
  e.seq, e.term, e.kind, e.payload
FROM header h LEFT JOIN LATERAL (
  SELECT x.seq, x.term, x.kind, x.payload FROM parley.event x
  WHERE x.room = $1::uuid AND x.seq > greatest($3::int8, h.floor_seq) ORDER BY x.seq LIMIT $4::int8) e ON true
ORDER BY e.seq)"};

// Up to $4 rows below the seq $3, and up to $5 from it on: each of the four sides is one choice of these.
const statement history{"history", PARLEY_HEADER "SELECT " PARLEY_HEADER_COLUMNS R"(, e.seq, e.term, e.kind, e.payload
FROM header h LEFT JOIN LATERAL (
  (SELECT x.seq, x.term, x.kind, x.payload FROM parley.event x
   WHERE x.room = $1::uuid AND x.seq < $3::int8 AND x.seq > h.floor_seq AND (x.kind = 1 OR NOT $6::bool)
   ORDER BY x.seq DESC LIMIT $4::int8)
  UNION ALL
  (SELECT x.seq, x.term, x.kind, x.payload FROM parley.event x
   WHERE x.room = $1::uuid AND x.seq >= $3::int8 AND x.seq > h.floor_seq AND (x.kind = 1 OR NOT $6::bool)
   ORDER BY x.seq LIMIT $5::int8)) e ON true
ORDER BY e.seq)"};

// Of several rooms at once, each with its newest event where that is above the floor.
const statement newest{"newest", R"(
SELECT s.term AS shard_term, s.n, coalesce(r.floor_term, 0) AS floor_term, coalesce(r.floor_seq, 0) AS floor_seq,
  h.term AS head_term, h.seq AS head_seq, h.seq, h.term, h.kind, h.payload
FROM unnest($1::uuid[], $2::int4[]) WITH ORDINALITY AS q(room, shard, place)
LEFT JOIN parley.shard s ON s.shard = q.shard AND s.moved_to IS NULL
LEFT JOIN parley.room r ON r.room = q.room
LEFT JOIN LATERAL (SELECT e.seq, e.term, e.kind, e.payload FROM parley.event e WHERE e.room = q.room
  ORDER BY e.seq DESC LIMIT 1) h ON true
ORDER BY q.place)"};

const statement heads{"heads", R"(
SELECT s.term AS shard_term, s.n, coalesce(r.floor_term, 0) AS floor_term, coalesce(r.floor_seq, 0) AS floor_seq,
  h.term AS head_term, h.seq AS head_seq
FROM unnest($1::uuid[], $2::int4[]) WITH ORDINALITY AS q(room, shard, place)
LEFT JOIN parley.shard s ON s.shard = q.shard AND s.moved_to IS NULL
LEFT JOIN parley.room r ON r.room = q.room
LEFT JOIN LATERAL (SELECT e.term, e.seq FROM parley.event e WHERE e.room = q.room ORDER BY e.seq DESC LIMIT 1) h ON true
ORDER BY q.place)"};

// A takeover updates the row that every batch locks: it waits for the old owner's batch, and a later one hits nothing.
// The largest term of the shard's events needs no look: an append's events carry the row's own term, under its lock, in
// the same WAL. The clock in ms lets a term grow even where a failover lost the row's last change. A failover may lose
// a claim too, and the clock may have stepped back: so a term is rounded up to the next one whose rest by 1024 is that
// of the server's timeline. No two timelines make the same term (C7).
#define PARLEY_CLAIM(LOCK)                                                                                           \
  "WITH want AS MATERIALIZED (SELECT * FROM unnest($2::int4[], $3::text[], $4::int8[], $5::int8[]) WITH ORDINALITY " \
  "AS w(shard, owner, term, floor, place)), held AS MATERIALIZED (SELECT s.shard, s.owner, s.term, s.n, s.moved_to " \
  "FROM parley.shard s WHERE s.shard = ANY ($2::int4[]) ORDER BY s.shard " LOCK                                      \
  "), timeline AS (SELECT ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int8 AS id), "           \
  "won AS (UPDATE parley.shard s SET owner = $1::text, term = m.term + ((timeline.id - m.term) & 1023) "             \
  "FROM want w JOIN held h ON h.shard = w.shard CROSS JOIN timeline CROSS JOIN LATERAL (SELECT greatest("            \
  "h.term + 1, w.floor + 1, (extract(epoch FROM clock_timestamp()) * 1000)::int8) AS term) m "                       \
  "WHERE s.shard = w.shard AND h.owner = w.owner AND h.term = w.term AND h.moved_to IS NULL "                        \
  "RETURNING w.place, s.term, s.n) "                                                                                 \
  "SELECT won.place IS NOT NULL AS is_won, coalesce(won.term, h.term, 0) AS term, coalesce(won.n, h.n, 0) AS n "     \
  "FROM want w LEFT JOIN held h ON h.shard = w.shard LEFT JOIN won ON won.place = w.place ORDER BY w.place"

const statement claim{"claim", PARLEY_CLAIM("FOR UPDATE")};
const statement claim_unlocked{"claim_unlocked", PARLEY_CLAIM("FOR UPDATE SKIP LOCKED")};

// The statement's snapshot shows the own row as it was before, or not at all: what RETURNING says stands in for it. A
// node whose lease ended a minute ago is news to nobody. An operator's wish that it leaves is not the node's to touch.
const statement renew{"renew", R"(
WITH own AS (
  INSERT INTO parley.lease AS l (owner, node, peer_address, is_leaving, endpoints, map, renewals, expires_at)
  VALUES ($1::text, $2::text, $4::text, $5::bool, $6::int4, $7::int8, 1,
    clock_timestamp() + $3::int8 * interval '1 ms')
  ON CONFLICT (owner) DO UPDATE SET node = excluded.node, peer_address = excluded.peer_address,
    is_leaving = excluded.is_leaving, endpoints = excluded.endpoints, map = excluded.map, renewals = l.renewals + 1,
    expires_at = clock_timestamp() + $3::int8 * interval '1 ms'
  RETURNING l.owner, l.node, l.peer_address, l.is_leaving OR l.is_asked_to_leave AS is_leaving, l.renewals,
    l.expires_at
), seen AS (
  SELECT owner, node, peer_address, is_leaving, renewals, expires_at FROM own
  UNION ALL
  SELECT l.owner, l.node, l.peer_address, l.is_leaving OR l.is_asked_to_leave, l.renewals, l.expires_at
  FROM parley.lease l
  WHERE l.owner <> $1::text AND l.expires_at > clock_timestamp() - interval '1 minute'
)
SELECT own.renewals, left(pg_walfile_name(pg_current_wal_lsn()), 8), s.node, s.owner, s.peer_address, s.is_leaving,
  s.expires_at > clock_timestamp() AS has_lease, s.renewals, c.changes
FROM own CROSS JOIN seen s CROSS JOIN parley.cluster c ORDER BY s.owner)"};

const statement survey{"survey", R"(
SELECT s.shard, s.owner, s.term, s.n, coalesce(l.expires_at > clock_timestamp(), false), coalesce(l.renewals, 0),
  s.wish, coalesce(s.closed_until > clock_timestamp(), false)
FROM parley.shard s LEFT JOIN parley.lease l ON l.owner = s.owner WHERE s.moved_to IS NULL ORDER BY s.shard)"};

const statement departed{"departed",
                         "SELECT shard FROM parley.shard WHERE moved_to NOT LIKE 'arriving%' ORDER BY shard"};

// One row: the version goes with the places. Endpoints are told for all shards or for none.
const statement places{"places", R"(
SELECT c.changes, p.databases, p.endpoints FROM parley.cluster c CROSS JOIN (
  SELECT string_agg(database::text, ' ' ORDER BY shard) AS databases,
    CASE WHEN bool_and(endpoint IS NOT NULL) THEN string_agg(endpoint::text, ' ' ORDER BY shard) END AS endpoints
  FROM parley.place) p)"};

const statement marks{"marks", R"(
SELECT s.term, s.n FROM unnest($1::int4[]) WITH ORDINALITY AS q(shard, place)
LEFT JOIN parley.shard s ON s.shard = q.shard AND s.moved_to IS NULL ORDER BY q.place)"};

// Of the blocks from $2 on, before $3: a scan of that range of the table. The age is written so that the index of block
// ranges does not fit it: the planner would take that for all of the table.
const statement sweep_keys{"sweep_keys", R"(
WITH gone AS (
  DELETE FROM parley.dedup WHERE ctid = ANY (ARRAY(
    SELECT d.ctid FROM parley.dedup d
    WHERE d.ctid >= ('(' || $2::int8 || ',0)')::tid AND d.ctid < ('(' || $3::int8 || ',0)')::tid
      AND now() - d.expires_at > interval '0' LIMIT $1::int8 FOR UPDATE SKIP LOCKED))
  RETURNING 1)
SELECT count(*), pg_relation_size('parley.dedup') / current_setting('block_size')::int8 FROM gone)"};

// Long after their end: a lease row that still stands tells a claimant how often it was renewed.
const statement sweep_leases{"sweep_leases", "DELETE FROM parley.lease WHERE expires_at < now() - interval '1 day'"};

}  // namespace parley::postgres::sql
