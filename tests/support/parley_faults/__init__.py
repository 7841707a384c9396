"""Real faults against a running node: a relay that spoils links, a load that records what it is told,
and the cells that put both together and judge."""
