"""Samples of what each node uses, for the checker's R13."""

from __future__ import annotations

import asyncio
import collections
import os
import pathlib
import threading
import time
from typing import Callable, Iterable, Iterator

import psycopg2

from parley_testkit.history import Recorder
from parley_testkit.node import Node
from parley_testkit.servers import Postgres

from .world import World

_period_s = 0.25
_samples_min = 5
_at_rest = "descriptors at rest"


def process_use(node: Node, database_ports: Iterable[int]) -> dict[str, int]:
    """Empty while the node is dead."""
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
        # Of its own network. A table that changes while it is read shows some lines twice: sockets count by number.
        table = pathlib.Path(f"/proc/{node.child.pid}/net/tcp").read_text().splitlines()[1:]
    except (OSError, TypeError):  # a zombie has no VmRSS
        return {}
    use = {"rss": rss, "descriptors": len(sockets) + others}
    databases = {f"{port:04X}" for port in database_ports}
    if databases:
        use["database links"] = len({inode for _, _, far, _, *_, inode in (line.split()[:10] for line in table)
                                     if far.rpartition(":")[2] in databases and inode in sockets})
    return use


class _Counter:
    """Asks PostgreSQL for the nodes' sessions, by their address, on a session of its own that lasts: an attempt for each
    sample would take the last place of a server that has none left."""

    def __init__(self, server: Postgres) -> None:
        self._url, self._link = server.url.replace("/parley", "/postgres"), None

    def __call__(self) -> dict[str, int] | None:
        try:
            if self._link is None:
                self._link = psycopg2.connect(self._url, connect_timeout=2, application_name="sampler")
                self._link.autocommit = True
            with self._link.cursor() as cursor:
                cursor.execute("SELECT host(client_addr), count(*) FROM pg_stat_activity "
                               "WHERE application_name = 'parley' AND backend_type = 'client backend' GROUP BY 1")
                return dict(cursor.fetchall())
        except psycopg2.Error:
            self._link = None
            return None


class Usage:
    """Samples from threads of its own, since a server that stands still holds up who asks it. What they find is
    recorded on the loop that made this, in the history's order.

    :param limits: {node: {resource: how much it may use}}
    :ivar peaks: the most that any node used of each resource; :ivar samples: how many, by (node, resource)"""

    def __init__(self, world: World, recorder: Recorder, limits: dict[str, dict[str, int]]) -> None:
        self._world, self._recorder, self._limits = world, recorder, limits
        self._nodes = [node for node in world.measured if node.name in limits]
        self.peaks: collections.Counter = collections.Counter()
        self.samples: collections.Counter = collections.Counter()
        self._loop, self._ends = asyncio.get_running_loop(), threading.Event()
        for name, of_node in limits.items():
            for resource, most in of_node.items():
                recorder.add("limit", node=name, resource=resource, most=most)
        self._watch(lambda: [(node.name, process_use(node, world.database_ports)) for node in self._nodes])
        if world.postgres:
            counters: dict[Postgres, _Counter] = {}

            def connections() -> list[tuple[str, dict[str, int]]]:
                # A failover changes which servers there are.
                told = [counters.setdefault(server, _Counter(server))() for server in list(world.postgres)]
                if None in told:
                    return []
                sums = collections.Counter({name: 0 for name in limits})
                for address, count in (pair for of_server in told for pair in of_server.items()):
                    sums[world.user_at(address)] += count
                return [(name, {"connections": sums[name]}) for name in limits]

            self._watch(connections)

    def stop(self) -> None:
        self._ends.set()

    def problems(self) -> list[str]:
        return [f"{self.samples[name, resource]} samples of {resource} of {name}, at least {least} are needed"
                for name, resource, least in self._wanted() if self.samples[name, resource] < least]

    async def enough(self, seconds: float = 10) -> None:
        """A server that was dead for most of the run has given few samples: the load goes on until there are some."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and any(self.samples[name, resource] < least for name, resource, least in
                                             self._wanted() if resource != _at_rest):
            await asyncio.sleep(0.05)

    def _wanted(self) -> Iterator[tuple[str, str, int]]:
        for name, of_node in self._limits.items():
            yield from ((name, resource, 1 if resource == _at_rest else _samples_min) for resource in of_node)

    async def at_rest(self, seconds: float = 15) -> None:
        """All clients are gone: the nodes let go of them within the time that a close takes (front_options.hpp)."""
        deadline = time.monotonic() + seconds
        for node in self._nodes:
            most = self._limits[node.name][_at_rest]
            while (use := process_use(node, self._world.database_ports)) and use["descriptors"] > most and \
                    time.monotonic() < deadline:
                await asyncio.sleep(0.05)
            if use:
                self._record([(node.name, {_at_rest: use["descriptors"]})])

    def _watch(self, sample: Callable[[], list[tuple[str, dict[str, int]]]]) -> None:
        def go_on() -> None:
            while not self._ends.wait(_period_s):
                use = sample()
                if self._ends.is_set():
                    return
                self._loop.call_soon_threadsafe(self._record, use)

        threading.Thread(target=go_on, name="usage", daemon=True).start()

    def _record(self, uses: list[tuple[str, dict[str, int]]]) -> None:
        for name, use in uses:
            for resource, amount in use.items():
                self._recorder.add("used", node=name, resource=resource, amount=amount)
                self.peaks[resource] = max(self.peaks[resource], amount)
                self.samples[name, resource] += 1
