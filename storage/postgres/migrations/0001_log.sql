-- The log, its rooms, its shards and their leases. Applied by prepare_postgres() in one transaction, which then adds the
-- shard rows: their number is the cluster record's. Seqs, terms and attempt ids stay below 2^53: bigint holds them.

CREATE TABLE parley.cluster (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  id text NOT NULL,
  shards integer NOT NULL CHECK (shards > 0)
);

-- The fence: every batch moves `n` of the shards that it writes. The low fillfactor keeps these updates HOT, so that
-- they touch no index and old versions are pruned on the page.
CREATE TABLE parley.shard (
  shard integer PRIMARY KEY,
  term bigint NOT NULL DEFAULT 0,
  n bigint NOT NULL DEFAULT 0,
  owner text COLLATE "C" NOT NULL DEFAULT '',
  moved_to text  -- not null: the rooms live in another database, for ever; nobody claims, writes or reads them here
) WITH (fillfactor = 10);

CREATE TABLE parley.lease (
  owner text COLLATE "C" PRIMARY KEY,
  node text NOT NULL,
  renewals bigint NOT NULL,
  expires_at timestamptz NOT NULL
) WITH (fillfactor = 10);

CREATE TABLE parley.room (
  room uuid PRIMARY KEY,
  shard integer NOT NULL,
  instance text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  floor_term bigint NOT NULL DEFAULT 0,
  floor_seq bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- Wide columns first: no padding between them.
CREATE TABLE parley.event (
  seq bigint NOT NULL CHECK (seq > 0),
  term bigint NOT NULL,
  room uuid NOT NULL,
  kind smallint NOT NULL,
  payload bytea NOT NULL,
  CONSTRAINT event_key PRIMARY KEY (room, seq)
);

-- Not partitioned by time: a unique key of a partitioned table would have to contain the time, and a repeat would then
-- be a new key at each border (C15).
CREATE TABLE parley.dedup (
  seq bigint NOT NULL,
  term bigint NOT NULL,
  at bigint NOT NULL,
  expires_at timestamptz NOT NULL,
  room uuid NOT NULL,
  sender text COLLATE "C" NOT NULL,
  client_msg_id text COLLATE "C" NOT NULL,
  digest bytea,  -- null: the content was deleted, any repeat is a duplicate
  CONSTRAINT dedup_key PRIMARY KEY (room, sender, client_msg_id)
);
-- Keys come in the order of their end, so that a block range index finds the old ones and costs a write nothing.
CREATE INDEX dedup_end ON parley.dedup USING brin (expires_at) WITH (pages_per_range = 32);

-- What a connection checks before it is used (C7).
CREATE FUNCTION parley.server_identity(OUT system text, OUT timeline text, OUT is_standby boolean, OUT cluster text)
LANGUAGE plpgsql AS $$
BEGIN
  is_standby := pg_is_in_recovery();
  timeline := CASE WHEN is_standby THEN '' ELSE left(pg_walfile_name(pg_current_wal_lsn()), 8) END;
  SELECT id INTO cluster FROM parley.cluster;
  BEGIN
    SELECT system_identifier::text INTO system FROM pg_control_system();
  EXCEPTION WHEN insufficient_privilege THEN
    system := '';  -- some hosted servers keep it back: then the timeline and the cluster id must do
  END;
END $$;

-- The checked mode's refusal (C2): called for an append whose room does not end where the append begins.
CREATE FUNCTION parley.refuse_hole(room uuid, seq bigint) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'room % does not end where an append of seq % begins', room, seq USING ERRCODE = 'PY001';
END $$;
