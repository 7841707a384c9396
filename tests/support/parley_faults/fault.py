"""What the coroutine of a fault gets: the world, the load, and the means to go on until enough has happened."""

from __future__ import annotations

import asyncio
import collections
import random
import signal
import time
from typing import AsyncIterator, Callable, Mapping, TypeVar

from parley_testkit.history import Recorder
from parley_testkit.servers import Server
from parley_testkit.waiting import wait_until

from .load import Load
from .outcome import Outcome
from .relay import counted
from .tally import Tally
from .world import World

T = TypeVar("T")

# What the node counts of what befell it, as the table names it.
told_by_node = ("outcomes_unknown", "endpoint_half_open", "database_links_lost", "endpoint_links_lost",
                "database_recoveries", "accept_pauses", "readers_fell_behind")


class Fault:
    """:param grown: what the node has counted since it began
    :ivar hits: how often each fault really acted, for the table"""

    def __init__(self, seed: int, factor: float, outcome: Outcome, world: World, load: Load, recorder: Recorder,
                 needed: Mapping[str, int], grown: Callable[[], Mapping[str, int]]) -> None:
        self._factor, self._needed, self._grown = factor, needed, grown
        self.world, self.load, self.recorder = world, load, recorder
        self.hits = outcome.hits
        self.random = random.Random(f"{seed}/fault")
        self._tally = Tally(recorder)
        self._begin = self._tally.snapshot()
        self.began_ns, self.ended_ns = time.monotonic_ns(), 0
        self._at_end: collections.Counter | None = None

    # --- what has happened

    def counts(self) -> collections.Counter:
        """Since it began, until it was over: by (what, room), and by (what, None) for all rooms."""
        if self._at_end is not None:
            return self._at_end
        now = self._tally.snapshot()
        now.subtract(self._begin)
        return now

    def count(self, what: str) -> int:
        return self.counts()[what, None]

    def pushed(self, kind: str) -> int:
        """How many pushes of that kind clients got, in the whole run."""
        return sum(record["op"] == "push" and record["kind"] == kind for record in self.recorder.records)

    def term(self) -> int:
        """The highest term of all shards, as the database has it: it grows when a node claims them anew."""
        return max(server.execute("SELECT max(term) FROM parley.shard")[0][0] for server in self.world.postgres)

    def over(self) -> None:
        """From here on it is the way back: what comes now does not count for the fault's minima."""
        if self._at_end is None:
            self._at_end, self.ended_ns = self.counts(), time.monotonic_ns()

    # --- waiting

    def seconds(self, usual: float, *, least: float = 1.0) -> float:
        """As long as this run has its faults last."""
        return max(least, usual * self._factor)

    async def lasts(self, seconds: float, **least: int) -> None:
        """The fault goes on for so long. Where something is named, as in `lasts(10, acks=200, joins=20)`, it goes on, for
        thrice that at most, until as much was counted since it began, and the fault has struck as often as the cell needs,
        by the relays' count and by the node's: how fast that comes is a matter of the machine."""
        begin = time.monotonic()
        while True:
            self.load.check()
            gone = time.monotonic() - begin
            if gone >= seconds and (not least or self._has(least) and await self._has_struck()):
                return
            if gone >= 3 * seconds + 10:
                return  # the minima of the cell will say what was too little
            await asyncio.sleep(0.05)

    async def strikes(self, times: int, wait: tuple[float, float] = (0.5, 2.0), **least: int) -> AsyncIterator[int]:
        """So many random moments: `async for _ in f.strikes(6): ...`. Ahead of each, its share of `least` must have been
        counted, so that the load flows between them (default: 200 acks and 20 joins in all); and, up to three times as
        many, until they have struck as often as the cell needs."""
        least = least or {"acks": 200, "joins": 20}
        for turn in range(3 * times):
            if turn >= times and await self._has_struck():
                return
            share = min(1.0, (turn + 1) / times)
            await self._until({what: int(count * share) for what, count in least.items()}, seconds=20)
            await self.lasts(self.random.uniform(*wait))
            yield turn

    async def _until(self, least: dict[str, int], seconds: float) -> None:
        end = time.monotonic() + seconds
        while not self._has(least) and time.monotonic() < end:
            self.load.check()
            await asyncio.sleep(0.05)

    async def until(self, condition: Callable[[], T], what: str, seconds: float = 60) -> T:
        return await asyncio.to_thread(wait_until, condition, what=what, seconds=seconds)

    async def ready(self, seconds: float = 60) -> None:
        await self.until(self.world.node.is_ready, "the node to be ready", seconds)

    def _has(self, least: dict[str, int]) -> bool:
        counts = self.counts()
        return all(counts[what, None] >= count for what, count in least.items())

    async def _has_struck(self) -> bool:
        relays = all(sum(relay.hits[what] for relay in self.world.relay.values()) >= least
                     for what, least in self._needed.items() if what in counted)
        named = {what: least for what, least in self._needed.items() if what in told_by_node}
        if not relays or not named:
            return relays
        seen = await asyncio.to_thread(self._grown)
        return all(seen.get(what, 0) >= least for what, least in named.items())

    # --- what many faults do

    async def kill(self, server: Server) -> None:
        await asyncio.to_thread(server.kill9)
        self.note_killed(server)

    def note_killed(self, server: Server) -> None:
        self.hits[f"{server.name} killed"] += server.child.exit_code() == -signal.SIGKILL

    async def start(self, server: Server) -> None:
        """Where a fault has left it dead or asleep. Returns once it answers."""
        await asyncio.to_thread(server.resume)
        await asyncio.to_thread(server.child.end)
        await asyncio.to_thread(server.start)

    async def stop(self, server: Server, seconds: float = 30) -> int:
        """Gently: its exit code."""
        return await asyncio.to_thread(server.child.end, seconds=seconds)

    async def pause(self, server: Server, seconds: float) -> None:
        """It stands still for so long."""
        server.pause()
        try:
            await self.still(seconds)
        finally:
            server.resume()
        self.hits[f"{server.name} paused"] += 1

    async def still(self, seconds: float) -> None:
        """Time itself is the fault: nothing is polled, and no count ends it earlier or later."""
        await asyncio.sleep(seconds)
