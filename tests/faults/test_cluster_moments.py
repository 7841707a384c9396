"""An owner dies at a chosen moment, and others go on with what it had."""

import os
import signal
import time

import pytest

from parley_faults.cluster_steps import VICTIM, spread_again, taken_over
from parley_testkit.cluster import LEASE_S

# From a death to all of its shards owned by others: the lease, and what a busy machine may add.
_takeover_s = LEASE_S + 3
# Moments at which the owner dies, and the spoil of a relay on its own links that marks each: (relay, what it does).
_moments = {
    "ahead_of_a_commit": ("postgres", {"commit_fault": "before", "commit_chance": 0.3}),
    "at_a_commit": ("postgres", {"commit_fault": "at", "commit_chance": 0.3}),
    "behind_a_commit": ("postgres", {"commit_fault": "after", "commit_chance": 0.3}),
    "behind_a_copy": ("redis", {"marks": ("up", b":room:")}),
    "in_a_join": ("clients", {"marks": ("down", b'"joined"')}),
}


@pytest.mark.parametrize("moment", _moments)
def test_cluster_node_is_killed_at_a_moment(cell, cluster, moment):
    """A relay sees the moment pass and kills the node before it passes anything more on. The others own its shards, and
    find out what it had committed; then it comes back."""
    name, when = _moments[moment]
    times, took = cell.times(3), "longest takeover in ms"
    cluster.put_relays_around(VICTIM, cell.seed)
    cluster.cluster.make_whole()

    async def fault(f):
        node = f.world.nodes[VICTIM]
        async for _ in f.strikes(times, wait=(0.3, 1.5)):
            f.world.relay[name].strike_once(lambda: os.kill(node.child.pid, signal.SIGKILL), **when)
            await f.until(lambda: not node.child.alive(), "the moment to come", 60)
            f.note_killed(node)
            begin = time.monotonic()
            await taken_over(f)
            f.hits[took] = max(f.hits[took], round(1000 * (time.monotonic() - begin)))
            await f.start(node)
            await spread_again(f)

    out = cell.run(cluster, fault, rooms=6, hits={f"{VICTIM} killed": times, "taken over": times})
    if out.hits[took] > 1000 * _takeover_s:
        out.problems.append(f"a takeover took {out.hits[took]} ms, {1000 * _takeover_s} are allowed")
