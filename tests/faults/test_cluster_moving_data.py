"""Servers and nodes die while a shard's rooms move to the other database (decisions/0008): the command is repeated until
it is done, as its message says."""

import asyncio
import json
import subprocess

from parley_faults.cluster_steps import VICTIM, spread_again
from parley_testkit.cluster import shard_of
from parley_testkit.recipes import parleyctl

_struck = ("source", "target", "home", "node", "command")
_patience_s = 60


class Mover:
    """`parleyctl shards move-data`, again and again until it says that the shard is there."""

    def __init__(self, f, shard: int) -> None:
        self.f, self.shard = f, shard
        self.databases = f.world.postgres
        self.process: subprocess.Popen | None = None

    def _line(self, *words) -> list[str]:
        dsns = [word for database in self.databases for word in ("--postgres", database.url)]
        return [str(parleyctl()), *map(str, words), *dsns]

    async def place(self) -> int:
        """From 1. Every database must answer."""
        told = await asyncio.to_thread(subprocess.run, self._line("shards", "--json"), capture_output=True, text=True, check=True)
        return next(one["database"] for one in json.loads(told.stdout)["shards"] if one["shard"] == self.shard)

    def begin(self, to: int) -> None:
        self.process = subprocess.Popen(self._line("shards", "move-data", self.shard, "--to", to), stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True)

    async def finish(self, to: int) -> int:
        """:returns: how many runs were in vain"""
        deadline, in_vain = asyncio.get_running_loop().time() + _patience_s, 0
        while True:
            said, _ = await asyncio.to_thread(self.process.communicate)
            if self.process.returncode == 0:
                return in_vain
            in_vain += 1
            assert asyncio.get_running_loop().time() < deadline, f"not moved in {_patience_s} s: {said}"
            self.begin(to)


async def strike(f, mover: Mover, who: str, source: int, target: int) -> None:
    """It dies, and is back after a second or two, or, the command, at once."""
    if who == "command":
        mover.process.kill()
        return
    server = f.world.nodes[VICTIM] if who == "node" else f.world.postgres[{"source": source, "target": target, "home": 1}[who] - 1]
    await f.kill(server)
    await f.lasts(f.random.uniform(0.5, 2))
    await f.start(server)


def test_cluster_servers_die_while_a_shard_moves(cell, cluster):
    times = cell.times(5, least=5)  # each victim once

    async def fault(f):
        shard = shard_of(f.load.rooms[0], f.world.cluster.shards)
        mover = Mover(f, shard)
        first = await mover.place()
        async for turn in f.strikes(times):
            source = await mover.place()
            target = 3 - source
            mover.begin(target)
            await f.lasts(f.random.uniform(0, 0.7))
            who = _struck[turn % len(_struck)]
            await strike(f, mover, who, source, target)
            f.hits[f"{who} killed"] += 1
            f.hits["runs in vain"] += await mover.finish(target)
            assert await mover.place() == target
            f.hits["moved"] += 1
        if await mover.place() != first:
            mover.begin(first)
            f.hits["runs in vain"] += await mover.finish(first)
        f.over()
        await spread_again(f)

    cell.run(cluster, fault, rooms=6, hits={"moved": times, "runs in vain": 1, **{f"{who} killed": 1 for who in _struck}})
