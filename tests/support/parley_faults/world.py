"""One node with its private servers, and a relay on each link that a cell wants to spoil."""

from __future__ import annotations

import contextlib
import dataclasses
import re
import time
from typing import Mapping, Sequence

import requests

from parley_replay.run import Run
from parley_testkit.history import Recorder
from parley_testkit.node import Node
from parley_testkit.servers import Postgres, Redis, RedisCluster

from .relay import Relay

# Requests without TLS and GSS are typed from the first byte on, so that a relay can read them.
_plain = "?sslmode=disable&gssencmode=disable"


@dataclasses.dataclass
class Address:
    """All that a node needs to know of a server."""
    url: str


class World:
    """:param relays: which links go through one: `postgres`, `redis`, `clients`
    :param env: of the node; `database_env` of each PostgreSQL server
    :param is_redis_cluster: one endpoint, a Redis Cluster; `redis` are its servers
    :ivar relay: by those names
    :cvar has_links: between nodes, which repeat what a broken one lost
    :ivar database_ports: where the node looks for its databases"""

    has_links = False

    def __init__(self, *, seed: int, embedded: bool = False, databases: int = 1, relays: Sequence[str] = (),
                 flags: Sequence[str] = (), env: Mapping[str, str] | None = None, wrapper: Sequence[str] = (),
                 postgres: Sequence[Postgres] | None = None, redis_settings: Mapping[str, str] | None = None,
                 is_redis_cluster: bool = False, data_dir: str | None = None) -> None:
        self._stack = contextlib.ExitStack()
        self.relay: dict[str, Relay] = {}
        self.postgres: list[Postgres] = []
        self.redis: list[Redis] = []
        self.redis_cluster: RedisCluster | None = None
        try:
            if not embedded:
                given = postgres if postgres is not None else [Postgres() for _ in range(databases)]
                self.postgres = [server if server.child.alive() else server.start() for server in given]
                for server in self.postgres:
                    self._stack.callback(server.child.end)
                if is_redis_cluster:
                    self.redis_cluster = self._stack.enter_context(RedisCluster(**(redis_settings or {})))
                    self.redis = self.redis_cluster.servers
                else:
                    self.redis = [self._stack.enter_context(Redis(**(redis_settings or {})))]
            stores = [Address(server.url + _plain) for server in self.postgres]
            endpoints = [self.redis_cluster] if self.redis_cluster else self.redis
            fan_outs = [Address(endpoint.url) for endpoint in endpoints]
            if "postgres" in relays:
                port = self._relay("postgres", self.postgres[0].port, seed, postgres=True).port
                stores[0] = Address(f"postgresql://postgres@127.0.0.1:{port}/parley{_plain}")
            if "redis" in relays:
                fan_outs[0] = Address(f"redis://127.0.0.1:{self._relay('redis', self.redis[0].port, seed).port}")
            self.database_ports = [int(re.search(r"@127\.0\.0\.1:(\d+)/", store.url)[1]) for store in stores]
            # --checked: storage then proves with each event that its room has no hole.
            self.node = Node(postgres=stores, redis=fan_outs, env=env, flags=["--checked", *flags])
            if data_dir:
                self.node.child.argv[self.node.child.argv.index("--data-dir") + 1] = data_dir
            self.node.child.argv[:0] = wrapper
            self._stack.enter_context(self.node)
            self.front = self.node.http
            if "clients" in relays:
                self.front = f"http://127.0.0.1:{self._relay('clients', self.node.port, seed).port}"
        except BaseException:
            self._stack.close()
            raise

    @property
    def measured(self) -> list[Node]:
        """Whose use of resources the cell watches."""
        return [self.node]

    def user_at(self, address: str) -> str:
        """Which of the measured nodes has a database's sessions from there."""
        return self.node.name

    def close(self) -> None:
        self._stack.close()

    def stop(self) -> None:
        """In order; a failure where it does not end so."""
        self.node.stop()

    def load_run(self, recorder: Recorder, seed: int, patience: float) -> Run:
        return Run(self.front, recorder, seed, f"{time.time_ns() // 10**6:x}", pipeline=4, patience=patience, answer_s=10)

    def rooms(self, count: int) -> list[str]:
        """Names of new ones."""
        mark = f"{time.time_ns() // 10**6:x}"
        return [f"{mark}-room{n}" for n in range(count)]

    def heal(self) -> None:
        for relay in self.relay.values():
            relay.heal()
        for server in [*self.postgres, *self.redis, self.node]:
            server.resume()

    def metrics(self) -> dict[str, float]:
        """Each metric of the node, summed over its labels; empty while it does not answer."""
        try:
            text = requests.get(f"{self.node.http}/metrics", timeout=5).text
        except requests.RequestException:
            return {}
        sums: dict[str, float] = {}
        for name, value in re.findall(r"^(\w+)(?:\{[^}]*\})? ([-+.\deE]+)$", text, re.MULTILINE):
            sums[name] = sums.get(name, 0) + float(value)
        return sums

    def node_links(self, database: int = 0) -> list[int]:
        """The processes that serve the node at that database."""
        return [pid for pid, in self.postgres[database].execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = 'parley' AND backend_type = 'client backend' "
            "AND pid <> pg_backend_pid()")]

    def _relay(self, name: str, port: int, seed: int, *, postgres: bool = False) -> Relay:
        relay = self.relay[name] = Relay(name, port, seed=seed, postgres=postgres)
        self._stack.callback(relay.close)
        return relay

