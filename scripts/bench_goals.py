"""The goals of scripts/bench: what is run for each in one pair, reference first, and how it is judged."""

from __future__ import annotations

import dataclasses
import functools
import socket
import time
from typing import Callable

import requests

from bench_measure import Failed, Held, Series, load, rss_bytes, run
from parley_testkit.child import Child
from parley_testkit.node import Node
from parley_testkit.ports import free_port
from parley_testkit.waiting import wait_until
from parley_testkit import workspace


@dataclasses.dataclass
class Row:
    """One line of the table. `is_met` judges the median; None: told only."""
    goal: str
    what: str
    target: str
    unit: str = "x"
    is_met: Callable[[float], bool] | None = None
    ratio: Series = dataclasses.field(default_factory=Series)
    reference: Series = dataclasses.field(default_factory=Series)
    parley: Series = dataclasses.field(default_factory=Series)

    def add(self, reference: float, parley: float, value: float | None = None) -> None:
        self.reference.add(reference)
        self.parley.add(parley)
        self.ratio.add(parley / reference if value is None else value)


class Goal:
    """Holds what it runs from entry to exit: unless it says otherwise, one node that serves all pairs."""

    rows: list[Row]

    def __init__(self, bench: "Bench") -> None:
        self.bench = bench

    def __enter__(self) -> "Goal":
        try:
            self.begin()
        except BaseException:
            self.bench.stop_all()
            raise
        return self

    def __exit__(self, *_) -> None:
        self.bench.stop_all()

    def begin(self) -> None:
        self.bench.start_node()

    def pair(self) -> None:
        raise NotImplementedError


class Bench:
    """The servers, the programs and the options that all goals share."""

    def __init__(self, options, bin_folder, postgres, redis) -> None:
        self.options, self.bin, self.postgres, self.redis = options, bin_folder, postgres, redis
        self.node: Node | None = None
        self._programs: list[Child] = []
        self._runs = 0
        self.raw: list[dict] = []
        self.reached: Series | None = None  # publishes/s of P1, once it ran

    def peak(self) -> float:
        """Publishes/s that other goals take their shares of."""
        return self.options.peak or (self.reached.median if self.reached else 10_000)

    def start_node(self, *flags: str) -> Node:
        self.node = Node("bench", postgres=[self.postgres], redis=[self.redis], flags=[
            "--limits-connections-per-user", "0", "--limits-connections-per-address", "0", "--log-level", "warn",
            "--dev-faults=false", *flags])
        self.node.start()
        return self.node

    def stop_node(self) -> None:
        node, self.node = self.node, None
        node.stop()

    def stop_all(self) -> None:
        """Also after a goal that failed half-way."""
        if self.node:
            self.stop_node()
        for child in self._programs:
            if child.alive():
                child.kill9()
        self._programs.clear()

    def watched(self) -> dict[str, int]:
        pids = {"postgres": self.postgres.child.pid, "redis": self.redis.child.pid}
        return pids | ({"node": self.node.child.pid} if self.node else {})

    def load(self, scenario: str, *words, to: int | None = None, more: dict[str, int] = {}, seconds: float | None = None,
             may_fail: bool = False, at_begin: Callable[[], None] | None = None) -> dict:
        self._runs += 1
        common = ["--targets", f"ws://127.0.0.1:{to or self.node.port}", "--prefix", f"r{self._runs}", "--duration-s",
                  seconds or self.options.seconds]
        if scenario != "overload" and "--warm-up-s" not in words:  # an overload finds the peak first, and is warm then
            common += ["--warm-up-s", self.options.warm_up]
        return self._kept(scenario, load(self.bin / "parley-load", scenario, [*common, *words], self.watched() | more,
                                         may_fail=may_fail, at_begin=at_begin))

    def publish(self, writers: int, *words) -> dict:
        """Durable publishes, one room after the other; nobody reads. Closed by a window, unless `words` give a rate."""
        return self.load("rooms", "--distribution", "uniform", "--readers", 0, "--writers", writers, "--publish-rate", 0,
                         "--rooms", self.options.rooms, *words)

    def limit(self, program: str, *arguments) -> dict:
        return self._kept(program, run(
            [self.bin / program, "--dsn", self.postgres.url, "--seconds", self.options.seconds, "--warm-up",
             self.options.warm_up, *map(str, arguments)], self.watched()))

    def _kept(self, what: str, result: dict) -> dict:
        self.raw.append({"run": what} | result)
        return result

    def program(self, name: str, *arguments) -> tuple[Child, int]:
        """A reference that is a server of its own, until it is killed or the goal ends."""
        port = free_port()
        child = Child(name, [str(self.bin / name), str(port), *map(str, arguments)], log=workspace.folder(name) / "log")
        child.start()
        self._programs.append(child)
        wait_until(lambda: listens(port), what=f"{name} to listen", seconds=10)
        return child, port


class Publishes(Goal):
    """P1 and the way of a single event: CPU of all of PostgreSQL's processes per event, and the rate."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self.cpu = Row("P1", "PostgreSQL CPU per event, loader without a fence, batches of 100", "<= 1.25x",
                       is_met=lambda x: x <= 1.25)
        self.rate = Row("P1", "durable publishes/s, the same loader", ">= 0.50x", is_met=lambda x: x >= 0.50)
        self.fenced_cpu = Row("P1", "PostgreSQL CPU per event, loader with the fence", "told")
        self.single_cpu = Row("P1", "PostgreSQL CPU per event, one at a time, fenced loader", "told")
        self.single_rate = Row("P1", "publishes/s, one at a time, fenced loader", "told")
        self.node_cpu = Row("P2", "the node's CPU of a publish", "<= 12 us", "us", lambda us: us <= 12)
        self.rows = [self.cpu, self.rate, self.fenced_cpu, self.single_cpu, self.single_rate, self.node_cpu]

    def begin(self) -> None:
        super().begin()
        self.bench.reached = self.rate.parley

    def pair(self) -> None:
        rooms = self.bench.options.rooms
        plain = self.bench.limit("pg_loader", "--batch", 100, "--rooms", rooms)
        ours = self.bench.publish(16, "--window", self.bench.options.window)
        fenced = self.bench.limit("pg_loader", "--batch", 100, "--rooms", rooms, "--fence")
        one = self.bench.limit("pg_loader", "--batch", 1, "--rooms", rooms, "--fence")
        ours_one = self.bench.publish(1, "--window", 1)
        self.cpu.add(per_event(plain), per_event(ours))
        self.rate.add(plain["events_per_second"], ours["acked_per_second"])
        self.fenced_cpu.add(per_event(fenced), per_event(ours))
        self.single_cpu.add(per_event(one), per_event(ours_one))
        self.single_rate.add(one["events_per_second"], ours_one["acked_per_second"])
        node_us = ours["cpu_node"] * 1e6 / ours["acked"]
        self.node_cpu.add(0, node_us, node_us)


def per_event(result: dict) -> float:
    """us of PostgreSQL's CPU."""
    return result["cpu_postgres"] * 1e6 / result.get("events", result.get("acked"))


class Deliveries(Goal):
    """P3: CPU of the node, or of the bare loop, per delivery; one room, and many."""

    shapes = [(1, 1), (1000, 100)]  # rooms, rooms of a reader

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        n = bench.options.readers
        self.rows = [Row("P3", f"deliveries/s/core at {n} connections, {rooms} room{'s' * (rooms > 1)}", ">= 0.65x",
                         is_met=lambda x: x >= 0.65) for rooms, _ in self.shapes]

    def begin(self) -> None:
        self.bench.start_node("--io-threads", "1")

    def pair(self) -> None:
        for row, (rooms, each) in zip(self.rows, self.shapes):
            arguments = ["--readers", self.bench.options.readers, "--rooms", rooms, "--rooms-each", each, "--publish-rate", 0,
                         "--window-of", "deliveries", "--window", 1 if rooms == 1 else 4]
            child, port = self.bench.program("bare_broadcast")
            bare = self.bench.load("fanout", *arguments, to=port, more={"bare": child.pid})
            child.kill9()
            ours = self.bench.load("fanout", *arguments)
            row.add(bare["deliveries"] / bare["cpu_bare"], ours["deliveries"] / ours["cpu_node"])


class Bursts(Goal):
    """P4: the same with eight publishes at once, against the loop that sends eight messages with one write."""

    size = 8

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        n = bench.options.readers
        self.burst = Row("P4", f"deliveries/s/core in bursts of {self.size} at {n} connections, 1 room", ">= 0.5x",
                         is_met=lambda x: x >= 0.5)
        self.single = Row("P4", "the same, by the loop that sends them one by one", ">= 3x", is_met=lambda x: x >= 3)
        self.rows = [self.burst, self.single]

    def begin(self) -> None:
        self.bench.start_node("--io-threads", "1")

    def pair(self) -> None:
        arguments = ["--readers", self.bench.options.readers, "--rooms", 1, "--publish-rate", 0, "--window-of", "deliveries",
                     "--window", self.size, "--burst", self.size]
        bare = [self._bare(arguments, messages) for messages in (self.size, 1)]
        ours = self.bench.load("fanout", *arguments)
        for row, reference in zip(self.rows, bare):
            row.add(reference["deliveries"] / reference["cpu_bare"], ours["deliveries"] / ours["cpu_node"])

    def _bare(self, arguments: list, messages: int) -> dict:
        child, port = self.bench.program("bare_broadcast", messages)
        told = self.bench.load("fanout", *arguments, to=port, more={"bare": child.pid})
        child.kill9()
        return told


class Acks(Goal):
    """P5: an open loop at a tenth of what P1 reached, against the fenced commit of one event."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self.p50 = Row("P5", "publish-to-ack p50 above the commit's, at a tenth of the peak", "<= +150 us", "us",
                       lambda us: us <= 150)
        self.p99 = Row("P5", "publish-to-ack p99, by the commit's p99", "<= 1.5x", "x", lambda x: x <= 1.5)
        self.quiet = Row("P5", "publish-to-ack p50 above the commit's, both at 100/s", "told", "us")
        self.rows = [self.p50, self.p99, self.quiet]

    def pair(self) -> None:
        rate = round(self.bench.peak() / 10)
        commit = self.bench.limit("pg_loader", "--batch", 1, "--fence", "--rooms", 100)
        ours = self.bench.publish(16, "--publish-rate", rate)
        # What runs now and then finds nothing warm: it is compared with what runs now and then.
        seldom = self.bench.limit("pg_loader", "--batch", 1, "--fence", "--rooms", 100, "--rate", 100)
        quiet = self.bench.publish(16, "--publish-rate", 100)
        self.p50.add(commit["commit_p50_us"], ours["ack_p50_us"], ours["ack_p50_us"] - commit["commit_p50_us"])
        self.p99.add(commit["commit_p99_us"], ours["ack_p99_us"])
        self.quiet.add(seldom["commit_p50_us"], quiet["ack_p50_us"], quiet["ack_p50_us"] - seldom["commit_p50_us"])


class Joins(Goal):
    """P9: joins of one hot room with 50 events each, against bare SELECTs of such a page."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self.rate = Row("P9", "joins/s of one hot room, by bare SELECTs of a page of 50", ">= 5x", is_met=lambda x: x >= 5)
        self.cpu = Row("P9", "CPU of a join, by PostgreSQL's of a SELECT (us)", "told")
        self.queries = Row("P9", "queries per 100 ms", "<= 1", "", lambda x: x <= 1)
        self.rows = [self.rate, self.cpu, self.queries]

    def pair(self) -> None:
        bare = self.bench.limit("pg_pages", "--connections", 8)
        before, since = reads_of(self.bench.node), time.monotonic()
        ours = self.bench.load("joins", "--joiners", 8, "--history", 200, "--rewind", 50)
        reads, took = reads_of(self.bench.node) - before, time.monotonic() - since
        self.rate.add(bare["pages_per_second"], ours["joins_per_second"])
        self.cpu.add(bare["cpu_postgres"] * 1e6 / bare["pages"],
                     (ours["cpu_node"] + ours["cpu_postgres"]) * 1e6 / ours["joins"])
        self.queries.add(0, reads, reads / took / 10)


def reads_of(node: Node) -> float:
    """Statements that read, over all databases, since the node's start."""
    text = requests.get(f"{node.http}/metrics", timeout=5).text
    found = [float(line.split()[-1]) for line in text.splitlines()
             if line.startswith("parley_database_read_seconds_count")]
    if not found:
        raise Failed("no parley_database_read_seconds_count in /metrics")
    return sum(found)


class Idle(Goal):
    """P10: resident memory of fresh processes by connections that joined one room and say nothing."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self.rows = [Row("P10", f"RSS per idle session (bytes), {bench.options.idle} sessions", "<= 1.5x",
                         is_met=lambda x: x <= 1.5)]

    def begin(self) -> None:
        pass  # each pair starts a fresh node

    def pair(self) -> None:
        child, port = self.bench.program("beast_idle")
        bare = self._growth(child.pid, port)
        child.kill9()
        node = self.bench.start_node()
        ours = self._growth(node.child.pid, node.port)
        self.bench.stop_node()
        self.rows[0].add(bare, ours)

    def _growth(self, pid: int, port: int) -> float:
        """In two steps: what the first hundred sessions cost once is not a session's."""
        held = functools.partial(Held, self.bench.bin / "parley-load", f"ws://127.0.0.1:{port}", rooms=100)
        first = held(sessions=100)
        before = _settled(lambda: rss_bytes(pid))
        second = held(sessions=self.bench.options.idle)
        after = _settled(lambda: rss_bytes(pid))
        for sessions in (second, first):
            sessions.let_go()
        return (after - before) / self.bench.options.idle


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _settled(value: Callable[[], int]) -> int:
    """The value once it has stood still for a second."""
    last, since, end = value(), time.monotonic(), time.monotonic() + 20
    while time.monotonic() - since < 1 and time.monotonic() < end:
        time.sleep(0.1)
        if (now := value()) != last:
            last, since = now, time.monotonic()
    return last


goals = {"P1": Publishes, "P3": Deliveries, "P4": Bursts, "P5": Acks, "P9": Joins, "P10": Idle}
