"""After the fault: it heals within bounds, and every room is read back, from the node and from its table."""

from __future__ import annotations

import asyncio
import time

from parley_replay.fresh_join import fresh_join
from parley_replay.run import Run
from parley_replay.stored_room import read_room
from parley_testkit.history import stored_event, told

from .load import Load, publish_fresh
from .outcome import Outcome
from .tally import Tally
from .world import World

# What must come after a fault for the load to be itself again, and how long that may take.
_acks, _joins, _patience_s = 50, 3, 30


async def recover(run: Run, world: World, load: Load, out: Outcome) -> None:
    """Each room takes a fresh publish, and the load flows again."""
    healed, tally = time.monotonic(), Tally(run.recorder)
    # While the writers still repeat what failed: they must not be what brings the node back.
    await asyncio.gather(*(publish_fresh(run, room) for room in load.rooms))
    out.recovery_s = time.monotonic() - healed
    begin = tally.snapshot()
    while (now := tally.snapshot())["acks", None] < begin["acks", None] + _acks or \
            now["joins", None] < begin["joins", None] + _joins:
        load.check()
        if time.monotonic() > healed + out.recovery_s + _patience_s:
            now.subtract(begin)
            out.problems.append(f"after the fault only {now['acks', None]} acks and {now['joins', None]} joins came "
                                f"in {_patience_s} s")
            return
        await asyncio.sleep(0.05)


async def read_back(run: Run, world: World, load: Load, out: Outcome) -> None:
    """All that was asked for is acknowledged, all readers reach the head, and each room is told whole."""
    await load.stop_writing()
    stored = {room: await asyncio.to_thread(read_room, world.node.http, room, run.patience) for room in load.rooms}
    await load.finish({room: head["seq"] for room, (_, head) in stored.items()})
    out.problems += [f"{reader.name} is not at the head after {run.patience:g} s"
                     for reader in load.all_readers if reader.late]
    for room, (events, head) in stored.items():
        await fresh_join(run, room)  # in the history, so that the checker compares it
        run.recorder.add("stored", room=room, head=told(head), events=[stored_event(event) for event in events])
        if problem := _against_tables(world, room, events):
            out.problems.append(problem)


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
