"""One log into one room, with its readers; then the room is read back, and everyone is compared."""

from __future__ import annotations

import asyncio
import dataclasses

from parley_testkit.history import content_hash, stored_event, told

from .fresh_join import fresh_join
from .irc_log import Log
from .reader import Reader
from .run import Run
from .stored_room import read_room
from .writer import draft_of, write_log


@dataclasses.dataclass
class RoomResult:
    """What one room came to. `mistakes` is empty where all is well."""
    room: str
    log: Log
    stored: int = 0
    senders: int = 0
    readers: int = 0
    resumes: int = 0
    holes: int = 0
    mistakes: list[str] = dataclasses.field(default_factory=list)


async def replay_room(run: Run, log: Log, room: str, *, sessions_max: int) -> RoomResult:
    """:raises GaveUp: when something did not move for the patience of the run"""
    result = RoomResult(room, log, senders=len({line.nick for line in log.lines}), readers=run.readers)
    readers = [Reader(run, room, number, len(log.lines)) for number in range(run.readers)]
    following = [asyncio.ensure_future(reader.follow(run.progress.acked)) for reader in readers]
    try:
        await _while_watched(write_log(run, log, room, sessions_max=sessions_max), following)
        events, head = await asyncio.to_thread(read_room, run.http, room, run.patience)
        for reader in readers:
            reader.finish_at(head["seq"])
        await asyncio.gather(*following)
    finally:
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)
    run.recorder.add("stored", room=room, head=told(head), events=[stored_event(event) for event in events])
    result.stored = len(events)
    result.resumes = sum(reader.resumes for reader in readers)
    result.holes = sum(len(reader.holes) for reader in readers)
    stored = {event["seq"]: content_hash(event) for event in events}
    result.mistakes += filter(None, (reader.mistake(stored) for reader in readers))
    result.mistakes += filter(None, [_against_log(run, log, events)])
    got = await fresh_join(run, room)
    if got != sorted(stored.items()):
        result.mistakes.append(f"a fresh join got {len(got)} events, not the room's {len(stored)}")
    return result


async def _while_watched(work, watched: list[asyncio.Future]) -> None:
    """Awaits `work`, but not past the failure of one of `watched`."""
    task = asyncio.ensure_future(work)
    try:
        waiting = {task, *watched}
        while not task.done():
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for one in done:
                one.result()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _against_log(run: Run, log: Log, events: list[dict]) -> str | None:
    """The room is the log: the same lines of the same nicks; in the log's order, or in each nick's
    own. An order that a repeat changed is legal (the protocol fails only what was behind a failure
    already) and counted elsewhere, so then the lines are compared without it."""
    want = [(line.user, draft_of(run, line)) for line in log.lines]
    want = [(user, draft["client_msg_id"], draft["text"], draft["metadata"]) for user, draft in want]
    have = [(e.get("sender"), e.get("client_msg_id"), e.get("text"), e.get("metadata")) for e in events]
    if run.progress.reordered_by_retry:
        want.sort(key=lambda line: line[1])
        have.sort(key=lambda line: str(line[1]))
    elif run.order == "sender":
        want.sort(key=lambda line: line[0])
        have.sort(key=lambda line: str(line[0]))  # stable: a nick's lines stay in the room's order
    for place, (wanted, had) in enumerate(zip(want, have)):
        if wanted != had:
            return f"the room differs from its log at {place}: {had} where {wanted} was due"
    return None if len(want) == len(have) else f"the room has {len(have)} events, its log {len(want)} lines"
