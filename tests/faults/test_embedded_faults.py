"""The embedded node: one process, one SQLite file."""

import pytest

from parley_faults.disks import fill, small_disk  # noqa: F401  (a fixture)


@pytest.mark.quick
def test_the_embedded_node_is_killed_over_and_over(cell, world):
    async def fault(f):
        async for _ in f.strikes(cell.times(10), wait=(0.3, 1.5)):
            await f.kill(f.world.node)
            await f.start(f.world.node)

    cell.run(world(embedded=True), fault, hits={"node killed": cell.times(10)})


def test_the_embedded_nodes_disk_is_full(cell, world, small_disk):
    """The node may refuse, or stop with 70; once there is room, it goes on or is started again, and nothing is lost."""
    disk = small_disk(48)

    async def fault(f):
        node, filler = f.world.node, fill(disk)
        await f.until(lambda: not node.child.alive() or f.count("refused"), "the full disk to be met", 60)
        await f.lasts(cell.seconds(5, least=2))
        f.hits["disk full met"] += 1
        f.hits["node stopped itself"] += not node.child.alive()
        f.over()
        filler.unlink()
        if not node.child.alive():
            assert node.child.exit_code() == 70, node.child.exit_code()
            await f.start(node)
        await f.ready()

    cell.run(world(embedded=True, data_dir=str(disk / "store")), fault, hits={"disk full met": 1}, acks=0, joins=0,
             load={"text_bytes": 2000})
