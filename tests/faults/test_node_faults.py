"""The node itself dies or stands still."""

import asyncio
import signal

import pytest


@pytest.mark.quick
def test_node_is_killed_at_random_moments(cell, world):
    async def fault(f):
        for _ in range(cell.times(6)):
            await f.lasts(f.random.uniform(0.5, 2.0))
            f.world.node.kill9()
            f.hits["node killed"] += f.world.node.child.exit_code() == -signal.SIGKILL
            await asyncio.to_thread(f.world.node.start)
        await f.lasts(1, acks=200, joins=20)

    cell.run(world(), fault, hits={"node killed": cell.times(6)})


def test_node_stands_still_past_its_lease(cell, world):
    """Nobody else takes over on one node; what it shows after the pause must still be right."""
    async def fault(f):
        for _ in range(cell.times(2, least=1)):
            f.world.node.pause()
            await asyncio.sleep(cell.seconds(10, least=5))  # the pause is the fault
            f.world.node.resume()
            f.hits["node paused"] += 1
            await f.ready()
            await f.lasts(2)
        await f.lasts(1, acks=200, joins=20)

    cell.run(world(), fault, hits={"node paused": 1})


def test_node_stutters(cell, world):
    """Pauses far below the lease, in a row: timers that fire late must not lose anything."""
    async def fault(f):
        for _ in range(cell.times(40)):
            f.world.node.pause()
            await asyncio.sleep(f.random.uniform(0.02, 0.4))
            f.world.node.resume()
            f.hits["node paused"] += 1
            await f.lasts(f.random.uniform(0.02, 0.3))
        await f.lasts(0.1, acks=200, joins=20)

    cell.run(world(), fault, hits={"node paused": cell.times(40)})
