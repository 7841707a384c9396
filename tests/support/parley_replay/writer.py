"""Writing one log into one room: each nick is a session of its own, with up to K publishes on their
way. What fails is repeated in order with the same `client_msg_id`, through whatever happened."""

from __future__ import annotations

import asyncio
import collections
import time

from parley_testkit.client import Closed, ProtocolError, Session

from .irc_log import Line, Log
from .run import Backoff, Run


class Refused(Exception):
    """The node refused a line for good, which a line of a log never deserves."""


class Sender:
    """One nick in one room."""

    def __init__(self, run: Run, room: str, user: str) -> None:
        self._run, self._room, self._user = run, room, user
        self._session: Session | None = None
        self._pending: collections.deque[tuple[dict, asyncio.Future]] = collections.deque()

    async def submit(self, draft: dict) -> None:
        """Sends it; waits first while K others are without an answer, and repeats what has failed,
        since what goes out ahead of a repeat would overtake it."""
        while self._pending and (len(self._pending) >= self._run.pipeline or self._has_failed()):
            await self._settle()
        session = await self._connected()
        self._pending.append((draft, self._publish(session, draft)))

    async def flush(self) -> None:
        """Returns when all that was submitted is acknowledged."""
        while self._pending:
            await self._settle()

    async def close(self) -> None:
        await self.flush()
        if self._session:
            session, self._session = self._session, None
            await session.close()

    def _publish(self, session: Session, draft: dict) -> asyncio.Future:
        progress = self._run.progress
        answer = session.publish(self._room, **draft)
        progress.launched()

        def ended(done: asyncio.Future) -> None:
            progress.landed()
            if not done.cancelled() and done.exception() is None:
                progress.acknowledge()

        answer.add_done_callback(ended)
        return answer

    def _has_failed(self) -> bool:
        return self._session is None or self._session.closed.done() or any(
            answer.done() and answer.exception() for _, answer in self._pending)

    async def _settle(self) -> None:
        draft, answer = self._pending[0]
        if await self._is_acked(answer):
            self._pending.popleft()
        else:
            await self._repeat()

    async def _is_acked(self, answer: asyncio.Future) -> bool:
        try:
            await asyncio.wait_for(asyncio.shield(answer), self._run.answer_s)
            return True
        except ProtocolError as error:
            if not error.retryable:
                raise Refused(f"{self._user} in {self._room}: {error}") from error
        except asyncio.TimeoutError:
            # No answer: as good as a dead link. Dropping it ends all that waits for it.
            if self._session:
                self._session.abort()
        except Closed:
            pass
        if self._session and self._session.closed.done():
            self._session = None
            self._run.progress.connections_lost += 1
        return False

    async def _repeat(self) -> None:
        """All that was on its way has failed or will: waits for the last answer, then repeats what
        was not acknowledged, one by one, so that the order stays."""
        failed = []
        while self._pending:
            draft, answer = self._pending.popleft()
            if not await self._is_acked(answer):
                failed.append(draft)
            elif failed:
                # Sent before its sender could know that the one ahead of it had failed.
                self._run.progress.reordered_by_retry += 1
        for draft in failed:
            backoff = Backoff(self._run, f"no ack for {draft['client_msg_id']} in {self._room}")
            while True:
                self._run.progress.retries += 1
                session = await self._connected()
                if await self._is_acked(self._publish(session, draft)):
                    break
                await backoff.wait("retryable errors only")

    async def _connected(self) -> Session:
        if self._session and self._session.closed.done():
            self._session = None
            self._run.progress.connections_lost += 1
        backoff = Backoff(self._run, f"{self._user} cannot connect")
        while self._session is None:
            try:
                self._session = await Session.open(self._run.ws, user=self._user, recorder=self._run.recorder)
            except (Closed, ProtocolError) as refusal:
                self._run.progress.connections_refused += 1
                await backoff.wait(refusal)
        return self._session


async def write_log(run: Run, log: Log, room: str, *, sessions_max: int) -> None:
    """Replays a log to its end.

    In `log` order a line goes out when the other nicks' lines before it are acknowledged, so that the
    room is the log; in `sender` order only each nick's own lines keep their order, and all flow."""
    senders: dict[str, Sender] = {}
    clock = _Clock(run, log)
    before: Sender | None = None
    for line in log.lines:
        await clock.wait(line)
        await run.progress.may_send()
        user = line.user
        sender = senders.pop(user, None) or Sender(run, room, user)
        senders[user] = sender  # the last used is last
        if run.order == "log" and before not in (None, sender):
            await before.flush()
        while len(senders) > sessions_max:
            await senders.pop(next(iter(senders))).close()
        await sender.submit(draft_of(run, line))
        before = sender
    for sender in senders.values():
        await sender.flush()
    await asyncio.gather(*(sender.close() for sender in senders.values()))


def draft_of(run: Run, line: Line) -> dict:
    """The message that a line becomes. Its id grows with the line, as the protocol likes it."""
    metadata: dict = {"line": line.number}
    if line.minute is not None:
        metadata["irc_time"] = f"{line.minute // 60 % 24:02}:{line.minute % 60:02}"
    return {"client_msg_id": f"{run.name}-{line.number:07}", "text": line.text, "metadata": metadata}


class _Clock:
    """Keeps the log's gaps, `--speed` times as fast. A minute's lines spread evenly over it."""

    def __init__(self, run: Run, log: Log) -> None:
        self._speed, self._due = run.speed, {}
        self._begin = time.monotonic()
        if not run.speed:
            return
        minutes = collections.Counter(line.minute for line in log.lines)
        first = next((line.minute for line in log.lines if line.minute is not None), 0)
        seen: collections.Counter = collections.Counter()
        for line in log.lines:
            place = seen[line.minute] / minutes[line.minute]
            seen[line.minute] += 1
            self._due[line.number] = ((line.minute if line.minute is not None else first) - first + place) * 60

    async def wait(self, line: Line) -> None:
        if self._speed:
            await asyncio.sleep(self._begin + self._due[line.number] / self._speed - time.monotonic())
