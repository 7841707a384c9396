-- Shards whose copies travel over another Redis endpoint than their number says.

-- In the home database. Without one a shard has the endpoint of its number modulo the length of the list; with the first
-- change all shards get theirs, so that a longer list moves none.
ALTER TABLE parley.place ADD COLUMN endpoint integer CHECK (endpoint > 0);  -- from 1

-- How many endpoints the node's list has, and the version of the map that it goes by (parley.cluster.changes). 0: it is of
-- a version that does not say so.
ALTER TABLE parley.lease
  ADD COLUMN endpoints integer NOT NULL DEFAULT 0,
  ADD COLUMN map bigint NOT NULL DEFAULT 0;
