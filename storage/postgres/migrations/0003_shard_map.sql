-- What places the shards: each database knows its number in the nodes' list, and of how many; the home database also who
-- its members are and which Redis endpoints there are, in their order. Nodes whose lists say otherwise do not start. 0 and
-- '': nobody has said so yet.

ALTER TABLE parley.cluster
  ADD COLUMN place integer NOT NULL DEFAULT 0,  -- from 1
  ADD COLUMN databases integer NOT NULL DEFAULT 0,
  ADD COLUMN database_id text NOT NULL DEFAULT gen_random_uuid()::text,  -- goes with a dump or a copy
  ADD COLUMN members text NOT NULL DEFAULT '',
  ADD COLUMN endpoints text NOT NULL DEFAULT '';
