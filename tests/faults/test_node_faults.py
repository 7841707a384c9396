"""The node itself dies or stands still."""

import os
import signal

import pytest

from parley_faults.groups import group  # noqa: F401  (a fixture)

# Moments at which the node dies, and the spoil of a relay that marks each: (relay, what its link does).
_moments = {
    "ahead_of_a_commit": ("postgres", {"commit_fault": "before", "commit_chance": 0.3}),
    "at_a_commit": ("postgres", {"commit_fault": "at", "commit_chance": 0.3}),
    "behind_a_commit": ("postgres", {"commit_fault": "after", "commit_chance": 0.3}),
    "behind_a_copy": ("redis", {"marks": ("up", b":room:")}),
    "in_a_join": ("clients", {"marks": ("down", b'"joined"')}),
}


@pytest.mark.quick
def test_node_is_killed_at_random_moments(cell, world):
    async def fault(f):
        async for _ in f.strikes(cell.times(6)):
            await f.kill(f.world.node)
            await f.start(f.world.node)

    cell.run(world(), fault, hits={"node killed": cell.times(6)})


@pytest.mark.parametrize("moment", _moments)
def test_node_is_killed(cell, world, moment):
    """A relay sees the moment pass and kills the node before it passes anything more on."""
    name, when = _moments[moment]

    async def fault(f):
        node = f.world.node
        async for _ in f.strikes(cell.times(6), wait=(0.3, 1.5)):
            f.world.relay[name].strike_once(lambda: os.kill(node.child.pid, signal.SIGKILL), **when)
            await f.until(lambda: not node.child.alive(), "the moment to come", 30)
            f.note_killed(node)
            await f.start(node)

    cell.run(world(relays=[name]), fault, hits={"node killed": cell.times(6)})


@pytest.mark.parametrize("how", ["stopped", "frozen"])
def test_node_stands_still_past_its_lease(cell, world, group, how):
    """Nobody else takes over on one node; what it shows after the pause must still be right."""
    async def fault(f):
        node, term = f.world.node, f.term()
        if how == "stopped":
            await f.pause(node, cell.seconds(30, least=5))
        else:
            frozen = group("freezer", node.child.pid)
            frozen.write("freezer.state", "FROZEN")
            await f.until(lambda: frozen.read("freezer.state") == "FROZEN", "the group to be frozen", 10)
            await f.still(cell.seconds(30, least=5))
            frozen.write("freezer.state", "THAWED")
            f.hits["node paused"] += 1
        f.over()
        await f.ready()
        # Past its lease it may not go on in the old term (C8), though nobody else has claimed anything.
        f.hits["claimed anew"] += await f.until(lambda: f.term() > term, "the shards to be claimed anew", 30)

    cell.run(world(), fault, hits={"node paused": 1, "claimed anew": 1}, acks=0, joins=0)


def test_node_stutters(cell, world):
    """Pauses far below the lease, in a row: timers that fire late must not lose anything."""
    async def fault(f):
        async for _ in f.strikes(cell.times(40), wait=(0.02, 0.3)):
            await f.pause(f.world.node, f.random.uniform(0.02, 0.4))

    cell.run(world(), fault, hits={"node paused": cell.times(40)})


def test_node_is_restarted_in_order(cell, world):
    """SIGTERM under load: it takes no more, answers what it has, says goodbye and ends with 0."""
    async def fault(f):
        async for _ in f.strikes(cell.times(10, least=3)):
            code = await f.stop(f.world.node)
            assert code == 0, f"a drain ended with {code}\n{f.world.node.child.log_tail()}"
            f.hits["drains"] += 1
            await f.start(f.world.node)
        f.hits["told to reconnect"] += f.pushed("reconnect")

    cell.run(world(), fault, hits={"drains": cell.times(10, least=3), "told to reconnect": 20})
