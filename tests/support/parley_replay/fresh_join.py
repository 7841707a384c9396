"""A session that has nothing of a room yet and reads all of it, as the last word on what a room holds."""

from __future__ import annotations

import asyncio

from parley_testkit.client import Closed, ProtocolError, Session
from parley_testkit.history import content_hash

from .run import Backoff, Run


async def fresh_join(run: Run, room: str) -> list[tuple[int, str]]:
    """(seq, content hash) of what a new session gets before it is live, in that order. Where a fault, meant for
    others, cuts it short, the next attempt begins again.
    :raises GaveUp: when no attempt was live within the patience of the run"""
    backoff = Backoff(run, f"a fresh join of {room} is not live")
    while True:
        got: list[tuple[int, str]] = []
        live = asyncio.Event()

        def on_push(kind: str, body: dict, got=got, live=live) -> None:
            if kind == "batch":
                got.extend((event["seq"], content_hash(event)) for event in body["events"])
            elif kind == "live":
                live.set()

        session = None
        try:
            session = await Session.open(run.ws, user="fresh", recorder=run.recorder, reader=f"{room}/fresh",
                                         on_push=on_push, rooms={room: {"since": {"term": 0, "seq": 0}}})
            waiting = asyncio.ensure_future(live.wait())
            await asyncio.wait((waiting, session.closed), timeout=run.patience, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            if live.is_set() and not session.closed.done():
                session.settled(room)
                return got
            reason: object = f"{'closed' if session.closed.done() else 'not live'} after {len(got)} events"
        except (Closed, ProtocolError) as refusal:
            reason = refusal
        finally:
            if session:
                session.abort()
        await backoff.wait(reason)
