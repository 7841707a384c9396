"""The command line of `scripts/replay`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import pathlib
import sys
import time

from parley_testkit import workspace
from parley_testkit.history import Recorder
from parley_testkit.verdict import Verdict, check, parley_check

from . import faults, target
from .irc_log import Log, read_log
from .report import Report
from .room_replay import RoomResult, replay_room
from .run import GaveUp, Run
from .writer import Refused

_description = """\
Replays logs of real chat into a Parley node through the protocol, one room per log file, and checks
what happens: every nick writes as a user of its own, with several publishes in flight, while readers
join from the start, from some events back or live only, are cut at random points, resume with their
position, read slowly, or jump. At the end each reader's stream must be complete, once, in order, and
equal the stored room as HTTP reads it back; and parley-check must find the recorded history valid
(docs/testing.md).

A log line is `[hh:mm] <nick> text`. A line that is no UTF-8 is read as Windows-1252, else Latin-1: no
line is lost to its encoding. NUL becomes U+FFFD; other control characters stay. `===` lines are left
out unless --system-lines. What a user id may not hold is written as ~XX (hexadecimal bytes)."""

_epilog = """\
examples:
  scripts/replay --start embedded tests/data/irc
  scripts/replay --start postgres+redis --kill node,redis,postgres --kills 2 tests/data/irc
  scripts/replay --target http://127.0.0.1:8080 --speed 60 some.log

exit codes: 0 valid; 1 a rule is broken or the node failed; 2 usage; 3 unknown: too little happened, or
no node to talk to. The same --seed draws the same joins, cuts and kills (not the same timing)."""


def options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/replay", description=_description, epilog=_epilog,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("logs", nargs="+", type=pathlib.Path, help="log files, or folders of *.log")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--target", metavar="URL", help="a node in development mode that runs already")
    where.add_argument("--start", choices=target.kinds, help="start a node of its own, with private servers")
    parser.add_argument("--flag", action="append", default=[], metavar="FLAG", help="a flag for the started node")
    parser.add_argument("--lines", type=_positive, metavar="N", help="at most N messages of each log")
    parser.add_argument("--system-lines", action="store_true", help="send === lines too, as the user `irc`")
    parser.add_argument("--order", choices=("log", "sender"), default="log",
                        help="log: the room equals the log line by line (default); sender: only each nick's own "
                        "lines keep their order, and all flow at once")
    parser.add_argument("--pipeline", type=_positive, default=8, metavar="K", help="publishes in flight per nick (8)")
    parser.add_argument("--speed", type=_speed, default=None, metavar="X",
                        help="X times as fast as the log's clock, or `max` (default)")
    parser.add_argument("--readers", type=_natural, default=4, metavar="N", help="readers per room (4)")
    parser.add_argument("--cuts", type=_positive, default=6, metavar="N", help="cuts per reader, on average (6)")
    parser.add_argument("--rooms-at-once", type=_positive, default=4, metavar="N", help="logs replayed in parallel (4)")
    parser.add_argument("--connections", type=_positive, default=180, metavar="N",
                        help="sockets at once; the node allows 200 per address (180)")
    parser.add_argument("--kill", type=lambda text: text.split(","), default=[], metavar="WHAT,...",
                        help="kill -9 node, redis, postgres at random moments, and restart (with --start)")
    parser.add_argument("--kills", type=_positive, default=1, metavar="N", help="kills of each (1)")
    parser.add_argument("--seed", type=int, default=None, help="of all chance; printed (default: the clock)")
    parser.add_argument("--patience", type=_positive, default=60, metavar="S",
                        help="seconds without any progress before the run gives up (60)")
    parser.add_argument("--room-prefix", metavar="TEXT", help="of the room names (default: `irc-` and the run's number)")
    parser.add_argument("--history", type=pathlib.Path, metavar="FILE", help="keep the recorded history, JSON lines")
    parser.add_argument("--json", action="store_true", help="the report as JSON on standard output")
    parser.add_argument("--quiet", action="store_true", help="no progress on standard error")
    return parser


def main(arguments: list[str] | None = None) -> int:
    parser = options()
    chosen = parser.parse_args(arguments)
    allowed = target.killable.get(chosen.start, set())
    if wrong := set(chosen.kill) - allowed:
        parser.error(f"--kill {','.join(sorted(wrong))}: with {'--start ' + chosen.start if chosen.start else '--target'} "
                     f"it can kill {', '.join(sorted(allowed)) or 'nothing'}")
    try:
        logs = [read_log(path, system_lines=chosen.system_lines, lines_max=chosen.lines)
                for path in _files(chosen.logs)]
        http = target.http_address(chosen.target) if chosen.target else ""
    except (OSError, ValueError) as error:
        parser.error(str(error))
    if sum(len(log.lines) for log in logs) == 0:
        parser.error("no message in these logs")
    try:
        parley_check()  # before a long run, not after it
    except FileNotFoundError as error:
        print(f"unknown: {error}", file=sys.stderr)
        return 3
    try:
        report = _with_node(chosen, logs, http)
    except target.Unreachable as error:
        print(f"unknown: {error}", file=sys.stderr)
        return 3
    print(report.as_json() if chosen.json else report.as_text())
    if report.verdict != "valid" and chosen.start:
        workspace.keep()
    return report.exit_code


def _with_node(chosen: argparse.Namespace, logs: list[Log], http: str) -> Report:
    if chosen.target:
        target.expect_ready(http)
        return asyncio.run(_replay(chosen, logs, http, None, {}))
    try:
        started = target.own_node(chosen.start, flags=chosen.flag)
        node, servers = started.__enter__()
    except (FileNotFoundError, RuntimeError, TimeoutError) as error:
        raise target.Unreachable(f"the node did not start: {error}") from error
    with contextlib.ExitStack() as stack:
        stack.push(started.__exit__)
        report = asyncio.run(_replay(chosen, logs, node.http, node, servers))
        if not report.failure:
            try:
                node.stop()
            except RuntimeError as error:
                report.failure = str(error)
        return report


async def _replay(chosen: argparse.Namespace, logs: list[Log], http: str, node, servers) -> Report:
    seed = chosen.seed if chosen.seed is not None else time.time_ns() % 10**9
    name = f"{time.time_ns() // 10**6:x}"
    history = chosen.history or workspace.folder("history") / "history.jsonl"
    run = Run(http, Recorder(history), seed, name, order=chosen.order, pipeline=chosen.pipeline,
              readers=chosen.readers, cuts=chosen.cuts, speed=chosen.speed, patience=chosen.patience,
              connections=chosen.connections)
    run.progress.lines = sum(len(log.lines) for log in logs)
    kills = faults.schedule(run, chosen.kill, chosen.kills, run.progress.lines)
    prefix = chosen.room_prefix if chosen.room_prefix is not None else f"irc-{name}-"
    begin = time.monotonic()
    rooms: list[RoomResult] = []
    failure = None
    try:
        await _all_rooms(chosen, run, logs, prefix, rooms, kills, node, servers)
    except (GaveUp, Refused, RuntimeError, TimeoutError) as error:
        failure = f"{type(error).__name__}: {error}"
    seconds = time.monotonic() - begin
    run.recorder.close()
    try:
        checked = check(history, minima=_minima(run, logs, kills))
    except RuntimeError as error:
        checked = Verdict("unknown", set(), {}, [str(error)], f"verdict: unknown\n{error}")
    for kill in kills:
        kill.acks_after = run.progress.acked - kill.acks_before if kill.acted else 0
        if not kill.proves_something:
            checked.missing.append(f"a kill of {kill.target} in the middle of the traffic")
            checked.verdict = "unknown" if checked.verdict == "valid" else checked.verdict
    return Report(run, rooms, kills, checked, seconds, failure)


async def _all_rooms(chosen, run: Run, logs: list[Log], prefix: str, rooms: list[RoomResult], kills, node,
                     servers) -> None:
    at_once = min(chosen.rooms_at_once, len(logs))
    # What the readers leave, shared by the writers of the rooms; one is kept for the fresh join.
    sessions_max = max(1, run.connections // at_once - run.readers - 1)
    turns = asyncio.Semaphore(at_once)

    async def one(log: Log) -> None:
        async with turns:
            rooms.append(await replay_room(run, log, prefix + log.name, sessions_max=sessions_max))

    tasks = [asyncio.ensure_future(one(log)) for log in logs]
    tasks.append(asyncio.ensure_future(faults.carry_out(run, kills, servers, node)))
    if not chosen.quiet:
        watcher = asyncio.ensure_future(_show_progress(run))
    try:
        await asyncio.gather(*tasks)
    finally:
        if not chosen.quiet:
            watcher.cancel()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _show_progress(run: Run) -> None:
    while True:
        await asyncio.sleep(1)
        progress = run.progress
        print(f"{progress.acked}/{progress.lines} lines acked, {progress.delivered} events delivered, "
              f"{progress.cuts} cuts, {progress.retries} repeats", file=sys.stderr, flush=True)


def _minima(run: Run, logs: list[Log], kills: list[faults.Kill]) -> dict[str, int]:
    """Below these the run proves too little. Every line is acked, every reader resumes, every kill acts."""
    minima = {"acks": max(20, run.progress.lines), "stored": max(20, run.progress.lines),
              "joins": len(logs) * (2 * run.readers + 1), "resumes": len(logs) * run.readers,
              "settled": len(logs) * (run.readers + 1), "delivered": run.progress.lines}
    for kill in kills:
        minima[f"fault:kill {kill.target}"] = minima.get(f"fault:kill {kill.target}", 0) + 1
    return minima


def _files(paths: list[pathlib.Path]) -> list[pathlib.Path]:
    found: list[pathlib.Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(path.glob("*.log"))
            if not inside:
                raise ValueError(f"{path} holds no *.log")
            found += inside
        elif path.exists():
            found.append(path)
        else:
            raise ValueError(f"{path} does not exist")
    names = [path.name for path in found]
    if len(set(names)) < len(names):
        raise ValueError("two logs of the same name would be one room")
    return found


def _natural(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{number} is negative")
    return number


def _positive(text: str) -> int:
    if _natural(text) == 0:
        raise argparse.ArgumentTypeError("must be at least 1")
    return int(text)


def _speed(text: str) -> float | None:
    if text == "max":
        return None
    number = float(text)
    if not number > 0:
        raise argparse.ArgumentTypeError("must be above 0")
    return number
