"""The replay as a program: a right node passes through kills, and each bug of a wrong one is found."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import pytest

from parley_testkit.node import Node

here = pathlib.Path(__file__).resolve().parent
repository = here.parents[1]
slices = repository / "tests" / "data" / "irc"
log = slices / "2008-04-27.log"


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory):
    """Where a failed run keeps its logs, and these runs are meant to fail: pytest cleans up."""
    os.environ["TMPDIR"] = str(tmp_path_factory.mktemp("runs"))
    yield
    del os.environ["TMPDIR"]


def replay(*arguments: object, bug: str = "", seconds: float = 120) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, str(repository / "scripts" / "replay"), "--quiet", *map(str, arguments)], timeout=seconds,
        capture_output=True, text=True, env=dict(os.environ, PARLEYD=str(here / "fake_node.py"), FAKE_BUG=bug))


@pytest.mark.parametrize("order", ("log", "sender"))
def test_a_right_node_is_valid_through_kills(order):
    done = replay("--start", "embedded", "--kill", "node", "--kills", 2, "--order", order, "--json", "--seed", 5, log)
    report = json.loads(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert report["verdict"] == "valid" and report["acks"] == report["lines"] > 200
    assert all(kill["acted"] for kill in report["kills"]) and len(report["kills"]) == 2
    assert report["counts"]["resumes"] >= 4 and report["counts"]["fault:kill node"] == 2
    assert report["rooms"][0]["not_utf8"] == 1


# The rule that must be among the broken ones stands beside each.
@pytest.mark.parametrize("bug, rule", (
    ("drop", "R3"), ("repeat", "R3"), ("swap", "R3"), ("change", "R4"), ("phantom", "R4"), ("forget", "R1"),
    ("hole", "R2"), ("resume", "R3"), ("no-dedup", "R6"), ("refuse-and-store", "R5"), ("stale-head", "R7"),
    ("no-live", "R11")))
def test_each_bug_is_found_by_its_rule(bug, rule):
    kill = ("--kill", "node") if bug == "forget" else ()  # what was forgotten shows after a restart only
    done = replay("--start", "embedded", *kill, "--json", "--seed", 5, "--lines", 100, "--patience", 3, log, bug=bug)
    report = json.loads(done.stdout)
    assert done.returncode == 1 and report["verdict"] == "invalid", done.stdout
    assert rule in report["rules_broken"], done.stdout


def test_a_node_that_drains_badly_is_invalid():
    done = replay("--start", "embedded", "--lines", 30, log, bug="bad-exit")
    assert done.returncode == 1 and "ended with 1" in done.stdout


def test_too_few_lines_are_unknown_and_not_valid():
    assert replay("--start", "embedded", "--lines", 3, log).returncode == 3


def test_a_node_that_runs_already_is_a_target_more_than_once(monkeypatch):
    monkeypatch.setenv("PARLEYD", str(here / "fake_node.py"))
    with Node("target") as node:
        for address in (node.ws, f"127.0.0.1:{node.port}"):
            done = replay("--target", address, "--lines", 40, log)
            assert done.returncode == 0, done.stdout + done.stderr


def test_nobody_there_is_unknown():
    done = replay("--target", "http://127.0.0.1:9", log)
    assert done.returncode == 3 and "nobody answers" in done.stderr


@pytest.mark.parametrize("arguments, says", (
    ((), "required"), (("--start", "embedded", "--kill", "redis", log), "can kill node"),
    (("--target", "http://127.0.0.1:9", "--kill", "node", log), "can kill nothing"),
    (("--start", "embedded", "nowhere.log"), "does not exist"), (("--start", "embedded", here), "holds no *.log"),
    (("--start", "embedded", "--pipeline", "0", log), "at least 1"),
    (("--start", "embedded", "--speed", "0", log), "above 0"), (("--target", "ftp://x", log), "no address"),
    (("--start", "embedded", log, log), "same name")))
def test_a_wrong_command_line_is_a_usage_error_that_says_why(arguments, says):
    done = replay(*arguments)
    assert done.returncode == 2 and says in done.stderr


def test_the_speed_keeps_the_gaps_of_the_log(tmp_path):
    slow = tmp_path / "slow.log"
    slow.write_text("".join(f"[10:0{n // 10}] <ana> line {n}\n" for n in range(30)))
    done = replay("--start", "embedded", "--speed", 60, "--readers", 1, "--json", slow)
    report = json.loads(done.stdout)
    assert done.returncode == 0 and 2.5 < report["seconds"] < 20, done.stdout
