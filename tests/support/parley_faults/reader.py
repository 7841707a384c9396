"""A reader that lives through faults: it resumes from the position it holds, whatever ended its stream."""

from __future__ import annotations

import asyncio
import time

from parley_replay.run import Backoff, Run
from parley_testkit.client import Closed, ProtocolError, Session

_slow_buffer_bytes = 2048
_styles = ("steady", "restless", "slow")


class Reader:
    """Styles: `steady` leaves only when it is thrown out; `restless` drops and resumes, or joins anew with a
    rewind, every second or so; `slow` is restless, and naps between reads.

    :ivar position: what it holds; None before its first stream
    :ivar seen_ns: seq -> when this reader got it, for the steady one"""

    def __init__(self, run: Run, room: str, number: int, style: str, *, rewinds: bool = True) -> None:
        assert style in _styles
        self.name, self.room, self.style = f"{room}/{style}{number}", room, style
        self._run, self._user = run, f"r{number}"
        self._random = run.random(self.name)
        self._rewinds = rewinds and style != "steady"
        self.position: dict | None = None
        self._asked: dict | None = None
        self._live = False
        self._session: Session | None = None
        self._head: int | None = None
        self._changed = asyncio.Event()
        self.seen_ns: dict[int, int] = {}
        self.late = False

    def finish_at(self, head: int) -> None:
        self._head = head
        self._changed.set()

    async def follow(self) -> None:
        """The whole life; ends settled at the head."""
        while True:
            await self._enter()
            if await self._read():
                self._session.settled(self.room)
                self._session.abort()
                return
            self._session.abort()

    async def _read(self) -> bool:
        """One stretch of the stream. True: it is at the head, or had all the time it needed."""
        leaves_at = time.monotonic() + self._stay_s()
        told_at: float | None = None
        while not self._session.closed.done():
            now = time.monotonic()
            if self._head is not None:
                told_at = told_at or now
                self.late = now > told_at + self._run.patience
                if (self._live and self.position["seq"] >= self._head) or self.late:
                    return True
            elif now >= leaves_at:
                if not await self._leave_or_rejoin():
                    return False
                leaves_at = time.monotonic() + self._stay_s()
            await self._until_changed(0.5 if self._head is not None else min(0.5, max(0.01, leaves_at - now)))
        return False

    async def _until_changed(self, seconds: float) -> None:
        self._changed.clear()
        changed = asyncio.ensure_future(self._changed.wait())
        await asyncio.wait((changed, self._session.closed), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        changed.cancel()

    def _stay_s(self) -> float:
        return float("inf") if self.style == "steady" else min(4.0, self._random.expovariate(1.0))

    async def _leave_or_rejoin(self) -> bool:
        """True: it joined again on the same connection."""
        how = self._random.random()
        try:
            if how < 0.5:
                return False  # the socket is dropped, as in a tunnel
            if how < 0.6:
                await asyncio.wait_for(self._session.close(), self._run.answer_s)
                return False
            if how < 0.8:
                await asyncio.wait_for(self._session.leave(self.room), self._run.answer_s)
            await asyncio.wait_for(self._session.join(self.room, **self._options()), self._run.answer_s)
            return True
        except (Closed, ProtocolError, asyncio.TimeoutError):
            return False

    async def _enter(self) -> None:
        """Connects and joins, in one request or in two, until it has a stream."""
        backoff = Backoff(self._run, f"{self.name} cannot join")
        while True:
            options, at_once, session = self._options(), self._random.random() < 0.5, None
            try:
                session = self._session = await Session.open(
                    self._run.ws, user=self._user, reader=self.name, recorder=self._run.recorder,
                    name=f"{self.name}#{self._random.getrandbits(48):x}", on_push=self._push, on_joined=self._joined,
                    rooms={self.room: options} if at_once else None, seconds=self._run.answer_s,
                    receive_buffer=_slow_buffer_bytes if self.style == "slow" else None)
                if not at_once:
                    await asyncio.wait_for(session.join(self.room, **options), self._run.answer_s)
                elif "joined" not in session.rooms.get(self.room, {}):
                    raise ProtocolError(session.rooms.get(self.room, {}).get("error") or {"name": "no answer"})
                return
            except (Closed, ProtocolError, asyncio.TimeoutError) as refusal:
                if session:
                    session.abort()
                await backoff.wait(refusal)

    def _options(self) -> dict:
        # The end of a run reads on from what it holds, so that the last stretch proves the resume.
        if self.position is None or (self._rewinds and self._head is None and self._random.random() < 0.3):
            self._asked = None
            return {"rewind": self._random.choice((0, 1, 10, 100, 1000))}
        self._asked = dict(self.position)
        return {"since": self._asked}

    # --- what arrives, in the order in which it arrives

    def _joined(self, room: str, joined: dict) -> None:
        self._live = False
        self.position = dict(self._asked or joined["start"])

    def _push(self, kind: str, body: dict):
        self._changed.set()
        if kind == "batch":
            last = body["events"][-1]
            self.position = {"term": last["term"], "seq": last["seq"]}
            if self.style == "steady":
                now = time.monotonic_ns()
                for event in body["events"]:
                    self.seen_ns.setdefault(event["seq"], now)
        elif kind == "gap":
            self.position = dict(body["to"])
        elif kind == "live":
            self._live = True
        elif kind == "catching_up":
            self._live = False
        return self._nap() if self.style == "slow" and self._head is None else None

    async def _nap(self) -> None:
        await asyncio.sleep(self._random.uniform(0, 0.3))
