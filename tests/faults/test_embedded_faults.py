"""The embedded node: one process, one SQLite file."""

import asyncio
import signal

import pytest

from parley_faults.disks import fill, small_disk  # noqa: F401  (a fixture)


@pytest.mark.quick
def test_the_embedded_node_is_killed_over_and_over(cell, world):
    async def fault(f):
        for _ in range(cell.times(10)):
            await f.lasts(f.random.uniform(0.3, 1.5))
            f.world.node.kill9()
            f.hits["node killed"] += f.world.node.child.exit_code() == -signal.SIGKILL
            await asyncio.to_thread(f.world.node.start)
        await f.lasts(0.1, acks=200, joins=20)

    cell.run(world(embedded=True), fault, hits={"node killed": cell.times(10)})


def test_the_embedded_nodes_disk_is_full(cell, world, small_disk):
    """The node may refuse, or stop with 70; once there is room, it goes on or is started again, and nothing is lost."""
    disk = small_disk(48)

    async def fault(f):
        node, filler = f.world.node, fill(disk)
        await f.until(lambda: not node.child.alive() or f.counts()["refused", None], "the full disk to be met", 60)
        await f.lasts(2)
        f.hits["disk full met"] += 1
        f.hits["node stopped itself"] += not node.child.alive()
        filler.unlink()
        if not node.child.alive():
            assert node.child.exit_code() == 70, node.child.exit_code()
            await asyncio.to_thread(node.start)
        await f.ready()
        await f.lasts(0.1, acks=200, joins=20)

    cell.run(world(embedded=True, data_dir=str(disk / "store")), fault, hits={"disk full met": 1},
             load={"text_bytes": 2000})
