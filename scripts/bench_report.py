"""What scripts/bench and scripts/bench_cluster have in common: the build, the machine, the table, the result's file."""

from __future__ import annotations

import datetime
import json
import os
import pathlib
import platform
import signal
import subprocess
import sys
from typing import Sequence

repository = pathlib.Path(__file__).resolve().parents[1]


def build(programs: Sequence[str]) -> pathlib.Path:
    """Of the release. Where they are."""
    for command in (["cmake", "--preset", "release"],
                    ["cmake", "--build", "--preset", "release", "-j", str(os.cpu_count()), "--target", *programs]):
        done = subprocess.run(command, cwd=repository, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            sys.exit(f"{done.stdout}\nbench: the build failed")
    return repository / "build" / "release" / "bin"


def built(folder: pathlib.Path | None, programs: Sequence[str]) -> pathlib.Path:
    """Where the programs are. :param folder: of ones that are built already; none: builds the release"""
    if folder is None:
        return build(programs)
    missing = [name for name in programs if not os.access(folder / name, os.X_OK)]
    if missing:
        print(f"bench: --bin: no {', '.join(missing)} in {folder}; without --bin they are built", file=sys.stderr)
        sys.exit(2)
    return folder


def heed_signals() -> None:
    """What ends the bench from outside ends it as Ctrl-C does: with the figures that it has."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def said(*command: str) -> str:
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True)
    return done.stdout.strip().splitlines()[0] if done.stdout.strip() else ""


def machine() -> dict:
    from parley_testkit.recipes import postgres_program
    cpu = next((line.partition(":")[2].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    memory = next(line.split()[1] for line in open("/proc/meminfo") if line.startswith("MemTotal"))
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "cpu": cpu, "cores": os.cpu_count(), "memory_mb": int(memory) // 1024, "kernel": platform.release(),
        "postgres": said(str(postgres_program("postgres")), "--version"),
        "redis": said("redis-server", "--version"), "compiler": said("c++", "--version"),
        "commit": said("git", "rev-parse", "HEAD"),
        "changed": bool(said("git", "status", "--porcelain", "--untracked-files=no")),
    }


def measure(options, goals: dict, bench) -> tuple[list, list[dict]]:
    """All goals of `options`, one after the other. One without a result does not take the others': they take hours. An
    interrupt ends all, but takes no pair that was measured. :returns: the rows, and which goals have no result, or not
    all of it"""
    from bench_measure import Failed
    rows, failures = [], []
    for place, name in enumerate(options.goals):
        goal = goals[name](bench)
        try:
            with goal:
                for number in range(options.pairs):
                    print(f"bench: {name}, pair {number + 1} of {options.pairs}", file=sys.stderr, flush=True)
                    goal.pair()
        except (Failed, TimeoutError, RuntimeError) as failed:  # the last: a node that does not start, or not end with 0
            print(f"bench: no result: {name}: {failed}", file=sys.stderr)
            failures.append({"goal": name, "why": str(failed)})
        except KeyboardInterrupt:
            rows += [row for row in goal.rows if row.ratio.values]
            failures += [{"goal": left, "why": "interrupted"} for left in options.goals[place:]]
            print(f"bench: interrupted: {name}; what was measured until then follows", file=sys.stderr)
            break
        else:
            rows += goal.rows
    return rows, failures


def show(rows) -> None:
    lines = [("goal", "what", "reference", "Parley", "target", "measured", "")]
    for row in rows:
        verdict = "" if row.is_met is None else "met" if row.is_met(row.ratio.median) else "MISSED"
        lines.append((row.goal, row.what, f"{row.reference.median:.4g}", f"{row.parley.median:.4g}", row.target,
                      row.ratio.told(row.unit if row.unit == "x" else f" {row.unit}".rstrip()), verdict))
    widths = [max(len(line[i]) for line in lines) for i in range(7)]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())


def write(name: str, result: dict, rows, runs: list[dict], failures: list[dict], output: pathlib.Path | None) -> None:
    """The file holds every single figure. :param output: default: build/bench/NAME-DATE.json"""
    result["rows"] = [{"goal": row.goal, "what": row.what, "target": row.target, "unit": row.unit,
                       "ratio": row.ratio.values, "reference": row.reference.values, "parley": row.parley.values}
                      for row in rows]
    result["runs"] = runs
    result["without_result"] = failures
    stamp = result["machine"]["date"].replace(":", "")
    path = output or repository / "build" / "bench" / f"{name}-{stamp}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=1))
    print(f"bench: {result['machine']['cores']} cores of {result['machine']['cpu']}, commit "
          f"{result['machine']['commit'][:12]}; all figures in {path}")
