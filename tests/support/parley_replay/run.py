"""What all parts of a replay share: where the node is, how far the replay has come, who waits for it."""

from __future__ import annotations

import asyncio
import dataclasses
import math
import random
import time

from parley_testkit.history import Recorder


class GaveUp(Exception):
    """Nothing moved for longer than the patience of the run allows."""


@dataclasses.dataclass
class Progress:
    """Counts, and a way to wait until one of them is reached."""
    lines: int = 0
    acked: int = 0
    in_flight: int = 0
    retries: int = 0
    reordered_by_retry: int = 0
    connections_lost: int = 0
    connections_refused: int = 0
    cuts: int = 0
    delivered: int = 0

    def __post_init__(self) -> None:
        self._waiting: list[tuple[int, asyncio.Future]] = []
        self._limit: float = math.inf
        self._moved = asyncio.Event()

    def hold_at(self, acks: float) -> None:
        """New lines wait when so many are acknowledged or on their way: so that a kill that is due
        then strikes in the middle of the replay, however long the one before it takes."""
        self._limit = acks
        self._moved.set()

    async def may_send(self) -> None:
        while self.acked + self.in_flight >= self._limit:
            self._moved.clear()
            await self._moved.wait()

    def launched(self) -> None:
        self.in_flight += 1
        self._moved.set()

    async def is_busy(self) -> None:
        """Returns while something is on its way."""
        while not self.in_flight:
            self._moved.clear()
            await self._moved.wait()

    def landed(self) -> None:
        """A publish has its outcome. What failed counts no more, so that its repeat goes out."""
        self.in_flight -= 1
        self._moved.set()

    def acknowledge(self) -> None:
        self.acked += 1
        # At once and not at the next turn of the loop: who waits may be about to kill something.
        for due, waiter in [w for w in self._waiting if w[0] <= self.acked]:
            self._waiting.remove((due, waiter))
            if not waiter.done():
                waiter.set_result(None)

    async def acks(self, count: int) -> None:
        """Returns as soon as so many lines are acknowledged, of all rooms together."""
        if self.acked < count:
            waiter = asyncio.get_running_loop().create_future()
            self._waiting.append((count, waiter))
            await waiter


@dataclasses.dataclass
class Run:
    """One replay. `patience` is how long anything may take, in seconds, before the run gives up;
    `answer_s` is how long an answer may take before the link counts as dead (default: a third of it)."""
    http: str
    recorder: Recorder
    seed: int
    name: str  # in rooms and client message ids, so that two runs never meet
    order: str = "log"
    pipeline: int = 8
    readers: int = 4
    cuts: int = 5
    speed: float | None = None
    patience: float = 60
    connections: int = 180
    answer_s: float = 0
    progress: Progress = dataclasses.field(default_factory=Progress)

    def __post_init__(self) -> None:
        self.answer_s = self.answer_s or self.patience / 3

    @property
    def ws(self) -> str:
        return self.http.replace("http", "ws", 1) + "/v1/ws"

    def random(self, *names: object) -> random.Random:
        """An own stream of chance for each part, so that their speed does not change each other's."""
        return random.Random("/".join(map(str, (self.seed, *names))))


class Backoff:
    """Waits between attempts, longer each time, and gives up after the patience of the run."""

    def __init__(self, run: Run, what: str) -> None:
        self._what, self._patience = what, run.patience
        self._deadline = time.monotonic() + run.patience
        self._delay = 0.02

    async def wait(self, reason: object) -> None:
        if time.monotonic() > self._deadline:
            raise GaveUp(f"{self._what}: {reason}, for {self._patience:g} s")
        await asyncio.sleep(self._delay)
        self._delay = min(self._delay * 1.6, 0.5)
