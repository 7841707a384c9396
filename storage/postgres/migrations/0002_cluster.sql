-- A lease row is also its node's entry in the registry of nodes. Constant defaults: no row is written anew. A node of
-- schema 1 that still runs renews as before, and says of itself that it has no links.

ALTER TABLE parley.lease
  ADD COLUMN peer_address text NOT NULL DEFAULT '',
  ADD COLUMN is_leaving boolean NOT NULL DEFAULT false,
  ADD COLUMN is_asked_to_leave boolean NOT NULL DEFAULT false;  -- by an operator: no renewal touches it

-- The name of the node that an operator wants as its owner; empty: placement decides. Without an index: every batch
-- updates these rows, and stays HOT.
ALTER TABLE parley.shard ADD COLUMN wish text COLLATE "C" NOT NULL DEFAULT '';
