"""What scripts/bench measures with: `parley-load` and its result files; references that say `begin` and then one line of
JSON, and the processes' clocks at those two moments. Ratios are made within one pair of runs, and only then summed up."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import statistics
import subprocess
from typing import Callable, Mapping, Sequence

from parley_testkit import workspace
from parley_testkit.processes import processes_below

_ticks = os.sysconf("SC_CLK_TCK")


class Failed(Exception):
    """A run without a result: the program failed, or its checker found a violation."""


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and all below it, those that ended included."""
    def clocks(one: int) -> list[float]:
        try:
            fields = pathlib.Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return [0.0] * 4
        return [int(field) / _ticks for field in fields[11:15]]

    return sum(clocks(pid)) + sum(sum(clocks(below)[:2]) for below in processes_below(pid))


def idle_cpu_seconds(pid: int) -> float:
    """Of one process and its living threads, in nanoseconds' steps: the clock ticks of `cpu_seconds` are as much as an idle
    node uses in some seconds."""
    tasks = pathlib.Path(f"/proc/{pid}/task").iterdir()
    return sum(int(task.joinpath("schedstat").read_text().split()[0]) for task in tasks) / 1e9


def run(argv: Sequence[str | pathlib.Path], watched: Mapping[str, int] = {}, seconds: float = 600) -> dict:
    """Runs a load or a reference. What it printed, with `cpu_NAME` in seconds for each watched process, and for
    itself as `cpu_generator`."""
    program = subprocess.Popen([str(word) for word in argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    pids = dict(watched, generator=program.pid)
    result = before = None
    try:
        for line in program.stdout:
            now = {name: cpu_seconds(pid) for name, pid in pids.items()}
            if line.strip() == "begin":
                before = now
            elif result is None and before is not None:
                result = json.loads(line)
                result |= {f"cpu_{name}": now[name] - before[name] for name in pids}
            else:
                result |= json.loads(line)
        if program.wait(seconds) != 0 or result is None:
            raise Failed(f"{' '.join(map(str, argv))}\n{program.stderr.read()}")
    finally:
        if program.poll() is None:
            program.kill()
            program.wait()
        program.stdout.close()
        program.stderr.close()
    return result


def load(program: pathlib.Path, scenario: str, words: Sequence[object], watched: Mapping[str, int] = {},
         seconds: float = 600, may_fail: bool = False, at_begin: Callable[[], None] | None = None) -> dict:
    """Runs a scenario of parley-load. Its figures, flat: counts and rates, percentiles (`ack_p50_us`), `cpu_NAME` in
    seconds and `rss_NAME` in bytes over time for each watched process, and for itself `cpu_generator`; what an overload
    found. :param may_fail: refusals and lost connections are part of it; violations never are
    :param at_begin: called when what is measured begins"""
    output = workspace.folder("load") / "result.json"
    argv = [str(program), scenario, *map(str, words), "--no-ceiling", "--quiet", "--output", str(output)]
    for name, pid in watched.items():
        argv += ["--watch", f"{name}={pid}"]
    with subprocess.Popen([*argv, "--tell-begin"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True) as program:
        try:
            said = program.stdout.readline()
            if at_begin and said.strip() == "begin":
                at_begin()
            said += program.communicate(timeout=seconds)[0]
        finally:
            program.kill()  # no harm once it has ended
    if program.returncode != 0:
        raise Failed(f"{' '.join(argv)}\n{said}")
    told = json.loads(output.read_text())
    totals, took = told["totals"], told["measured_s"]
    if totals["errors"] and not may_fail:
        raise Failed(f"{' '.join(argv)}\nnot all was served: {totals['errors']}")
    result: dict = {"seconds": took, "cpu_generator": told["generator"]["cpu_s"], "errors": totals["errors"]}
    for name, what in (("acked", "acks"), ("deliveries", "deliveries"), ("joins", "joins"), ("resumes", "resumes")):
        result |= {name: totals[what], f"{name}_per_second": totals[what] / took}
    for name, what in (("ack", "publish_to_ack"), ("delivery", "publish_to_delivery"), ("join", "join_to_live"),
                       ("resume", "resume_to_live"), ("refusal", "publish_to_refusal")):
        times = told["latency_us"][what]
        result |= {f"{name}_{share}_us": times[share] for share in ("p50", "p90", "p99", "p99_9", "max")}
    for one in told["processes"]:
        result |= {f"cpu_{one['name']}": one["cpu_s"][-1], f"rss_{one['name']}": one["rss_bytes"]}
    return result | told.get("overload", {})


class Held:
    """Sessions that joined a room each, or some, and say nothing, until they are let go."""

    def __init__(self, program: pathlib.Path, target: str, sessions: int, rooms: int, rooms_each: int = 1) -> None:
        self._output = workspace.folder("load") / "result.json"
        self._load = subprocess.Popen(
            [str(program), "idle", "--targets", target, "--readers", str(sessions), "--rooms", str(rooms), "--rooms-each",
             str(rooms_each), "--prefix", "idle", "--duration-s", "86400", "--warm-up-s", "0", "--no-ceiling", "--quiet",
             "--tell-begin", "--output", str(self._output)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if self._load.stdout.readline().strip() != "begin":
            raise Failed(f"the idle sessions were not all opened: {self._load.communicate()[1]}")

    def let_go(self) -> None:
        """:raises Failed: where one ended before"""
        self._load.send_signal(signal.SIGINT)
        said = "".join(self._load.communicate(timeout=60))
        errors = json.loads(self._output.read_text())["totals"]["errors"]
        if self._load.returncode != 130 or errors:
            raise Failed(f"an idle session ended: {errors}\n{said}")


def rss_bytes(pid: int) -> int:
    """What is resident and the process's own: its program's pages are shared and were there before."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    raise Failed("no RssAnon in /proc")


class Series:
    """One figure over the pairs."""

    def __init__(self) -> None:
        self.values: list[float] = []

    def add(self, value: float) -> None:
        self.values.append(value)

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def told(self, unit: str = "") -> str:
        return f"{self.median:.3g}{unit} ({min(self.values):.3g}-{max(self.values):.3g})"
