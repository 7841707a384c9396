#pragma once

/// The statements of room_copy. Rows travel as arrays in PostgreSQL's own text form: the source makes them, the target
/// takes them as parameters, and nothing in between reads them.
namespace parley::ctl::sql {

inline constexpr int page_rooms = 500;
inline constexpr int page_rows = 2'000;

// $1 shard, $2 the last room of the page before, or null
inline constexpr const char* rooms_page = R"(
WITH page AS MATERIALIZED (
  SELECT r.room, r.instance, r.name, r.floor_term, r.floor_seq, r.created_at FROM parley.room r
  WHERE r.shard = $1::int4 AND ($2::uuid IS NULL OR r.room > $2::uuid) ORDER BY r.room LIMIT $3::int4
), headed AS (
  SELECT p.*, greatest(p.floor_seq, coalesce((SELECT max(e.seq) FROM parley.event e WHERE e.room = p.room), 0)) AS head
  FROM page p
)
SELECT count(*), (SELECT room FROM page ORDER BY room DESC LIMIT 1), array_agg(room ORDER BY room),
  array_agg(instance ORDER BY room), array_agg(name ORDER BY room), array_agg(floor_term ORDER BY room),
  array_agg(floor_seq ORDER BY room),
  array_agg((extract(epoch FROM created_at) * 1000000)::int8 ORDER BY room), array_agg(head ORDER BY room)
FROM headed)";

// Answers the rooms that lack events here: up to which seq they are, and up to which they should be.
inline constexpr const char* put_rooms = R"(
WITH given AS MATERIALIZED (
  SELECT g.room, g.instance, g.name, g.floor_term, g.floor_seq, timestamptz 'epoch' + g.created * interval '1 us' AS at,
    g.head
  FROM unnest($2::uuid[], $3::text[], $4::text[], $5::int8[], $6::int8[], $7::int8[], $8::int8[])
    AS g(room, instance, name, floor_term, floor_seq, created, head)
), put AS (
  INSERT INTO parley.room AS r (room, shard, instance, name, floor_term, floor_seq, created_at)
  SELECT g.room, $1::int4, g.instance, g.name, g.floor_term, g.floor_seq, g.at FROM given g
  WHERE EXISTS (SELECT FROM parley.shard s WHERE s.shard = $1::int4 AND s.moved_to LIKE 'arriving%')
  ON CONFLICT (room) DO UPDATE SET floor_term = excluded.floor_term, floor_seq = excluded.floor_seq
  WHERE r.floor_seq < excluded.floor_seq
), gone AS (
  DELETE FROM parley.event e USING given g WHERE g.floor_seq > 0 AND e.room = g.room AND e.seq <= g.floor_seq
    AND EXISTS (SELECT FROM parley.shard s WHERE s.shard = $1::int4 AND s.moved_to LIKE 'arriving%')
), held AS (
  SELECT g.room, g.head, coalesce((SELECT max(e.seq) FROM parley.event e WHERE e.room = g.room), 0) AS seq FROM given g
)
SELECT room, seq, head FROM held WHERE seq < head ORDER BY room)";

// $1 room, $2 of events after this seq, $3 and $4 the last key of the page before, or null
inline constexpr const char* keys_page = R"(
WITH page AS MATERIALIZED (
  SELECT d.sender, d.client_msg_id, d.seq, d.term, d.at, d.expires_at, d.digest FROM parley.dedup d
  WHERE d.room = $1::uuid AND d.seq > $2::int8
    AND ($3::text IS NULL OR (d.sender, d.client_msg_id) > ($3::text, $4::text))
  ORDER BY d.sender, d.client_msg_id LIMIT $5::int4
), last AS (SELECT sender, client_msg_id FROM page ORDER BY sender DESC, client_msg_id DESC LIMIT 1)
SELECT count(*), (SELECT sender FROM last), (SELECT client_msg_id FROM last),
  array_agg(sender ORDER BY sender, client_msg_id), array_agg(client_msg_id ORDER BY sender, client_msg_id),
  array_agg(seq ORDER BY sender, client_msg_id), array_agg(term ORDER BY sender, client_msg_id),
  array_agg(at ORDER BY sender, client_msg_id),
  array_agg((extract(epoch FROM expires_at) * 1000000)::int8 ORDER BY sender, client_msg_id),
  array_agg(digest ORDER BY sender, client_msg_id)
FROM page)";

// A key that ended may be used again while its former row is here: the newest row counts.
inline constexpr const char* put_keys = R"(
INSERT INTO parley.dedup (room, sender, client_msg_id, seq, term, at, expires_at, digest)
SELECT $2::uuid, k.sender, k.id, k.seq, k.term, k.at, timestamptz 'epoch' + k.ends * interval '1 us', k.digest
FROM unnest($3::text[], $4::text[], $5::int8[], $6::int8[], $7::int8[], $8::int8[], $9::bytea[])
  AS k(sender, id, seq, term, at, ends, digest)
WHERE EXISTS (SELECT FROM parley.shard s WHERE s.shard = $1::int4 AND s.moved_to LIKE 'arriving%')
ON CONFLICT (room, sender, client_msg_id) DO UPDATE SET seq = excluded.seq, term = excluded.term, at = excluded.at,
  expires_at = excluded.expires_at, digest = excluded.digest)";

// $1 room, after $2 up to $3, at most $4 of them and about 4 MB
inline constexpr const char* events_page = R"(
SELECT count(*), coalesce(max(seq), 0), array_agg(seq ORDER BY seq), array_agg(term ORDER BY seq),
  array_agg(kind ORDER BY seq), array_agg(payload ORDER BY seq)
FROM (
  SELECT p.*, sum(octet_length(p.payload)) OVER (ORDER BY p.seq) - octet_length(p.payload) AS bytes_before FROM (
    SELECT e.seq, e.term, e.kind, e.payload FROM parley.event e
    WHERE e.room = $1::uuid AND e.seq > $2::int8 AND e.seq <= $3::int8 ORDER BY e.seq LIMIT $4::int4) p) page
WHERE bytes_before < 4194304)";

inline constexpr const char* put_events = R"(
INSERT INTO parley.event (room, seq, term, kind, payload)
SELECT $2::uuid, e.seq, e.term, e.kind, e.payload
FROM unnest($3::int8[], $4::int8[], $5::int2[], $6::bytea[]) AS e(seq, term, kind, payload)
WHERE EXISTS (SELECT FROM parley.shard s WHERE s.shard = $1::int4 AND s.moved_to LIKE 'arriving%')
ON CONFLICT (room, seq) DO NOTHING)";

inline constexpr const char* heads = R"(
SELECT q.room, coalesce((SELECT max(e.seq) FROM parley.event e WHERE e.room = q.room), 0)
FROM unnest($1::uuid[]) AS q(room) ORDER BY q.room)";

// What both sides must answer alike: of events and keys above one seq and up to another the number, and the sum of
// their rows' hashes, which no order changes. Keys that end soon may be swept on one side first: they do not count.
inline constexpr const char* prints = R"(
SELECT q.room, coalesce(r.floor_term, 0), coalesce(r.floor_seq, 0), e.rows, e.last, e.digest, k.rows, k.digest,
  CASE WHEN $5::bool THEN (SELECT count(*) FROM parley.event x WHERE x.room = q.room) ELSE 0 END,
  octet_length(r.instance) || ' ' || r.instance || r.name
FROM unnest($1::uuid[], $2::int8[], $3::int8[]) AS q(room, above, upto)
LEFT JOIN parley.room r ON r.room = q.room
CROSS JOIN LATERAL (
  SELECT count(*) AS rows, coalesce(max(x.seq), 0) AS last, coalesce(sum(('x' || left(encode(sha256(
    convert_to(x.seq || ' ' || x.term || ' ' || x.kind || ' ', 'UTF8') || x.payload), 'hex'), 16))::bit(64)::int8), 0)
    AS digest
  FROM parley.event x
  WHERE x.room = q.room AND x.seq > greatest(q.above, r.floor_seq) AND x.seq <= q.upto) e
CROSS JOIN LATERAL (
  SELECT count(*) AS rows, coalesce(sum(('x' || left(encode(sha256(
    convert_to(x.seq || ' ' || x.term || ' ' || x.at || ' ' || octet_length(x.sender) || ' ' || x.sender
      || x.client_msg_id || ' ', 'UTF8') || coalesce(x.digest, ''::bytea)), 'hex'), 16))::bit(64)::int8), 0) AS digest
  FROM parley.dedup x
  WHERE x.room = q.room AND x.seq > q.above AND x.seq <= q.upto
    AND x.expires_at > timestamptz 'epoch' + $4::int8 * interval '1 us') k
ORDER BY q.room, q.above)";

inline constexpr const char* count_rooms = "SELECT count(*) FROM parley.room WHERE shard = $1::int4";
inline constexpr const char* now = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::int8";

// Tables that were just filled have no statistics yet: without this a lookup by room may become a scan of all rows.
inline constexpr const char* by_index =
    "SELECT set_config('enable_seqscan', 'off', false), set_config('enable_bitmapscan', 'off', false)";

// Nothing of a shard that lives here.
inline constexpr const char* rooms_to_clear = R"(
SELECT array_agg(p.room) FROM (
  SELECT r.room FROM parley.room r JOIN parley.shard s ON s.shard = r.shard AND s.moved_to IS NOT NULL
  WHERE r.shard = $1::int4 LIMIT 500) p)";
inline constexpr const char* clear_events = R"(
WITH taken AS MATERIALIZED (
  SELECT e.room, e.seq FROM unnest($2::uuid[]) AS q(room)
  CROSS JOIN LATERAL (SELECT x.room, x.seq FROM parley.event x WHERE x.room = q.room LIMIT 10000) e LIMIT 10000
), gone AS (
  DELETE FROM parley.event e USING taken s WHERE e.room = s.room AND e.seq = s.seq
    AND EXISTS (SELECT FROM parley.shard h WHERE h.shard = $1::int4 AND h.moved_to IS NOT NULL) RETURNING 1
)
SELECT count(*) FROM gone)";
inline constexpr const char* clear_keys = R"(
WITH taken AS MATERIALIZED (
  SELECT k.room, k.sender, k.client_msg_id FROM unnest($2::uuid[]) AS q(room)
  CROSS JOIN LATERAL (
    SELECT x.room, x.sender, x.client_msg_id FROM parley.dedup x WHERE x.room = q.room LIMIT 10000) k LIMIT 10000
), gone AS (
  DELETE FROM parley.dedup d USING taken s
  WHERE d.room = s.room AND d.sender = s.sender AND d.client_msg_id = s.client_msg_id
    AND EXISTS (SELECT FROM parley.shard h WHERE h.shard = $1::int4 AND h.moved_to IS NOT NULL) RETURNING 1
)
SELECT count(*) FROM gone)";
inline constexpr const char* clear_rooms = R"(
WITH gone AS (
  DELETE FROM parley.room r WHERE r.room = ANY ($2::uuid[])
    AND EXISTS (SELECT FROM parley.shard h WHERE h.shard = $1::int4 AND h.moved_to IS NOT NULL) RETURNING 1
)
SELECT count(*) FROM gone)";

}  // namespace parley::ctl::sql
