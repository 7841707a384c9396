"""A cell of the fault matrix: a load, a fault in the middle of it, healing, and a verdict.

A cell that did too little is `unknown`, which is no pass: each names how often its fault must have acted,
and how many acks and joins must have come while it did."""

from __future__ import annotations

import asyncio
import collections
import dataclasses
import pathlib
import random
import time
from typing import Awaitable, Callable, Mapping, Sequence

from parley_replay.run import Backoff, Run
from parley_replay.stored_room import read_room
from parley_testkit.client import Closed, ProtocolError, Session
from parley_testkit.history import Recorder, stored_event, told
from parley_testkit.waiting import wait_until

from .judge import judge
from .load import Load, publish_fresh
from .tally import Tally
from .world import World


@dataclasses.dataclass
class Outcome:
    """What a cell came to; one line of the table."""
    cell: str
    verdict: str = "unknown"
    acks: int = 0       # inside the fault
    joins: int = 0
    refused: int = 0
    open: int = 0
    recovery_s: float = 0  # from healing to the last room's fresh ack
    late_ms: int = 0       # the latest that a steady reader saw an event inside the fault, after its ack
    hits: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    seconds: float = 0
    problems: list[str] = dataclasses.field(default_factory=list)
    rules_broken: list[str] = dataclasses.field(default_factory=list)
    resets: int = 0

    def __str__(self) -> str:
        hits = ", ".join(f"{name} {count}" for name, count in sorted(self.hits.items())) or "none"
        return (f"{self.cell}: {self.verdict}; inside the fault {self.acks} acks, {self.joins} joins, {self.refused} "
                f"refused, {self.open} open, latest event {self.late_ms} ms; recovered in {self.recovery_s:.1f} s; "
                f"hits: {hits}")


class Fault:
    """What a fault's coroutine gets: the world, the load, and the means to go on until enough has happened."""

    def __init__(self, cell: "Cell", world: World, load: Load, tally: Tally) -> None:
        self.cell, self.world, self.load, self.tally = cell, world, load, tally
        self.hits = cell.outcome.hits
        self.random = random.Random(f"{cell.seed}/fault")
        self.begin = tally.snapshot()
        self.began_ns = time.monotonic_ns()

    def counts(self) -> collections.Counter:
        now = self.tally.snapshot()
        now.subtract(self.begin)
        return now

    async def lasts(self, seconds: float, **least: int) -> None:
        """The fault goes on for so long, and, for thrice that at most, until as much as `least` was counted
        since it began: `lasts(10, acks=200, joins=20)`."""
        begin = time.monotonic()
        while True:
            self.load.check()
            counts, gone = self.counts(), time.monotonic() - begin
            if gone >= seconds and all(counts[what, None] >= count for what, count in least.items()):
                return
            if gone >= 3 * seconds + 10:
                return  # the minima of the cell will say what was too little
            await asyncio.sleep(0.05)

    async def until(self, condition: Callable[[], object], what: str, seconds: float = 60) -> None:
        await asyncio.to_thread(wait_until, condition, what=what, seconds=seconds)

    async def ready(self, seconds: float = 60) -> None:
        await self.until(self.world.node.is_ready, "the node to be ready", seconds)


class Cell:
    """One run of one cell. :param factor: scales how long its fault lasts"""

    def __init__(self, name: str, *, seed: int, factor: float, folder: pathlib.Path) -> None:
        self.name, self.seed, self.factor = name, seed, factor
        self.folder = folder
        self.outcome = Outcome(name)

    def seconds(self, usual: float, *, least: float = 1.0) -> float:
        return max(least, usual * self.factor)

    def times(self, usual: int, *, least: int = 2) -> int:
        return max(least, round(usual * self.factor))

    def run(self, world: World, fault: Callable[[Fault], Awaitable[None]], *, hits: Mapping[str, int],
            acks: int = 200, joins: int = 20, rooms: int = 4, load: Mapping | None = None, late_ms_max: int | None = None,
            gaps_allowed: Sequence[str] = (), expected: str = "valid", lost_tail: bool = False,
            ends_clean: bool = True, patience: float = 60) -> Outcome:
        """:param hits: how often at least each fault must have acted
        :param acks, joins: at least so many inside the fault"""
        out, begin = self.outcome, time.monotonic()
        try:
            asyncio.run(self._run(world, fault, rooms, dict(load or {}), patience))
            if ends_clean:
                world.node.stop()
        finally:
            out.seconds = time.monotonic() - begin
            self.recorder.close()
            world.close()
        out.problems += [f"{what}: {out.hits[what]} hits, at least {least} are needed"
                         for what, least in hits.items() if out.hits[what] < least]
        out.problems += [f"{have} {what} inside the fault, at least {least} are needed" for what, have, least in
                         (("acks", out.acks, acks), ("joins", out.joins, joins)) if have < least]
        if late_ms_max and out.late_ms > late_ms_max:
            out.problems.append(f"an event came {out.late_ms} ms after its ack, {late_ms_max} are allowed")
        found = judge(self.recorder, self.folder / f"{self.name}.jsonl", gaps_allowed=gaps_allowed)
        out.verdict, out.rules_broken = found.verdict, sorted(found.rules_broken)
        if found.verdict != expected:
            out.problems.append(found.text)
        elif out.problems:
            out.verdict = "unknown"
        return out

    async def _run(self, world: World, fault, rooms: int, load_options: dict, patience: float) -> None:
        self.recorder = Recorder()
        run = Run(world.front, self.recorder, self.seed, f"{time.time_ns() // 10**6:x}", pipeline=4,
                  patience=patience, answer_s=10)
        load = Load(run, [f"{run.name}-room{n}" for n in range(rooms)], **load_options)
        tally = Tally(self.recorder)
        load.start()
        try:
            await self._until_warm(load, tally)
            before = world.metrics()
            inside = Fault(self, world, load, tally)
            self.recorder.add("fault", fault=self.name, phase="begin")
            await fault(inside)
            counts, ended_ns = inside.counts(), time.monotonic_ns()
            self.recorder.add("fault", fault=self.name, phase="end")
            world.heal()
            self._note(counts, world)
            await self._settle(run, world, load)
            self._note_lateness(load, tally, inside.began_ns, ended_ns)
            self.outcome.resets = tally.update().counts["resets", None]
            self._note_metrics(before, world)
        finally:
            await load.abandon()

    async def _until_warm(self, load: Load, tally: Tally) -> None:
        """Every room has an ack and every reader a stream before the fault begins."""
        deadline = time.monotonic() + 60
        while True:
            load.check()
            counts = tally.snapshot()
            if all(counts["acks", room] >= 10 for room in load.rooms) and \
                    counts["joins", None] >= len(load.all_readers):
                return
            if time.monotonic() > deadline:
                raise TimeoutError(f"the load is not under way: {dict(counts)}")
            await asyncio.sleep(0.05)

    def _note(self, counts: collections.Counter, world: World) -> None:
        out = self.outcome
        out.acks, out.joins = counts["acks", None], counts["joins", None]
        out.refused, out.open = counts["refused", None], counts["open", None]
        for relay in world.relay.values():
            out.hits.update(relay.hits)

    async def _settle(self, run: Run, world: World, load: Load) -> None:
        """Heals within bounds: each room takes a fresh publish, all is acknowledged, all readers reach the head."""
        out, healed = self.outcome, time.monotonic()
        # While the writers still repeat what failed: they must not be what brings the node back.
        await asyncio.gather(*(publish_fresh(run, room) for room in load.rooms))
        out.recovery_s = time.monotonic() - healed
        await load.stop_writing()
        stored = {room: await asyncio.to_thread(read_room, world.node.http, room, run.patience) for room in load.rooms}
        await load.finish({room: head["seq"] for room, (_, head) in stored.items()})
        out.problems += [f"{reader.name} is not at the head after {run.patience:g} s"
                         for reader in load.all_readers if reader.late]
        for room, (events, head) in stored.items():
            await _fresh_join(run, room)
            self.recorder.add("stored", room=room, head=told(head), events=[stored_event(event) for event in events])
            if problem := _against_tables(world, room, events):
                out.problems.append(problem)

    def _note_lateness(self, load: Load, tally: Tally, begin_ns: int, end_ns: int) -> None:
        acked = tally.update().acked_ns
        late = [reader.seen_ns[seq] - ns for reader in load.all_readers for (room, seq), ns in acked.items()
                if reader.room == room and begin_ns <= ns <= end_ns and seq in reader.seen_ns]
        self.outcome.late_ms = max(late, default=0) // 10**6

    def _note_metrics(self, before: dict, world: World) -> None:
        now, out = world.metrics(), self.outcome
        for must_stay_0 in ("parley_stream_violations_total", "parley_logs_broken_total"):
            if now.get(must_stay_0, 1):
                out.problems.append(f"{must_stay_0} is {now.get(must_stay_0, 'not told')}")
        # A node that was restarted counts from 0 again.
        for name in ("parley_outcomes_unknown_total", "parley_endpoint_half_open_total", "parley_database_links_lost_total",
                     "parley_endpoint_links_lost_total", "parley_database_recoveries_total", "parley_accept_pauses_total"):
            if grown := now.get(name, 0) - (before.get(name, 0) if now.get(name, 0) >= before.get(name, 0) else 0):
                out.hits[name.removeprefix("parley_").removesuffix("_total")] += int(grown)
        self.outcome.hits["resident MB"] = int(now.get("parley_process_resident_memory_bytes", 0)) >> 20


def _against_tables(world: World, room: str, events: list[dict]) -> str | None:
    """What the node tells of a room is what its table holds."""
    for server in world.postgres:
        if not server.child.alive():
            continue
        rows = server.execute("SELECT count(*), min(e.seq), max(e.seq) FROM parley.event e JOIN parley.room r USING (room) "
                              "WHERE r.name = %s", room)
        if rows[0][0]:
            want = (len(events), 1, len(events))
            return None if rows[0] == want else f"{room}: the table holds (count, first, last) {rows[0]}, not {want}"
    return f"{room} is in no table" if world.postgres else None


async def _fresh_join(run: Run, room: str) -> None:
    """A new session reads the whole room; the checker compares."""
    backoff = Backoff(run, f"a fresh join of {room} is not live")
    while True:
        live, session = asyncio.Event(), None

        def on_push(kind: str, body: dict, live=live) -> None:
            if kind == "live":
                live.set()

        try:
            session = await Session.open(run.ws, user="fresh", recorder=run.recorder, reader=f"{room}/fresh",
                                         on_push=on_push, rooms={room: {"since": {"term": 0, "seq": 0}}})
            waiting = asyncio.ensure_future(live.wait())
            await asyncio.wait((waiting, session.closed), timeout=run.patience, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            if live.is_set() and not session.closed.done():
                session.settled(room)
                return
            reason: object = "closed" if session.closed.done() else "not live"
        except (Closed, ProtocolError) as refusal:
            reason = refusal
        finally:
            if session:
                session.abort()
        await backoff.wait(reason)
