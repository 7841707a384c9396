"""One link through the relay: two pumps, each of which may be late, silent, slow or cut."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import TYPE_CHECKING

from .postgres_wire import Message, Splitter

if TYPE_CHECKING:
    from .relay import Relay

_chunk_bytes = 65536
# A held direction takes so much and then reads no more, as a full socket buffer does.
_held_bytes_max = 1 << 20


# storage/postgres/statements.cpp: that of a batch, and that of a lone event.
_appends = ("append", "append_one")


class Cut(Exception):
    """This link is to end now. The argument is the fault's name, under which it was counted."""


class Link:
    """Owned by the relay's loop.

    Commit faults of a PostgreSQL link, each at a transaction that appends events:
    `before`: all but its Sync goes out, then both ends are reset: rolled back;
    `at`: the Sync goes out, and the link is reset at once: either way;
    `after`: the server's whole answer is taken, nothing of it given back, then reset: committed."""

    def __init__(self, relay: "Relay", near: socket.socket) -> None:
        self._relay, self._near = relay, near
        self._far: socket.socket | None = None
        self._changed = asyncio.Event()
        self._doom, self._doomed = "", None  # how, and the exchange whose answer nobody will see
        self._doomed_failed = False
        self._is_given = False  # the server must still read what went out: its side ends with FIN
        self._with_reset = True
        self.task: asyncio.Task | None = None

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        pumps: list[asyncio.Task] = []
        try:
            if self._relay.refuses:
                self._relay.hits["refused"] += 1
                raise Cut("refused")
            while "up" in self._relay.spoil.silent:
                self._relay.hits["held connect"] += 1
                await self._await_change()
            self._far = socket.socket()
            self._far.setblocking(False)
            await loop.sock_connect(self._far, (self._relay.target_host, self._relay.target_port))
            for end in (self._near, self._far):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            pumps = [loop.create_task(self._pump("up", self._near, self._far)),
                     loop.create_task(self._pump("down", self._far, self._near))]
            await asyncio.gather(*pumps)
            self._with_reset = False
        except (OSError, Cut):
            pass  # either end's reset is the other's too
        except asyncio.CancelledError:
            pass
        finally:
            for pump in pumps:
                pump.cancel()
            # Closed once nobody waits for them: the loop knows sockets by number, and numbers come again.
            await asyncio.gather(*pumps, return_exceptions=True)
            self._close()
            self._relay.links.discard(self)

    def cut(self, *, with_reset: bool) -> None:
        """Ends both sides, with RST or with FIN."""
        self._with_reset = with_reset
        self.task.cancel()

    def _close(self) -> None:
        for end in filter(None, (self._near, self._far)):
            if self._with_reset and not (end is self._far and self._is_given):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            end.close()

    def wake(self) -> None:
        self._changed.set()

    async def _await_change(self, seconds: float | None = None) -> None:
        self._changed.clear()
        try:
            await asyncio.wait_for(self._changed.wait(), seconds)
        except asyncio.TimeoutError:
            pass

    # --- one direction

    async def _pump(self, way: str, source: socket.socket, sink: socket.socket) -> None:
        """Reads, decides what passes, and queues it with the moment at which it is due."""
        loop, relay = asyncio.get_running_loop(), self._relay
        splitter = Splitter(from_client=way == "up") if relay.is_postgres else None
        queue: asyncio.Queue = asyncio.Queue()
        sender = loop.create_task(self._send(way, queue, sink))
        last_due, held = 0.0, 0
        try:
            while not sender.done():
                data = await loop.sock_recv(source, _chunk_bytes)
                if not data:
                    queue.put_nowait((0.0, None))
                    return await sender
                spoil = relay.spoil
                if spoil.cut_chance and relay.random.random() < spoil.cut_chance:
                    relay.hits["cut"] += 1
                    raise Cut("cut")
                if way == "up" and spoil.half_close_chance and relay.random.random() < spoil.half_close_chance:
                    relay.hits["half close"] += 1
                    queue.put_nowait((0.0, data))
                    queue.put_nowait((0.0, None))
                    return await sender
                if way == "down" and spoil.garbage and relay.random.random() < spoil.garbage_chance:
                    relay.hits["garbage"] += 1
                    data = spoil.garbage(relay.random)
                due = loop.time() + spoil.delay_s + spoil.jitter_s * relay.random.random()
                if spoil.delay_s or spoil.jitter_s:
                    relay.hits["delayed"] += 1
                last_due = max(due, last_due)  # TCP keeps the order
                if splitter:
                    await self._pass_messages(way, splitter, data, queue, last_due)
                else:
                    queue.put_nowait((last_due, data))
                held = sum(len(d) for _, d in list(queue._queue) if d) if queue.qsize() > 16 else 0
                while held > _held_bytes_max and not sender.done():
                    await self._await_change(0.05)
                    held = sum(len(d) for _, d in list(queue._queue) if d)
            await sender
        finally:
            sender.cancel()

    async def _send(self, way: str, queue: asyncio.Queue, sink: socket.socket) -> None:
        loop, relay = asyncio.get_running_loop(), self._relay
        while True:
            due, data = await queue.get()
            while (left := due - loop.time()) > 0:
                await asyncio.sleep(left)
            counted = False
            while way in relay.spoil.silent:
                if not counted:
                    relay.hits[f"held {way}"] += 1
                    counted = True
                await self._await_change()
            if data is None:
                sink.shutdown(socket.SHUT_WR)
                return
            rate = relay.spoil.bytes_per_s.get(way)
            if not rate:
                await loop.sock_sendall(sink, data)
                if relay.spoil.marks and relay.spoil.marks[0] == way and relay.spoil.marks[1] in data:
                    relay.strikes("mark passed")
                continue
            relay.hits["slowed"] += 1
            step = max(1, int(rate / 20))
            for begin in range(0, len(data), step):
                await loop.sock_sendall(sink, data[begin:begin + step])
                if rate := relay.spoil.bytes_per_s.get(way):
                    await self._await_change(step / rate)

    # --- PostgreSQL

    async def _pass_messages(self, way: str, splitter: Splitter, data: bytes, queue: asyncio.Queue, due: float) -> None:
        passed = bytearray()
        for message in splitter.take(data):
            if way == "up":
                self._up(message, passed, queue, due)
            elif self._doomed is not None and message.exchange == self._doomed:
                self._swallow(message)
            else:
                passed += message.data
        if passed:
            queue.put_nowait((due, bytes(passed)))

    def _up(self, message: Message, passed: bytearray, queue: asyncio.Queue, due: float) -> None:
        spoil, relay = self._relay.spoil, self._relay
        if message.statement in _appends and self._doomed is None and spoil.commit_fault \
                and relay.random.random() < spoil.commit_chance:
            self._doomed = message.exchange
            self._doom = spoil.commit_fault
        is_its_sync = message.is_end and message.exchange == self._doomed
        if is_its_sync and self._doom == "before":
            # What came ahead of the Sync must reach the server, or this would be a link that sent nothing.
            self._give_now(passed, queue)
            relay.strikes("cut before Sync")
            raise Cut("before")
        passed += message.data
        if is_its_sync and self._doom == "at":
            self._give_now(passed, queue)
            relay.strikes("cut at Sync")
            raise Cut("at")

    def _give_now(self, passed: bytearray, queue: asyncio.Queue) -> None:
        """Into the kernel, behind what waits, without a turn of the loop."""
        waiting = b""
        while not queue.empty():
            waiting += queue.get_nowait()[1] or b""
        try:
            self._far.sendall(waiting + passed)
        except OSError:
            return
        self._is_given = True

    def _swallow(self, message: Message) -> None:
        self._doomed_failed |= message.is_error
        if message.is_end:
            relay = self._relay
            relay.strikes("error reply killed" if self._doomed_failed else "commit reply killed")
            raise Cut("after")
