"""kill -9 at random moments of the replay, each followed by a restart on the same port."""

from __future__ import annotations

import asyncio
import dataclasses
import math
import signal
import time

from parley_testkit.servers import Server
from parley_testkit.waiting import wait_until

from .run import Run


@dataclasses.dataclass
class Kill:
    """One kill, and what it met: proof that it acted, and where in the replay it did."""
    target: str
    due_at_acks: int
    acks_before: int = 0
    in_flight: int = 0
    acks_while_down: int = 0
    acks_after: int = 0  # until the end of the replay
    exit_code: int | None = None
    down_s: float = 0
    first_ack_after_s: float | None = None

    @property
    def acted(self) -> bool:
        return self.exit_code == -signal.SIGKILL

    @property
    def proves_something(self) -> bool:
        """It acted, and there was traffic before it and after: more than was under way at that moment."""
        return self.acted and self.acks_before > 0 and self.acks_after > self.in_flight


def schedule(run: Run, targets: list[str], times: int, lines: int) -> list[Kill]:
    """`times` kills of each target, in the middle nine tenths of the replay, by the seed."""
    chance = run.random("kills")
    kills = [Kill(target, 1 + int(chance.uniform(0.05, 0.9) * lines)) for target in targets for _ in range(times)]
    return sorted(kills, key=lambda kill: kill.due_at_acks)


async def carry_out(run: Run, kills: list[Kill], servers: dict[str, list[Server]], node: Server) -> None:
    """One after another. What the node does while something is down is what is tested, so each stays
    down for a random moment; then all must be ready again before the next."""
    chance = run.random("kills", "pauses")
    measured: list[asyncio.Future] = []
    in_flight = 1 + min(16, run.progress.lines // 50)  # may go out past the moment of a kill
    for kill, after in zip(kills, [*kills[1:], None]):
        run.progress.hold_at(kill.due_at_acks + in_flight)
        await run.progress.acks(kill.due_at_acks)
        # The ack that made it due may have been the last one out, and a kill between two lines proves less.
        await asyncio.wait_for(run.progress.is_busy(), run.patience)
        server = chance.choice(servers[kill.target])
        kill.acks_before, kill.in_flight = run.progress.acked, run.progress.in_flight
        run.recorder.add("fault", fault=f"kill {kill.target}", phase="begin")
        # Not in a thread: the loop stands still, so nothing is acked between the count and the kill.
        begin = time.monotonic()
        server.kill9()
        kill.exit_code = server.child.exit_code()
        run.progress.hold_at(after.due_at_acks + in_flight if after else math.inf)
        await asyncio.sleep(chance.uniform(0.05, 1.0))
        kill.acks_while_down = run.progress.acked - kill.acks_before
        await asyncio.to_thread(server.start)
        kill.down_s = round(time.monotonic() - begin, 3)
        run.recorder.add("fault", fault=f"kill {kill.target}", phase="end")
        measured.append(asyncio.ensure_future(_first_ack(run, kill)))
        await asyncio.wait_for(asyncio.to_thread(_until_ready, node), run.patience)
    if measured and run.progress.acked < run.progress.lines:
        await asyncio.wait_for(measured[-1], run.patience)
    for task in measured:
        task.cancel()  # those without an ack that could still come


async def _first_ack(run: Run, kill: Kill) -> None:
    begin = time.monotonic()
    await run.progress.acks(run.progress.acked + 1)
    kill.first_ack_after_s = round(time.monotonic() - begin, 3)


def _until_ready(node: Server) -> None:
    wait_until(node.is_ready, seconds=60, what="the node to be ready again")
