"""A cell of the fault matrix: a load, a fault in the middle of it, healing, and a verdict.

A cell that did too little is `unknown`, which is no pass: each names how often its fault must have acted,
and how many acks and joins must have come while it did."""

from __future__ import annotations

import asyncio
import pathlib
import time
from typing import AbstractSet, Awaitable, Callable, Mapping

from parley_testkit.history import Recorder

from .cluster_world import ClusterWorld
from .fault import Fault, told_by_node
from .judge import judge
from .limits import limits_of
from .load import Load
from .outcome import Outcome
from .settling import read_back, recover
from .tally import Tally
from .usage import Usage, process_use
from .world import World


def _grown(before: dict, now: dict) -> dict[str, int]:
    """What the node has counted since; where it was restarted, since then: it counts from 0 again."""
    found = {}
    for name in told_by_node:
        first, last = (counts.get(f"parley_{name}_total", 0) for counts in (before, now))
        if grown := last - (first if last >= first else 0):
            found[name] = int(grown)
    return found


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

    def run(self, world: World | ClusterWorld, fault: Callable[[Fault], Awaitable[None]], *, hits: Mapping[str, int],
            acks: int = 200, joins: int = 20, rooms: int = 4, load: Mapping | None = None,
            late_ms_max: int | None = None, broken: AbstractSet[str] = frozenset(), ends_clean: bool = True,
            patience: float = 60, clients: int = 0, limits: Mapping[str, int] | None = None) -> Outcome:
        """:param hits: how often at least each fault must have acted
        :param acks, joins: at least so many inside the fault
        :param broken: the rules that the checker must find broken, and no other: what a cell is for that shows that it
            would be found
        :param clients: connections that the fault adds to the load's
        :param limits: of resources, in place of those that the configuration gives"""
        out, begin = self.outcome, time.monotonic()
        self.recorder = Recorder()
        try:
            asyncio.run(self._run(world, fault, rooms, dict(load or {}), patience, clients, limits or {}, hits))
            if ends_clean:
                world.stop()
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
        found = judge(self.recorder, self.folder / f"{self.name}.jsonl")
        out.verdict, out.rules_broken = found.verdict, sorted(found.rules_broken)
        if found.rules_broken != broken:
            out.problems.append(f"broken: {out.rules_broken}, expected: {sorted(broken)}\n{found.text}")
        elif found.missing:
            out.problems.append(found.text)
        if out.problems and not out.rules_broken:
            out.verdict = "unknown"
        return out

    async def _run(self, world: World | ClusterWorld, fault, rooms: int, load_options: dict, patience: float,
                   clients: int, limits: Mapping[str, int], hits: Mapping[str, int]) -> None:
        run = world.load_run(self.recorder, self.seed, patience)
        load = Load(run, world.rooms(rooms), **load_options)
        usage = Usage(world, self.recorder, {node.name: limits_of(
            node, process_use(node, world.database_ports), rooms=rooms, clients=clients + load.connections_max,
            text_bytes=load.text_bytes, peers=len(world.measured) - 1) | dict(limits) for node in world.measured})
        load.start()
        try:
            await self._until_warm(load)
            before = world.metrics()
            inside = Fault(self.seed, self.factor, self.outcome, world, load, self.recorder, hits,
                           lambda: _grown(before, world.metrics()))
            if world.has_links:
                self.recorder.add("fault", fault="links between nodes", phase="begin")
            self.recorder.add("fault", fault=self.name, phase="begin")
            await fault(inside)
            inside.over()
            self.recorder.add("fault", fault=self.name, phase="end")
            world.heal()
            self.recorder.add("healed")
            self._note(inside, world)
            await recover(run, world, load, self.outcome)
            await usage.enough()
            await read_back(run, world, load, self.outcome)
            self._note_lateness(load, inside)
            self._note_metrics(before, world)
            await usage.at_rest()
            self.outcome.problems += usage.problems()
        finally:
            usage.stop()
            self.outcome.used = dict(usage.peaks)
            await load.abandon()

    async def _until_warm(self, load: Load) -> None:
        """Every room has an ack and every reader a stream before the fault begins."""
        deadline, tally = time.monotonic() + 60, Tally(self.recorder)
        while True:
            load.check()
            counts = tally.snapshot()
            if all(counts["acks", room] >= 10 for room in load.rooms) and \
                    counts["joins", None] >= len(load.all_readers):
                return
            if time.monotonic() > deadline:
                raise TimeoutError(f"the load is not under way: {dict(counts)}")
            await asyncio.sleep(0.05)

    def _note(self, inside: Fault, world: World | ClusterWorld) -> None:
        out = self.outcome
        out.acks, out.joins, out.refused, out.open = map(inside.count, ("acks", "joins", "refused", "open"))
        for relay in world.relay.values():
            out.hits.update(relay.hits)

    def _note_lateness(self, load: Load, inside: Fault) -> None:
        tally = Tally(self.recorder).update()
        late = [reader.seen_ns[seq] - ns for reader in load.all_readers for (room, seq), ns in tally.acked_ns.items()
                if reader.room == room and inside.began_ns <= ns <= inside.ended_ns and seq in reader.seen_ns]
        self.outcome.late_ms = max(late, default=0) // 10**6
        self.outcome.resets = tally.counts["resets", None]

    def _note_metrics(self, before: dict, world: World | ClusterWorld) -> None:
        now, out = world.metrics(), self.outcome
        for must_stay_0 in ("parley_stream_violations_total", "parley_logs_broken_total"):
            if now.get(must_stay_0, 1):
                out.problems.append(f"{must_stay_0} is {now.get(must_stay_0, 'not told')}")
        out.hits.update(_grown(before, now))
