"""More goals of scripts/bench: those that are judged by Parley itself under another load, or by what it does to its
servers. The reference of such a row is its own first run of the same pair."""

from __future__ import annotations

import time

from bench_goals import Bench, Goal, Row, reads_of
from bench_measure import Held, idle_cpu_seconds
from parley_testkit.recipes import tell_redis


class Loaded(Goal):
    """P7: latency at 70 % of the peak, by itself at 10 %."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self.ratio = Row("P7", "publish-to-ack p99 at 70 % of the peak, by itself at 10 %", "<= 5x", is_met=lambda x: x <= 5)
        self.p99 = Row("P7", "publish-to-ack p99 at 70 % of the peak", "<= 25 ms", "ms", lambda ms: ms <= 25)
        self.rows = [self.ratio, self.p99]

    def pair(self) -> None:
        low, high = (self.bench.publish(16, "--publish-rate", round(self.bench.peak() * share))["ack_p99_us"]
                     for share in (0.1, 0.7))
        self.ratio.add(low, high)
        self.p99.add(low, high, high / 1000)


class ColdJoins(Goal):
    """P8: joins of rooms that nobody has read yet, 50 events each, against bare SELECTs of such a page."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self.rows = [Row("P8", "joins/s of cold rooms, by bare SELECTs of a page of 50", ">= 0.6x",
                         is_met=lambda x: x >= 0.6)]

    def pair(self) -> None:
        bare = self.bench.limit("pg_pages", "--connections", 8)
        ours = self.bench.load("joins", "--join-kind", "cold", "--joiners", 8, "--history", 50, "--rewind", 50, "--rooms",
                               self.bench.options.rooms)
        self.rows[0].add(bare["pages_per_second"], ours["joins_per_second"])


class Quiet(Goal):
    """P12: CPU of connections that say nothing but answer pings."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self.rows = [Row("P12", f"CPU per idle session (us/s), {bench.options.idle} sessions, a ping each 25 s", "<= 2.5",
                         "us/s", lambda us: us <= 2.5)]

    def pair(self) -> None:
        node, o = self.bench.node, self.bench.options
        period = max(25.0, o.seconds)  # a whole turn of pings
        alone = self._cpu_of(node.child.pid, period)
        sessions = Held(self.bench.bin / "parley-load", f"ws://127.0.0.1:{node.port}", o.idle, rooms=100)
        busy = self._cpu_of(node.child.pid, period)
        sessions.let_go()
        self.rows[0].add(alone * 1e6, busy * 1e6, (busy - alone) * 1e6 / o.idle)

    def _cpu_of(self, pid: int, seconds: float) -> float:
        """A second's, sampled over time that has to pass."""
        before, since = idle_cpu_seconds(pid), time.monotonic()
        time.sleep(seconds)
        return (idle_cpu_seconds(pid) - before) / (time.monotonic() - since)


class Rooms(Goal):
    """P13: the same traffic over more and more rooms; nobody reads."""

    counts = (10, 100_000, 1_000_000)

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self.rows = [Row("P13", f"CPU of a message over {count:,} rooms, {bench.options.room_rate}/s in all, by 1,000 rooms",
                         "<= 1.25x" if count == 1_000_000 else "told",
                         is_met=(lambda x: x <= 1.25) if count == 1_000_000 else None) for count in self.counts]

    def pair(self) -> None:
        base = self._cost(1_000)
        for row, count in zip(self.rows, self.counts):
            row.add(base, self._cost(count))

    def _cost(self, rooms: int) -> float:
        """us of the node's and its servers' CPU."""
        ran = self.bench.load("rooms", "--distribution", "uniform", "--readers", 0, "--writers", 16, "--publish-rate",
                              self.bench.options.room_rate, "--rooms", rooms)
        return sum(ran[f"cpu_{name}"] for name in self.bench.watched()) * 1e6 / ran["acked"]


class Storm(Goal):
    """P17: all sessions drop at once, come back and resume, while others write."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        n = bench.options.storm
        self.live = Row("P17", f"{n} sessions drop and resume: the last is live after", "<= 10 s", "s", lambda s: s <= 10)
        self.reads = Row("P17", "queries per resumed session", "<= 0.01", "", lambda x: x <= 0.01)
        self.memory = Row("P17", "peak of the node's memory, by before", "<= 1.5x", is_met=lambda x: x <= 1.5)
        self.rows = [self.live, self.reads, self.memory]

    def pair(self) -> None:
        o = self.bench.options
        took = max(24.0, o.seconds)
        before = []  # once all are there: that rooms are read for the first time is not the storm's
        ran = self.bench.load("resume", "--readers", o.storm, "--rooms", 100, "--drop-every-s", took / 2, "--drop-share", 1,
                              seconds=took, may_fail=True, at_begin=lambda: before.append(reads_of(self.bench.node)))
        reads = reads_of(self.bench.node) - before[0]
        self.live.add(0, ran["resume_max_us"], ran["resume_max_us"] / 1e6)
        self.reads.add(0, reads, reads / max(1, ran["resumes"]))
        memory = ran["rss_node"]
        self.memory.add(memory[0], max(memory))


class Overload(Goal):
    """P20: twice the peak."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self.goodput = Row("P20", "goodput at twice the peak, by the peak", ">= 0.9x", is_met=lambda x: x >= 0.9)
        self.refused = Row("P20", "refused after, p99", "< 50 ms", "ms", lambda ms: ms < 50)
        self.memory = Row("P20", "the node's memory at the end, by a quarter of the run", "told")
        self.rows = [self.goodput, self.refused, self.memory]

    def pair(self) -> None:
        ran = self.bench.load("overload", may_fail=True)
        self.goodput.add(ran["peak_per_s"], ran["goodput_per_s"])
        self.refused.add(0, ran["refusal_p99_us"], ran["refusal_p99_us"] / 1000)
        memory = ran["rss_node"]
        self.memory.add(memory[len(memory) // 4], memory[-1])


class Stalled(Goal):
    """P21: readers of a hot room that stop reading, and the others."""

    others = 200

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        n = bench.options.stalled
        self.p99 = Row("P21", f"p99 of delivery to {self.others} readers beside {n} stalled ones, by without", "<= 1.2x",
                       is_met=lambda x: x <= 1.2)
        self.memory = Row("P21", "memory of a stalled reader, its session included", "<= 64 kB", "kB", lambda kb: kb <= 64)
        self.rows = [self.p99, self.memory]

    def pair(self) -> None:
        without = self._run(0)
        beside = self._run(self.bench.options.stalled)
        self.p99.add(without["delivery_p99_us"], beside["delivery_p99_us"])
        least, most = max(without["rss_node"]), max(beside["rss_node"])
        self.memory.add(least, most, (most - least) / 1024 / self.bench.options.stalled)

    def _run(self, stalled: int) -> dict:
        """Measured once the stalled ones' sockets are full: until then they are readers like the others."""
        return self.bench.load("slow", "--readers", self.others + stalled, "--stalled", stalled, "--stall-s", 0, "--rooms", 1,
                               "--publish-rate", 100, "--warm-up-s", max(10, self.bench.options.warm_up), may_fail=stalled > 0)


class Amplification(Goal):
    """P22: what an acknowledged event costs in WAL, commits and reads of Redis, at 70 % of the peak; nobody reads."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self.wal = Row("P22", "WAL of an event, by the loader's with batches of 100", "<= 1.15x", is_met=lambda x: x <= 1.15)
        self.commits = Row("P22", "commits per event at 70 % of the peak", "<= 0.05", "", lambda x: x <= 0.05)
        self.redis = Row("P22", "writes to Redis per event at 70 % of the peak, as it reads them", "<= 0.1", "",
                         lambda x: x <= 0.1)
        self.rows = [self.wal, self.commits, self.redis]

    def pair(self) -> None:
        loader = self.bench.limit("pg_loader", "--batch", 100, "--rooms", self.bench.options.rooms)
        before = self._counts()
        self.bench.publish(16, "--publish-rate", round(self.bench.peak() * 0.7))
        events, wal, commits, writes = (now - then for now, then in zip(self._counts(), before))
        self.wal.add(loader["wal_bytes_per_event"], wal / events)
        self.commits.add(0, commits, commits / events)
        self.redis.add(0, writes, writes / events)

    def _counts(self) -> tuple[float, ...]:
        """Events, bytes of WAL, commits, reads by Redis. PostgreSQL tells of commits about a second late."""
        time.sleep(2)
        row = self.bench.postgres.execute(
            "SELECT (SELECT count(*) FROM parley.event), pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0'),"
            " (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database())")[0]
        stats = tell_redis(self.bench.redis.port, "INFO", "stats")
        reads = next(line.partition(":")[2] for line in stats.splitlines() if line.startswith("total_reads_processed"))
        return (*map(float, row), float(reads))


goals = {"P7": Loaded, "P8": ColdJoins, "P12": Quiet, "P13": Rooms, "P17": Storm, "P20": Overload, "P21": Stalled,
         "P22": Amplification}
