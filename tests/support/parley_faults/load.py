"""Writers and readers that go on through every fault and record what they are told.

A writer repeats in order what was not acknowledged, as the protocol demands, until it is. Readers join,
drop and resume at random; each room has a steady one too, which shows how late events come."""

from __future__ import annotations

import asyncio
import dataclasses
import time

from parley_replay.run import Backoff, Run
from parley_replay.writer import Sender
from parley_testkit.client import Closed, ProtocolError, Session

from .reader import Reader


@dataclasses.dataclass
class Load:
    """:param rate: publishes per second of each writer; it never has more than `run.pipeline` in flight
    :param readers: restless ones per room, beside the steady one
    :param is_random: texts that no database can compress
    :param rewinds: restless readers sometimes forget their position and join anew"""
    run: Run
    rooms: list[str]
    writers: int = 2
    readers: int = 2
    slow_readers: int = 0
    rate: float = 25
    text_bytes: int = 40
    is_random: bool = False
    rewinds: bool = True

    def __post_init__(self) -> None:
        self.all_readers: list[Reader] = []
        self._writing: list[asyncio.Task] = []
        self._reading: list[asyncio.Task] = []
        self._ends = asyncio.Event()

    @property
    def connections_max(self) -> int:
        """A reader that drops its socket may be back before the node knows; a fresh session per room comes on top."""
        return len(self.rooms) * (2 * self.writers + 2 * (1 + self.readers + self.slow_readers) + 1)

    def start(self) -> None:
        for room in self.rooms:
            self._writing += [asyncio.ensure_future(self._write(room, n)) for n in range(self.writers)]
            styles = ["steady"] + ["restless"] * self.readers + ["slow"] * self.slow_readers
            readers = [Reader(self.run, room, n, style, rewinds=self.rewinds) for n, style in enumerate(styles)]
            self.all_readers += readers
            self._reading += [asyncio.ensure_future(reader.follow()) for reader in readers]

    def check(self) -> None:
        """:raises: what a writer or a reader has failed with"""
        for task in [*self._writing, *self._reading]:
            if task.done() and not task.cancelled() and task.exception():
                raise task.exception()

    async def stop_writing(self) -> None:
        """Returns when everything that was ever asked for is acknowledged."""
        self._ends.set()
        await asyncio.gather(*self._writing)

    async def finish(self, heads: dict[str, int]) -> None:
        """Each reader goes on to its room's head and ends there."""
        for reader in self.all_readers:
            reader.finish_at(heads[reader.room])
        await asyncio.gather(*self._reading)

    async def abandon(self) -> None:
        tasks = [*self._writing, *self._reading]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _write(self, room: str, number: int) -> None:
        chance = self.run.random("writer", room, number)
        sender = Sender(self.run, room, f"w{number}")
        count, due = 0, time.monotonic() + chance.random() / self.rate
        while not self._ends.is_set():
            try:
                await asyncio.wait_for(self._ends.wait(), max(0.0, due - time.monotonic()))
                break
            except asyncio.TimeoutError:
                pass
            count += 1
            size = int(self.text_bytes * chance.uniform(0.5, 1.5))
            text = chance.randbytes(size // 2 + 1).hex()[:size] if self.is_random else \
                f"{count} ".ljust(size, "abcdefghij"[count % 10])
            await sender.submit({"client_msg_id": f"{self.run.name}-{number}-{count:07}", "text": text})
            # A fault's pause is not caught up with a burst.
            due = max(due + chance.expovariate(self.rate), time.monotonic() - 0.05)
        await sender.close()


async def publish_fresh(run: Run, room: str) -> tuple[int, float]:
    """A new session's publish, repeated until acknowledged: its seq, and how many seconds it took."""
    begin, backoff = time.monotonic(), Backoff(run, f"no fresh publish in {room}")
    draft = {"client_msg_id": f"{run.name}-fresh", "text": "after the fault"}
    while True:
        session = None
        try:
            session = await Session.open(run.ws, user="fresh", recorder=run.recorder)
            answer = await asyncio.wait_for(session.publish(room, **draft), run.answer_s)
            return answer["seq"], time.monotonic() - begin
        except (Closed, ProtocolError, asyncio.TimeoutError) as refusal:
            await backoff.wait(refusal)
        finally:
            if session:
                session.abort()
