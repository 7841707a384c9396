"""A reader of a room: it joins at a random moment, is cut at random points, resumes from the position
that it holds, and keeps what it was given, so that it can be compared with the stored room."""

from __future__ import annotations

import asyncio

from parley_testkit.client import Closed, ProtocolError, Session
from parley_testkit.history import content_hash

from .run import Backoff, Run

styles = ("whole", "rewind", "slow", "jump")

_slow_buffer_bytes = 2048

# Long enough for a busy room to fill what the node holds for a reader, too short for its ping timeout.
_long_stall_s = 20


class Reader:
    """Styles: `whole` reads from the first event; `rewind` from some events back, or live only;
    `slow` reads all, but stops reading now and then, and once for long; `jump` skips what it missed (`on_gap: jump`).

    :ivar copy: (seq, content hash) as a client without any check of its own would hold it
    :ivar holes: (from, to) that a `gap` covered"""

    def __init__(self, run: Run, room: str, number: int, lines: int) -> None:
        self.name, self.style = f"{room}/reader{number}", styles[number % len(styles)]
        self._run, self._room, self._user = run, room, f"reader{number}"
        self._random = run.random(self.name)
        self._lines = lines
        self.copy: list[tuple[int, str]] = []
        self.holes: list[tuple[int, int]] = []
        self.begins_after: int | None = None
        self.resumes = 0
        self._position: dict | None = None
        self._asked: dict = {"term": 0, "seq": 0}
        self._live = False
        self._session: Session | None = None
        self._countdown = 0
        self._head: int | None = None  # known once the writers are done
        self._changed = asyncio.Event()
        self._finishing = asyncio.Event()
        self._stalled = False

    def finish_at(self, head: int) -> None:
        """The room is complete: go on to this head and end there."""
        self._head = head
        self._finishing.set()
        self._changed.set()

    async def follow(self, acks_before: int) -> None:
        """The whole life. Begins at some point of the first two thirds of the replay."""
        begin = int(self._random.uniform(0, 0.66) * self._lines)
        await self._until_acked(acks_before + begin)
        await self._enter()
        while True:
            if await self._leg():
                self._session.settled(self._room)
                self._session.abort()
                return

    async def _until_acked(self, count: int) -> None:
        """Not past the end: where the writers are done, it begins with what is there."""
        acks = asyncio.ensure_future(self._run.progress.acks(count))
        while not acks.done() and self._head is None:
            self._changed.clear()
            changed = asyncio.ensure_future(self._changed.wait())
            await asyncio.wait((acks, changed), return_when=asyncio.FIRST_COMPLETED)
            changed.cancel()
        acks.cancel()

    async def _leg(self) -> bool:
        """One stretch of the stream. True: all is read; otherwise it was cut, and has resumed."""
        patience = self._run.patience
        while True:
            self._changed.clear()
            if self._session.closed.done():
                break
            if self._head is not None:
                if self._position["seq"] >= self._head and self._live:
                    if self.resumes:
                        return True
                    break  # every reader resumes at least once
            elif self._countdown <= 0:
                break
            closed = self._session.closed
            changed = asyncio.ensure_future(self._changed.wait())
            done, _ = await asyncio.wait((closed, changed), timeout=patience, return_when=asyncio.FIRST_COMPLETED)
            changed.cancel()
            if not done and self._head is not None:
                # Late is wrong too: the checker finds this stream settled and not at the head.
                return True
        await self._interrupt()
        return False

    async def _interrupt(self) -> None:
        self._run.progress.cuts += 1
        how = self._random.random()
        try:
            if self._session.closed.done() or how < 0.6:
                self._session.abort()  # as when the train enters the tunnel
            elif how < 0.7:
                await asyncio.wait_for(self._session.close(), 5)
            elif how < 0.85:
                await self._join_again()  # on the same socket: it replaces the stream
                return
            else:
                await asyncio.wait_for(self._session.leave(self._room), 5)
                await self._join_again()
                return
        except (Closed, ProtocolError, asyncio.TimeoutError):
            self._session.abort()
        await self._enter()

    async def _join_again(self) -> None:
        self._draw_countdown()
        await asyncio.wait_for(self._session.join(self._room, **self._options()), 10)
        self.resumes += 1

    async def _enter(self) -> None:
        """Connects and joins, in one request or in two, until it has a stream."""
        backoff = Backoff(self._run, f"{self.name} cannot join")
        while True:
            self._draw_countdown()
            options, again = self._options(), self._position is not None
            at_once = self._random.random() < 0.5
            session = None
            try:
                session = self._session = await Session.open(
                    self._run.ws, user=self._user, reader=self.name, recorder=self._run.recorder,
                    name=f"{self.name}#{self._random.getrandbits(48):x}", on_push=self._push,
                    on_joined=self._joined, rooms={self._room: options} if at_once else None,
                    receive_buffer=_slow_buffer_bytes if self.style == "slow" else None)
                if not at_once:
                    await asyncio.wait_for(session.join(self._room, **options), 10)
                elif "error" in session.rooms.get(self._room, {"error": {}}):
                    raise ProtocolError(session.rooms.get(self._room, {}).get("error") or {"name": "no answer"})
                self.resumes += again
                return
            except (Closed, ProtocolError, asyncio.TimeoutError) as refusal:
                if session:
                    session.abort()
                self._run.progress.connections_refused += 1
                await backoff.wait(refusal)

    def _options(self) -> dict:
        if self._position is None and self.style == "rewind":
            return {"rewind": self._random.choice((0, 1, 10, 100, 1000))}
        self._asked = dict(self._position or {"term": 0, "seq": 0})
        options: dict = {"since": self._asked}
        if self.style == "jump" and self._position is not None:
            options |= {"on_gap": "jump", "max": self._random.choice((1, 5, 20))}
        return options

    def _draw_countdown(self) -> None:
        """After how many events the next cut comes: now at once, now late, `cuts` on average."""
        mean = max(1.0, self._lines / max(1, self._run.cuts))
        self._countdown = 0 if self._random.random() < 0.05 else 1 + int(self._random.expovariate(1 / mean))

    # --- what arrives, in the order in which it arrives

    def _joined(self, room: str, joined: dict) -> None:
        self._live = False
        if self._position is None:
            self.begins_after = joined["start"]["seq"]
            self._position = dict(joined["start"])
            return
        # What a replaced stream still brought after this join was asked for comes again: a client
        # goes back to the position it named. Where a gap follows, that one moves it on.
        self._position = dict(self._asked)
        while self.copy and self.copy[-1][0] > self._asked["seq"]:
            self.copy.pop()

    def _push(self, kind: str, body: dict):
        self._changed.set()
        if kind == "batch":
            events = body.get("events", [])
            for event in events:
                self.copy.append((event["seq"], content_hash(event)))
                self._position = {"term": event["term"], "seq": event["seq"]}
            self._countdown -= len(events)
            self._run.progress.delivered += len(events)
            if self.style == "slow":
                return self._dawdle()
        elif kind == "gap":
            self.holes.append((body["from"], body["to"]["seq"]))
            self._position = dict(body["to"])
        elif kind == "live":
            self._live = True
        elif kind == "catching_up":
            self._live = False
        return None

    async def _dawdle(self) -> None:
        """Lets what follows pile up at the node. The long stall begins live, since a reader that still
        catches up sets the pace itself, and ends with the writers at the latest."""
        if self._live and not self._stalled:
            self._stalled = True
            self._countdown += self._lines
            try:
                await asyncio.wait_for(self._finishing.wait(), _long_stall_s)
            except asyncio.TimeoutError:
                pass
        elif self._random.random() < 0.1:
            await asyncio.sleep(self._random.uniform(0.02, 0.4))

    # --- the comparison at the end

    def mistake(self, stored: dict[int, str]) -> str | None:
        """What its copy has that the room has not, or the other way round; None if they are equal."""
        covered = {seq for begin, end in self.holes for seq in range(begin, end + 1)}
        expected = [(seq, stored[seq]) for seq in sorted(stored) if seq > (self.begins_after or 0)]
        have = {seq for seq, _ in self.copy}
        expected = [(seq, content) for seq, content in expected if seq not in covered or seq in have]
        if self.copy == expected:
            return None
        for place, (mine, theirs) in enumerate(zip(self.copy, expected)):
            if mine != theirs:
                return f"{self.name}: item {place} is {mine}, the room has {theirs}"
        return f"{self.name}: holds {len(self.copy)} events, the room has {len(expected)} for it"
