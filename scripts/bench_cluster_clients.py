"""The few clients of scripts/bench_cluster that have to know when each single ack and event comes. Their own cost, some
0.2 ms an event, is far below what they tell."""

from __future__ import annotations

import asyncio
import time
from typing import Callable, Sequence

from bench_measure import Failed
from parley_testkit.client import Closed, ProtocolError, Session

_answer_s = 30


async def acks_after(ws: str, rooms: Sequence[str], happens: Callable[[], None]) -> list[float]:
    """How long after the moment when `happens` returns each room's first ack comes: what was sent right then, repeated
    with its key while it is refused."""
    session = await Session.open(ws, user="bench", seconds=_answer_s)

    async def first_ack(room: str, since: float) -> float:
        while True:
            try:
                await asyncio.wait_for(session.publish(room, client_msg_id="after", text="after"), _answer_s)
                return time.monotonic() - since
            except ProtocolError as refusal:
                if not refusal.retryable or time.monotonic() > since + _answer_s:
                    raise Failed(f"no ack in {room}: {refusal}") from refusal
                await asyncio.sleep(0.01)

    try:
        for room in rooms:
            await asyncio.wait_for(session.publish(room, client_msg_id="before", text="before"), _answer_s)
        await asyncio.to_thread(happens)
        since = time.monotonic()
        return list(await asyncio.gather(*(first_ack(room, since) for room in rooms)))
    except (Closed, asyncio.TimeoutError) as failed:
        raise Failed(f"no ack: {failed!r}") from failed
    finally:
        session.abort()


async def paced(ws: str, room: str, happens: Callable[[], None], still_s: float = 2) -> tuple[float, float]:
    """One publish after the other: the longest that an ack took in ms, while nothing happened, and until a second after
    what `happens`. None may be refused."""
    session = await Session.open(ws, user="bench", seconds=_answer_s)
    told: list[tuple[float, float]] = []  # sent, acknowledged
    is_over = False  # a cancellation that meets an answer is lost in wait_for

    async def write() -> None:
        while not is_over:
            begin = time.monotonic()
            await asyncio.wait_for(session.publish(room, text="x", client_msg_id=f"{len(told):07}"), _answer_s)
            told.append((begin, time.monotonic()))
            await asyncio.sleep(0.002)

    writing = asyncio.ensure_future(write())
    try:
        await asyncio.sleep(still_s)
        moment = time.monotonic()
        await asyncio.to_thread(happens)
        await asyncio.sleep(1)
        if writing.done():
            raise Failed(f"a publish failed during a planned move: {writing.exception()}")
        pauses = [(1000 * (end - begin), end > moment) for begin, end in told[1:]]
        return tuple(max(pause for pause, is_later in pauses if is_later == later) for later in (False, True))
    finally:
        is_over = True
        await asyncio.gather(writing, return_exceptions=True)
        session.abort()


async def deliveries(fronts: Sequence[str], rooms: Sequence[str], seconds: float, rate: float = 50) -> float:
    """p99 of the time from an ack to each delivery, in s: a reader of all rooms at each front, one publisher at the
    first. Every event must reach every reader."""
    acked: dict[tuple[str, int], float] = {}
    seen: list[dict[tuple[str, int], float]] = [{} for _ in fronts]
    sessions = []

    def take(mine: dict):
        def push(kind: str, body: dict) -> None:
            if kind == "batch":
                mine.update({(body["room"], event["seq"]): time.monotonic() for event in body["events"]})
        return push

    try:
        for n, ws in enumerate(fronts):
            sessions.append(await Session.open(ws, user=f"reader{n}", on_push=take(seen[n]), seconds=_answer_s,
                                               rooms={room: {"rewind": 0} for room in rooms}))
        writer = await Session.open(fronts[0], user="bench", seconds=_answer_s)
        sessions.append(writer)
        end, count = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            room = rooms[count % len(rooms)]
            answer = await asyncio.wait_for(writer.publish(room, text="x", client_msg_id=f"{time.time_ns():019}"),
                                            _answer_s)
            acked[room, answer["seq"]] = time.monotonic()
            count += 1
            await asyncio.sleep(1 / rate)
        limit = time.monotonic() + 10
        while any(key not in mine for mine in seen for key in acked):
            if time.monotonic() > limit:
                raise Failed("an event did not come within 10 s")
            await asyncio.sleep(0.05)
        late = sorted(max(0.0, mine[key] - at) for mine in seen for key, at in acked.items())
        return late[int(len(late) * 0.99)]
    except (Closed, ProtocolError, asyncio.TimeoutError) as failed:
        raise Failed(f"{failed!r}") from failed
    finally:
        for session in sessions:
            session.abort()
