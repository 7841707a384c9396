-- Shards that lie elsewhere than their number says, and the way of a shard's rooms to another database.

-- The shard map, in the home database only. Without rows a shard lies in the database of its number modulo theirs; with
-- the first change all shards get theirs, so that a longer list moves none.
CREATE TABLE parley.place (
  shard integer PRIMARY KEY,
  database integer NOT NULL CHECK (database > 0)  -- from 1
);

-- Grows when an operator changed rows that running nodes must look at: each renewal tells it. At home it is also the
-- map's version. By the clock, so that it does not come again after a failover that lost a change.
ALTER TABLE parley.cluster ADD COLUMN changes bigint NOT NULL DEFAULT 0;

-- Until then the shard's owner gives it back, and nobody claims it once it is free: its rooms are about to move. It ends
-- by itself, should the program that moves them be gone.
ALTER TABLE parley.shard ADD COLUMN closed_until timestamptz;
