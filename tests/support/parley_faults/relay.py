"""A TCP relay that spoils what passes: between the node and its servers, and between clients and the node.

It lives in a thread of its own with its own event loop, so that a busy test does not slow the links. All
methods may be called from any thread and take effect at once. Chance comes from the seed."""

from __future__ import annotations

import asyncio
import collections
import concurrent.futures
import random
import socket
import threading
from typing import Any, Callable

from parley_testkit.ports import free_port
from parley_testkit.recipes import loopback

from .relay_link import Link


# What links count while they spoil.
counted = frozenset(("cut", "half close", "garbage", "delayed", "slowed", "held up", "held down", "cut before Sync",
                     "cut at Sync", "commit reply killed"))


class Spoil:
    """What the relay does to each link; a link looks at it for each chunk.

    Directions are `up` (to the target) and `down` (back). A silent direction holds what it is given, as
    a lost network does whose sender goes on repeating: when it heals, everything arrives."""

    def __init__(self) -> None:
        self.delay_s: float = 0.0
        self.jitter_s: float = 0.0
        self.silent: frozenset[str] = frozenset()
        self.cut_chance: float = 0.0      # per chunk
        self.half_close_chance: float = 0.0  # per chunk: FIN to the target, the way back stays open
        self.bytes_per_s: dict[str, float] = {}  # by direction; absent is unbounded
        self.commit_fault: str = ""       # PostgreSQL only: before, at, after (see relay_link.py)
        self.commit_chance: float = 0.0   # per transaction of the node's writer
        self.garbage: Callable[[random.Random], bytes] | None = None  # sent down instead of an answer
        self.garbage_chance: float = 0.0  # per chunk
        self.marks: tuple[str, bytes] | None = None  # a direction, and what passes there: a moment to strike at


class Relay:
    """Listens on `port` for as long as it lives.

    :param postgres: understands PostgreSQL's protocol, for faults in the middle of a commit
    :param host: this process's address, on which it listens
    :ivar hits: how often each fault really acted"""

    def __init__(self, name: str, target_port: int, *, seed: int = 0, postgres: bool = False, host: str = loopback,
                 target_host: str = loopback) -> None:
        self.name, self.target_port, self.is_postgres = name, target_port, postgres
        self.host, self.target_host = host, target_host
        self.port = free_port()
        self.spoil = Spoil()
        self.hits: collections.Counter = collections.Counter()
        self.random = random.Random(f"{seed}/{name}")
        self.links: set[Link] = set()
        self.refuses = False
        self._at_strike: Callable[[], None] | None = None
        self._loop = asyncio.new_event_loop()
        self._listener = self._listen()
        self._thread = threading.Thread(target=self._serve, name=f"relay {name}", daemon=True)
        self._thread.start()

    def set(self, **spoil: Any) -> None:
        """Changes what the links do from now on: `relay.set(delay_s=0.25)`.
        :raises AttributeError: for a fault that it does not know"""
        for fault, value in spoil.items():
            getattr(self.spoil, fault)
            setattr(self.spoil, fault, value)
        self._call(self._wake_all)

    def heal(self) -> None:
        """No fault any more; what was held goes on its way."""
        self.refuses = False
        self.set(**vars(Spoil()))

    def silence(self, *directions: str) -> None:
        """No byte passes, and nobody is told: `silence("up", "down")`. New links get no answer either."""
        self.set(silent=frozenset(directions))

    def cut_all(self, *, with_reset: bool = True) -> int:
        """Ends every link, with RST or with FIN. How many there were."""
        return self._call(lambda: self._cut_all(with_reset))

    def refuse(self, refuses: bool = True) -> None:
        """New links are reset at once."""
        self.refuses = refuses

    def retarget(self, port: int) -> None:
        """New links go there, as when a service's address moves."""
        self.target_port = port

    def strike_once(self, what: Callable[[], None], **when: Any) -> None:
        """The next time that the given spoil acts, `what` runs at that very moment, on the relay's thread, and it is
        over: `strike_once(kill, commit_fault="after", commit_chance=0.1)`."""
        self._at_strike = what
        self.set(**when)

    def strikes(self, hit: str) -> None:
        """A link did something; on the relay's thread."""
        self.hits[hit] += 1
        what, self._at_strike = self._at_strike, None
        if what:
            vars(self.spoil).update(vars(Spoil()))
            what()

    def close(self) -> None:
        if self._listener.fileno() == -1:
            return
        self._loop.call_soon_threadsafe(self._accepting.cancel)
        self._thread.join(10)
        self._listener.close()

    # --- on the relay's thread

    def _listen(self) -> socket.socket:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self.host, self.port))
        listener.listen(512)
        listener.setblocking(False)
        return listener

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._accepting = self._loop.create_task(self._accept())
        try:
            self._loop.run_until_complete(self._accepting)
        except asyncio.CancelledError:
            pass
        links = [link.task for link in self.links]
        self._cut_all(True)
        self._loop.run_until_complete(asyncio.gather(*links, return_exceptions=True))
        self._loop.close()

    async def _accept(self) -> None:
        while True:
            near, _ = await self._loop.sock_accept(self._listener)
            near.setblocking(False)
            link = Link(self, near)
            self.links.add(link)
            link.task = self._loop.create_task(link.run())

    def _cut_all(self, with_reset: bool) -> int:
        for link in self.links:
            link.cut(with_reset=with_reset)
        self.hits["cut"] += len(self.links)
        return len(self.links)

    def _wake_all(self) -> None:
        for link in self.links:
            link.wake()

    def _call(self, what: Callable[[], Any]) -> Any:
        done: concurrent.futures.Future = concurrent.futures.Future()

        def run() -> None:
            try:
                done.set_result(what())
            except BaseException as error:  # the caller waits for it, whatever it is
                done.set_exception(error)

        self._loop.call_soon_threadsafe(run)
        return done.result(30)
