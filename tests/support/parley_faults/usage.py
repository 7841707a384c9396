"""Samples of what the node uses, for the checker's R13."""

from __future__ import annotations

import asyncio
import collections
import os
import pathlib
import threading
import time
from typing import Callable

import psycopg2

from parley_testkit.history import Recorder
from parley_testkit.servers import Postgres

from .world import World

_period_s = 0.25
_samples_min = 5


def process_use(world: World) -> dict[str, int]:
    """Empty while the node is dead."""
    node = world.node
    try:
        sockets, others = set(), 0
        for entry in os.scandir(f"/proc/{node.child.pid}/fd"):
            try:
                target = os.readlink(entry.path)
            except FileNotFoundError:
                continue  # closed meanwhile
            if target.startswith("socket:["):
                sockets.add(target[8:-1])
            else:
                others += 1
        rss = node.rss_bytes()
    except (OSError, TypeError):  # a zombie has no VmRSS
        return {}
    use = {"rss": rss, "descriptors": len(sockets) + others}
    databases = {f"{port:04X}" for port in world.database_ports}
    if databases:
        # A table that changes while it is read shows some lines twice: sockets are counted by their numbers.
        table = [line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]]
        use["database links"] = len({inode for _, near, far, state, *_, inode in (line[:10] for line in table)
                                     if far.rpartition(":")[2] in databases and inode in sockets})
    return use


class _Counter:
    """Asks PostgreSQL for the node's sessions, on a session of its own that lasts: an attempt for each sample would take
    the last place of a server that has none left."""

    def __init__(self, server: Postgres) -> None:
        self._url, self._link = server.url.replace("/parley", "/postgres"), None

    def __call__(self) -> int | None:
        try:
            if self._link is None:
                self._link = psycopg2.connect(self._url, connect_timeout=2, application_name="sampler")
                self._link.autocommit = True
            with self._link.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'parley' "
                               "AND backend_type = 'client backend'")
                return cursor.fetchone()[0]
        except psycopg2.Error:
            self._link = None
            return None


class Unmeasured:
    """Where nobody watches."""
    limits: dict = {}
    peaks: dict = {}

    def stop(self) -> None:
        pass

    def problems(self) -> list[str]:
        return []

    async def enough(self) -> None:
        pass

    async def at_rest(self) -> None:
        pass


class Usage:
    """Samples from threads of its own, since a server that stands still holds up who asks it. What they find is
    recorded on the loop that made this, in the history's order.

    :ivar peaks: the most of each resource; :ivar samples: how many of each"""

    def __init__(self, world: World, recorder: Recorder, limits: dict[str, int]) -> None:
        self._world, self._recorder, self.limits = world, recorder, limits
        self.peaks: collections.Counter = collections.Counter()
        self.samples: collections.Counter = collections.Counter()
        self._loop, self._ends = asyncio.get_running_loop(), threading.Event()
        self._rest = limits["descriptors at rest"]
        for resource, most in limits.items():
            recorder.add("limit", node=world.node.name, resource=resource, most=most)
        self._watch(lambda: process_use(world))
        if world.postgres:
            counters: dict[Postgres, _Counter] = {}

            def connections() -> dict[str, int]:
                # A failover changes which servers there are.
                told = [counters.setdefault(server, _Counter(server))() for server in list(world.postgres)]
                return {} if None in told else {"connections": sum(told)}

            self._watch(connections)

    def stop(self) -> None:
        self._ends.set()

    def problems(self) -> list[str]:
        return [f"{self.samples[resource]} samples of {resource}, at least {_samples_min} are needed"
                for resource in self.limits if not self._has(1 if resource == "descriptors at rest" else _samples_min, resource)]

    async def enough(self, seconds: float = 10) -> None:
        """A server that was dead for most of the run has given few samples: the load goes on until there are some."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not all(self._has(_samples_min, resource) for resource in self.limits
                                                 if resource != "descriptors at rest"):
            await asyncio.sleep(0.05)

    def _has(self, least: int, resource: str) -> bool:
        return self.samples[resource] >= least

    async def at_rest(self, seconds: float = 15) -> None:
        """All clients are gone: the node must let go of them within the time that a close takes (front_options.hpp)."""
        deadline, most = time.monotonic() + seconds, self._rest
        while (use := process_use(self._world)) and use["descriptors"] > most and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
        if use:
            self._record({"descriptors at rest": use["descriptors"]})

    def _watch(self, sample: Callable[[], dict[str, int]]) -> None:
        def go_on() -> None:
            while not self._ends.wait(_period_s):
                use = sample()
                if self._ends.is_set():
                    return
                self._loop.call_soon_threadsafe(self._record, use)

        threading.Thread(target=go_on, name="usage", daemon=True).start()

    def _record(self, use: dict[str, int]) -> None:
        for resource, amount in use.items():
            self._recorder.add("used", node=self._world.node.name, resource=resource, amount=amount)
            self.peaks[resource] = max(self.peaks[resource], amount)
            self.samples[resource] += 1
