"""The goals of scripts/bench_cluster. Each is a context that holds its cluster, and runs one pair after the other."""

from __future__ import annotations

import asyncio
import contextlib
import pathlib
import subprocess
import time
from typing import Iterator

from bench_cluster_clients import acks_after, deliveries, paced
from bench_goals import Row, listens
from bench_measure import Failed, Held, idle_cpu_seconds, load, run
from parley_testkit import workspace
from parley_testkit.child import Child
from parley_testkit.cluster import LEASE_S, Cluster, shard_of
from parley_testkit.ports import free_port
from parley_testkit.recipes import parleyctl
from parley_testkit.waiting import wait_until

_no_limits = ("--limits-connections-per-user", "0", "--limits-connections-per-address", "0", "--log-level", "warn",
              "--dev-faults=false")
_servers = {"shared_buffers": "128MB", "max_wal_size": "4GB", "log_min_duration_statement": "-1"}
_poll_s = 1.0  # actors/core/tail_watch.hpp: how often a node asks for what Redis may have lost
_connections = 16


class Bench:
    """The programs and the options that all goals share. :ivar raw: every run's figures"""

    def __init__(self, options, bin_folder: pathlib.Path) -> None:
        self.options, self.bin = options, bin_folder
        self._runs = 0
        self.raw: list[dict] = []

    @contextlib.contextmanager
    def cluster(self, **shape) -> Iterator[Cluster]:
        settings = _servers | shape.pop("database_settings", {})
        with Cluster(database_settings=settings, flags=_no_limits, **shape) as made:
            yield made

    def publish(self, what: str, cluster: Cluster, times: int = 1) -> dict:
        """Durable publishes as fast as they are acknowledged, an equal part of the writers at each node. CPU is of all
        nodes and servers. :param times: so many times the writers"""
        nodes, o = list(cluster.nodes.values()), self.options
        pids = {server.name: server.child.pid for server in [*nodes, *cluster.databases, *cluster.redis]
                if server.child.alive()}
        self._runs += 1
        result = load(self.bin / "parley-load", "rooms", [
            "--targets", ",".join(f"ws://{node.host}:{node.port}" for node in nodes), "--prefix", f"r{self._runs}",
            "--duration-s", o.seconds, "--warm-up-s", o.warm_up, "--distribution", "uniform", "--readers", 0,
            "--publish-rate", 0, "--writers", times * max(len(nodes), _connections), "--window", o.window, "--rooms",
            o.rooms], pids)
        cpu = {name: result[f"cpu_{name}"] for name in pids}
        return self.keep(what, {"acked_per_second": result["acked_per_second"], "cpu": cpu,
                                "cpu_us_per_message": sum(cpu.values()) * 1e6 / result["acked"]})

    def keep(self, what: str, result: dict) -> dict:
        self.raw.append({"run": what} | result)
        return result


class Goal:
    """Holds its clusters from entry to exit."""

    rows: list[Row]

    def __init__(self, bench: Bench) -> None:
        self.bench, self._stack = bench, contextlib.ExitStack()

    def __enter__(self) -> "Goal":
        try:
            self.begin()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_) -> None:
        self._stack.close()

    def begin(self) -> None:
        pass

    def pair(self) -> None:
        raise NotImplementedError


class AcrossNodes(Goal):
    """P6: publish to a subscriber at another node, at a tenth of the peak, against the sum of what it cannot do without: a
    fenced commit, a hop over Redis, a send. The writers are at one node, the readers at another, the rooms at all three."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self.p50 = Row("P6", "publish to delivery at another node, p50 above commit + Redis + send, a tenth of the peak",
                       "<= +300 us", "us", lambda us: us <= 300)
        self.p99 = Row("P6", "the same, p99 by the summed p99s", "<= 2x", is_met=lambda x: x <= 2)
        self.rows = [self.p50, self.p99]

    def begin(self) -> None:
        self.cluster = self._stack.enter_context(self.bench.cluster(shards=64))
        self.rate = round(self.bench.publish("P6 peak", self.cluster)["acked_per_second"] / 10)

    def pair(self) -> None:
        parts = self._reference()
        first, *_, last = self.cluster.nodes.values()
        ours = self._deliveries(f"ws://{first.host}:{first.port}", f"ws://{last.host}:{last.port}")
        p50, p99 = (sum(part[n] for part in parts.values()) for n in (0, 1))
        self.bench.keep("P6", {"rate": self.rate, "reference_us": parts, "delivery_us": ours})
        self.p50.add(p50, ours[0], ours[0] - p50)
        self.p99.add(p99, ours[1])

    def _deliveries(self, writers_at: str, readers_at: str) -> tuple[float, float]:
        o = self.bench.options
        told = load(self.bench.bin / "parley-load", "fanout", [
            "--targets", writers_at, "--reader-targets", readers_at, "--prefix", f"p6-{time.monotonic_ns()}", "--writers",
            _connections, "--readers", o.rooms, "--rooms", o.rooms, "--publish-rate", self.rate, "--duration-s", o.seconds,
            "--warm-up-s", o.warm_up])
        return told["delivery_p50_us"], told["delivery_p99_us"]

    def _reference(self) -> dict[str, tuple[float, float]]:
        """p50 and p99 in us: of a commit one after the other, the others at the goal's rate."""
        o = self.bench.options
        times = ["--seconds", str(o.seconds), "--warm-up", str(o.warm_up)]
        commit = run([self.bench.bin / "pg_loader", "--dsn", self.cluster.databases[0].url, "--batch", "1", "--fence",
                      "--rooms", str(o.rooms), *times])
        hop = run([self.bench.bin / "redis_hop", "--port", str(self.cluster.redis[0].port), "--rate", str(self.rate), *times])
        port = free_port()
        bare = Child("bare_broadcast", [str(self.bench.bin / "bare_broadcast"), str(port)],
                     log=workspace.folder("bare_broadcast") / "log")
        bare.start()
        try:
            wait_until(lambda: listens(port), what="bare_broadcast to listen", seconds=10)
            send = self._deliveries(f"ws://127.0.0.1:{port}", f"ws://127.0.0.1:{port}")
        finally:
            bare.kill9()
        return {"commit": (commit["commit_p50_us"], commit["commit_p99_us"]), "hop": (hop["hop_p50_us"], hop["hop_p99_us"]),
                "send": send}


class Flatness(Goal):
    """P14, P15: what a message costs, in CPU of all nodes and servers, by what it costs in the smallest cluster. Once with
    as many writers for each part as the smallest one has, as a cluster grows with its load, and once with the same few."""

    shapes: list[tuple[str, int, dict]]
    goal, most = "", 0.0

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self.grown = [Row(self.goal, f"CPU of nodes and servers a message (us), {name}, as many times the writers",
                          f"<= {self.most:.2f}x", is_met=lambda x: x <= self.most) for name, *_ in self.shapes[1:]]
        self.same = [Row(self.goal, f"the same, {name}, the writers of one", "told") for name, *_ in self.shapes[1:]]
        self.rows = self.grown + self.same

    def pair(self) -> None:
        """Each shape in a fresh cluster: none finds the tables, or the caches, of another one."""
        grown, same = [], []
        for name, parts, shape in self.shapes:
            with self.bench.cluster(shards=64, **shape) as cluster:
                same.append(self.bench.publish(f"{self.goal} {name}", cluster)["cpu_us_per_message"])
                if parts > 1:
                    grown.append(self.bench.publish(f"{self.goal} {name}, grown", cluster, parts)["cpu_us_per_message"])
        for rows, costs in ((self.grown, grown), (self.same, same[1:])):
            for row, cost in zip(rows, costs):
                row.add(same[0], cost)


class Databases(Flatness):
    goal, most = "P14", 1.10
    shapes = [(f"{n} database{'s' * (n > 1)} and endpoint{'s' * (n > 1)}", n, {"nodes": 1, "databases": n, "redis": n})
              for n in (1, 2, 4, 8)]


class Nodes(Flatness):
    goal, most = "P15", 1.15
    shapes = [(f"{n} node{'s' * (n > 1)}", n, {"nodes": n}) for n in (1, 2, 4, 8)]


class Idle(Goal):
    """P16: three nodes, each with a reader in each of many rooms, in which nothing is said. One session reads a hundred of
    them: what its pings cost is P12's."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        rooms = bench.options.live_rooms
        self.cpu = Row("P16", f"CPU of an idle node with {rooms} live rooms, % of a core (reference: the goal)",
                       "<= 0.3 %", "%", lambda x: x <= 0.3)
        self.queries = Row("P16", "queries/s of a node at a database (reference: the goal)", "<= 4", "",
                           lambda x: x <= 4)
        self.rows = [self.cpu, self.queries]

    def begin(self) -> None:
        self.cluster = self._stack.enter_context(self.bench.cluster(
            databases=2, redis=2, database_settings={"shared_preload_libraries": "pg_stat_statements"}))
        for server in self.cluster.databases:
            server.execute("CREATE EXTENSION pg_stat_statements")
        for node in self.cluster.nodes.values():
            rooms = self.bench.options.live_rooms
            held = Held(self.bench.bin / "parley-load", f"ws://{node.host}:{node.port}", sessions=max(1, rooms // 100),
                        rooms=rooms, rooms_each=min(rooms, 100))
            self._stack.callback(held.let_go)
        wait_until(self._is_quiet, seconds=60, what="the nodes to have read what the joins asked for")

    def _is_quiet(self) -> bool:
        """A second that costs no more than the one before."""
        before = self._calls()
        time.sleep(1)
        middle = self._calls()
        time.sleep(1)
        return self._calls() - middle <= 1.2 * (middle - before) + 5

    def _calls(self) -> int:
        """All statements so far, at both databases, but those of this script."""
        return sum(server.execute("SELECT coalesce(sum(calls), 0)::int8 FROM pg_stat_statements "
                                  "WHERE query NOT LIKE '%pg_stat_statements%'")[0][0]
                   for server in self.cluster.databases)

    def pair(self) -> None:
        nodes, databases = list(self.cluster.nodes.values()), len(self.cluster.databases)
        clocks, calls, begin = [idle_cpu_seconds(node.child.pid) for node in nodes], self._calls(), time.monotonic()
        time.sleep(max(5, self.bench.options.seconds))  # what is measured is that time passes
        took = time.monotonic() - begin
        rate = (self._calls() - calls) / took / len(nodes) / databases
        percent = [100 * (idle_cpu_seconds(node.child.pid) - clock) / took for node, clock in zip(nodes, clocks)]
        self.bench.keep("P16", {"percent_of_a_core": percent, "queries_per_second": rate, "seconds": took})
        self.cpu.add(0.3, max(percent), max(percent))
        self.queries.add(4, rate, rate)


class Takeover(Goal):
    """P18: an owner is killed, and how long its rooms have no ack at the other nodes; a planned move, and how long the
    shard's room has none."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self.killed = Row("P18", "owner killed to the last first ack of its rooms (s), beyond the lease (3 s)",
                          "<= +0.5 s", "s", lambda s: s <= 0.5)
        self.moved = Row("P18", "planned move: the longest ack of the room (ms); reference: without one", "<= 200 ms",
                         "ms", lambda ms: ms <= 200)
        self.rows = [self.killed, self.moved]

    def begin(self) -> None:
        self.cluster = self._stack.enter_context(self.bench.cluster(databases=2, redis=2))

    def pair(self) -> None:
        self._kill()
        self._move()

    def _kill(self) -> None:
        cluster, owner = self.cluster, "n2"
        rooms = cluster.rooms_by_owner(8)[owner]
        node, other = cluster.nodes[owner], cluster.nodes["n1"]
        waited = asyncio.run(acks_after(other.ws, rooms, node.kill9))
        self.bench.keep("P18 kill", {"seconds": waited})
        self.killed.add(LEASE_S, max(waited), max(waited) - LEASE_S)
        node.start()
        wait_until(cluster.is_spread, seconds=60, what="the killed node to own shards again")

    def _move(self) -> None:
        cluster = self.cluster
        by_owner = cluster.rooms_by_owner()
        room = by_owner["n1"][0]
        shard = str(shard_of(room, cluster.shards))
        words = [word for server in cluster.databases for word in ("--postgres", server.url)]

        def ctl(*what: str) -> None:
            done = subprocess.run([str(parleyctl()), *what, *words], capture_output=True, text=True)
            if done.returncode:
                raise Failed(f"parleyctl {what} ended with {done.returncode}: {done.stderr}")

        move = lambda: ctl("move", shard, "n2", "--wait", "20")  # noqa: E731
        still, moving = asyncio.run(paced(cluster.nodes["n3"].ws, room, move))
        ctl("move", shard, "--auto", "--wait", "20")
        self.bench.keep("P18 move", {"longest_ack_ms": moving, "longest_ack_without_ms": still})
        self.moved.add(still, moving, moving)


class DeadRedis(Goal):
    """P19: what it costs that Redis is dead: the rate of acks, and when readers see an event, by polling."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self.acks = Row("P19", "durable publishes/s with Redis dead, by those with it", ">= 0.9x", is_met=lambda x: x >= 0.9)
        self.late = Row("P19", "ack to delivery p99 (s) at three nodes by polling, by the poll's period", "<= 1.5x",
                        is_met=lambda x: x <= 1.5)
        self.live = Row("P19", "the same with Redis (ms): told", "told", "ms")
        self.rows = [self.acks, self.late, self.live]

    def begin(self) -> None:
        self.cluster = self._stack.enter_context(self.bench.cluster(shards=64))

    def pair(self) -> None:
        cluster, redis, seconds = self.cluster, self.cluster.redis[0], self.bench.options.seconds
        rooms = [room for rooms in cluster.rooms_by_owner(4).values() for room in rooms]
        fronts = [node.ws for node in cluster.nodes.values()]
        alive = self.bench.publish("P19 with Redis", cluster)
        live = asyncio.run(deliveries(fronts, rooms, seconds))
        redis.kill9()
        try:
            dead = self.bench.publish("P19 without", cluster)
            polled = asyncio.run(deliveries(fronts, rooms, seconds))
        finally:
            redis.start()
        self.bench.keep("P19 deliveries", {"p99_s": polled, "p99_with_redis_s": live})
        self.acks.add(alive["acked_per_second"], dead["acked_per_second"])
        self.late.add(_poll_s, polled)
        self.live.add(1000 * live, 1000 * live, 1000 * live)


goals = {"P6": AcrossNodes, "P14": Databases, "P15": Nodes, "P16": Idle, "P18": Takeover, "P19": DeadRedis}
