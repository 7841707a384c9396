"""parley-load as a program: each scenario measures a right node and finds nothing wrong, lying nodes are caught, and
what cannot work is said before anything is sent."""

from __future__ import annotations

import json
import os
import pathlib
import re
import shlex
import signal
import subprocess

import pytest
import requests

from parley_testkit.child import Child
from parley_testkit.cluster import Cluster
from parley_testkit.node import Node, parleyd
from parley_testkit.ports import free_port
from parley_testkit.waiting import wait_until

repository = pathlib.Path(__file__).resolve().parents[2]
irc = repository / "tests" / "data" / "irc"
short = ("--duration-s", "1.5", "--warm-up-s", "0", "--interval-s", "0.5", "--no-ceiling", "--quiet")


def program() -> str:
    return os.environ.get("PARLEY_LOAD") or str(parleyd().parent / "parley-load")


@pytest.fixture(scope="module")
def node():
    with Node("node", flags=["--limits-connections-per-address", "0", "--log-level", "warn"]) as one:
        wait_until(one.is_ready, what="the node to be ready", seconds=20)
        yield one


class Load:
    """One run. :ivar result: what it wrote, None where it wrote nothing"""

    def __init__(self, folder: pathlib.Path, *words: object, seconds: float = 60, within: str = "") -> None:
        output = folder / "result.json"
        output.unlink(missing_ok=True)
        command = [program(), *map(str, words), "--output", str(output)]
        if within:
            command = ["bash", "-c", f"{within}; exec {shlex.join(command)}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds)
        self.code, self.said, self.complained = done.returncode, done.stdout, done.stderr
        self.result = json.loads(output.read_text()) if output.exists() else None

    def __repr__(self) -> str:
        return f"ended with {self.code}\n{self.said}\n{self.complained}"


def to(node: Node) -> tuple[str, str]:
    return "--targets", f"ws://{node.host}:{node.port}"


# Each with what must have happened in it.
SCENARIOS = {
    "fanout": (("--readers", 20, "--publish-rate", 50), ("publishes", "acks", "deliveries")),
    "rooms": (("--rooms", 20, "--readers", 20, "--writers", 4, "--encoding", "proto"), ("acks", "deliveries")),
    "joins": (("--joiners", 4), ("joins",)),
    "resume": (("--readers", 30, "--drop-every-s", 0.5, "--encoding", "both"), ("acks", "deliveries", "resumes")),
    "idle": (("--readers", 50,), ()),
    "slow": (("--readers", 10, "--stalled", 5, "--stall-s", 0.4), ("acks", "deliveries")),
    "overload": (("--writers", 4, "--peak-s", 0.5), ("acks",)),
    "replay": (("--replay", irc, "--replay-speed", 1000, "--duration-s", 0), ("acks", "deliveries")),
    "soak": (("--readers", 20, "--drop-every-s", 0.5, "--join-rate", 20),
             ("acks", "deliveries", "joins", "resumes")),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_each_scenario_measures_and_finds_nothing_wrong(node, tmp_path, name):
    words, happened = SCENARIOS[name]
    run = Load(tmp_path, name, *to(node), *short, *words, "--watch", f"node={node.child.pid}")
    assert run.code == 0, run
    result = run.result
    assert result["format"] == "parley-load/1" and result["scenario"]["name"] == name
    assert result["violations"] == [] and not result["partial"]
    assert result["measured_s"] > 0.2 and result["connections"] > 0
    assert all(result["totals"][what] > 0 for what in happened), result["totals"]
    assert set(result["totals"]["errors"]) <= ({"not_sent", "unavailable"} if name == "overload" else set()), result["totals"]
    series = result["series"]
    assert len({len(series[key]) for key in ("t_s", "acks", "deliveries", "joins", "errors", "p50_us", "p99_us")}) == 1
    assert sum(series["acks"]) == result["totals"]["acks"] and sum(series["deliveries"]) == result["totals"]["deliveries"]
    watched, = result["processes"]
    assert watched["name"] == "node" and watched["pid"] == node.child.pid
    assert len(watched["cpu_s"]) == len(series["t_s"]) and watched["rss_bytes"][-1] > 1 << 20
    assert "violations: none" in run.said


def test_every_latency_is_timed_where_it_happens(node, tmp_path):
    run = Load(tmp_path, "soak", *to(node), *short, "--readers", 10, "--drop-every-s", 0.5, "--join-rate", 20)
    assert run.code == 0, run
    for what in ("publish_to_ack", "publish_to_delivery", "join_to_live", "resume_to_live"):
        times = run.result["latency_us"][what]
        assert 0 < times["min"] <= times["p50"] <= times["p99"] <= times["p99_99"] <= times["max"], what
        assert sum(count for _, count in times["buckets"]) == times["count"] > 0


@pytest.mark.parametrize("kind", ("cold", "storm"))
def test_joins_of_the_other_kinds(node, tmp_path, kind):
    run = Load(tmp_path, "joins", *to(node), *short, "--join-kind", kind, "--joiners", 4, "--rooms", 20, "--history", 60,
               "--storm-every-s", 0.5)
    assert run.code == 0, run
    assert run.result["totals"]["joins"] >= 8
    # Each brought its history: 50 of the room's 60 events.
    assert run.result["totals"]["deliveries"] >= 50 * (run.result["totals"]["joins"] - 4)


def test_a_replay_publishes_every_line_once(node, tmp_path):
    run = Load(tmp_path, "replay", *to(node), *short, "--replay", irc / "2008-04-27.log", "--replay-speed", 600,
               "--duration-s", 0, "--readers", 2)
    lines = sum(bool(re.match(rb"\[\d\d:\d\d\] <[^>]*> ?.", line)) for line in (irc / "2008-04-27.log").read_bytes().split(b"\n"))
    assert run.code == 0, run
    acks = run.result["latency_us"]["publish_to_ack"]["count"]
    assert acks == lines > 100


def test_a_closed_loop_keeps_one_window(node, tmp_path):
    run = Load(tmp_path, "fanout", *to(node), *short, "--publish-rate", 0, "--window-of", "deliveries", "--readers", 10)
    assert run.code == 0, run
    totals = run.result["totals"]
    assert totals["publishes"] > 20 and abs(totals["deliveries"] - 10 * totals["publishes"]) <= 20


@pytest.mark.parametrize("loop", (("--publish-rate", 200), ("--publish-rate", 0, "--window", 10),
                                  ("--publish-rate", 0, "--window", 8, "--window-of", "deliveries")))
def test_publishes_of_a_burst_go_together_and_reach_everyone(node, tmp_path, loop):
    run = Load(tmp_path, "fanout", *to(node), *short, "--readers", 3, "--burst", 8, *loop)
    assert run.code == 0, run
    totals = run.result["totals"]
    assert totals["publishes"] >= 24 and totals["publishes"] % 8 == 0, totals
    # Only what happens before the end is counted.
    assert abs(totals["deliveries"] - 3 * totals["publishes"]) <= 3 * 16, totals


def test_readers_have_targets_of_their_own(tmp_path):
    def ended(node: Node) -> int:
        text = requests.get(f"{node.http}/metrics", timeout=5).text
        return sum(int(count) for count in re.findall(r"^parley_sessions_closed_total\S* (\d+)", text, re.MULTILINE))

    with Cluster(nodes=2) as cluster:
        first, second = cluster.nodes.values()
        run = Load(tmp_path, "rooms", *to(first), "--reader-targets", f"ws://{second.host}:{second.port}", *short, "--writers",
                   2, "--rooms", 5, "--readers", 10)
        assert run.code == 0, run
        wait_until(lambda: [ended(first), ended(second)] == [2, 10], what="two sessions of one node and ten of the other",
                   seconds=10)
        assert run.result["totals"]["deliveries"] > 10


def test_an_unreachable_target_of_readers_is_named_before_the_load(node, tmp_path):
    nobody = f"ws://127.0.0.1:{free_port()}"
    run = Load(tmp_path, "fanout", *to(node), "--reader-targets", nobody, *short)
    assert run.code == 69 and nobody in run.complained and run.result is None, run


def test_the_ceiling_is_measured_and_printed(node, tmp_path):
    run = Load(tmp_path, "fanout", *to(node), *(word for word in short if word not in ("--no-ceiling", "--quiet")))
    assert run.code == 0, run
    assert run.result["generator"]["ceiling_per_s"] > 1000
    assert re.search(r"^ceiling: \d+ deliveries/s", run.complained, re.MULTILINE)
    # Live progress: rates, percentiles, violations, time left.
    assert re.search(r"acks [\d,]+/s, deliveries [\d,]+/s.* p99 .*violations 0, \d+ s left", run.complained)


# --- a scenario file


def test_a_scenario_file_runs_and_a_flag_goes_before_it(node, tmp_path):
    file = tmp_path / "evening.toml"
    file.write_text(f'scenario = "rooms"\ntargets = ["ws://{node.host}:{node.port}"]\nrooms = 5\nreaders = 5\nwriters = 2\n'
                    "publish_rate = 100\nduration_s = 1\nwarm_up_s = 0\n")
    run = Load(tmp_path, "run", "--no-ceiling", "--quiet", "--readers", 7, file)
    assert run.code == 0, run
    values = run.result["scenario"]["parameters"]
    assert run.result["scenario"]["name"] == "rooms" and values["rooms"] == 5 and values["readers"] == 7
    assert values["zipf_exponent"] == 1


def test_a_wrong_scenario_file_tells_all_mistakes_and_sends_nothing(tmp_path):
    file = tmp_path / "evening.toml"
    file.write_text('scenario = "rooms"\nroom = 5\nreaders = "x"\ntargets = ["ws://127.0.0.1:1"]\n')
    run = Load(tmp_path, "run", file)
    assert run.code == 65 and run.result is None
    assert "evening.toml:2: unknown key" in run.complained and 'did you mean "rooms"?' in run.complained
    assert "evening.toml:3: readers takes a whole number" in run.complained


@pytest.mark.parametrize("words, code, why", (
    (("run", "/nowhere/at/all.toml"), 66, "cannot be read"),
    (("fanout", "--readers", "many"), 64, "--readers: readers takes a whole number from 0 to 1000000"),
    (("fanout", "--reader", "5"), 64, "--reader"),
    (("fanout", "--readers", "0", "--window-of", "deliveries"), 64, "needs one writer in a closed loop"),
    (("fanout", "--targets", "http://127.0.0.1:1"), 64, "is no ws://HOST:PORT"),
    (("fanout", "--targets", "wss://127.0.0.1:1"), 64, "asks for TLS"),
    (("fanout", "--sources", "192.0.2.1"), 71, "is no address of this machine"),
    (("fanout", "--watch", "nobody"), 64, "is no process to watch"),
    (("replay", "--replay", "/nowhere"), 66, "no log to replay"),
    ((), 64, "subcommand"),
))
def test_what_cannot_work_is_said_before_anything_is_sent(tmp_path, words, code, why):
    if not words:
        done = subprocess.run([program()], capture_output=True, text=True)
        assert done.returncode == code and why in done.stderr
        return
    run = Load(tmp_path, *words, "--no-ceiling")
    assert run.code == code and why in run.complained and run.result is None, run


def test_an_unreachable_target_is_named_before_the_load(node, tmp_path):
    nobody = free_port()
    run = Load(tmp_path, "fanout", "--targets", f"ws://127.0.0.1:{node.port},ws://127.0.0.1:{nobody}", *short)
    assert run.code == 69 and run.result is None
    assert f"ws://127.0.0.1:{nobody} cannot be reached" in run.complained and "Is a node listening there?" in run.complained


def test_too_few_descriptors_and_ports_are_said_before_the_load(node, tmp_path):
    run = Load(tmp_path, "idle", *to(node), *short, "--readers", 500, within="ulimit -n 200")
    assert run.code == 71 and run.result is None and "ulimit -n" in run.complained, run
    run = Load(tmp_path, "idle", *to(node), *short, "--readers", 100000)
    assert run.code == 71 and run.result is None and ("--sources" in run.complained or "ulimit -n" in run.complained), run


def test_a_result_that_cannot_be_written_is_said_before_the_load(node):
    done = subprocess.run([program(), "fanout", *to(node), *short, "--output", "/nowhere/r.json"], capture_output=True, text=True)
    assert done.returncode == 73 and "cannot be written" in done.stderr


# --- ends before the time


@pytest.mark.parametrize("number", (signal.SIGINT, signal.SIGTERM))
def test_an_interrupted_run_still_writes_what_it_has(node, tmp_path, number):
    output = tmp_path / "result.json"
    run = subprocess.Popen([program(), "fanout", *to(node), "--readers", "5", "--duration-s", "600", "--warm-up-s", "0",
                            "--no-ceiling", "--tell-begin", "--output", str(output)],
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert run.stdout.readline() == "begin\n"
    assert any("s left" in line for line in iter(run.stderr.readline, ""))  # one interval has ended
    run.send_signal(number)
    said, _ = run.communicate(timeout=20)
    assert run.returncode == 130, said
    result = json.loads(output.read_text())
    assert result["partial"] and result["totals"]["acks"] > 0 and 0 < result["measured_s"] < 600 and "PARTIAL" in said


def test_clients_survive_a_node_that_is_killed_and_comes_back(tmp_path):
    with Node("killed", flags=["--log-level", "warn"]) as one:
        wait_until(one.is_ready, what="the node to be ready", seconds=20)
        output = tmp_path / "result.json"
        run = subprocess.Popen([program(), "fanout", *to(one), "--readers", "5", "--duration-s", "6", "--warm-up-s", "0",
                                "--publish-rate", "100", "--no-ceiling", "--quiet", "--tell-begin", "--output", str(output)],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert run.stdout.readline() == "begin\n"
        one.kill9()
        one.start()
        said, complained = run.communicate(timeout=60)
        assert run.returncode == 0, said + complained
        result = json.loads(output.read_text())
        assert result["totals"]["resumes"] >= 5 and result["totals"]["errors"]["connection_lost"] >= 6
        assert result["violations"] == [] and result["totals"]["acks"] > 0


def test_a_target_that_goes_away_for_good_is_no_result(tmp_path):
    with Node("gone", flags=["--log-level", "warn"]) as one:
        wait_until(one.is_ready, what="the node to be ready", seconds=20)
        output = tmp_path / "result.json"
        run = subprocess.Popen([program(), "fanout", *to(one), "--readers", "5", "--duration-s", "1", "--settle-s", "1",
                                "--warm-up-s", "0", "--no-ceiling", "--quiet", "--tell-begin", "--output", str(output)],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert run.stdout.readline() == "begin\n"
        one.kill9()
        said, complained = run.communicate(timeout=60)
        assert run.returncode == 69, said + complained
        assert "5 readers could not come back" in complained
        assert json.loads(output.read_text())["partial"]


# --- nodes that lie (tests/replay/fake_node.py)


@pytest.fixture
def liar(tmp_path):
    """Starts one. JSON only, and written with blanks, so that no fast path helps."""
    started = []

    def start(bug: str) -> str:
        port = free_port()
        child = Child(f"liar-{bug}", ["/usr/bin/python3", "-B", str(repository / "tests" / "replay" / "fake_node.py"), "--listen",
                                      f"127.0.0.1:{port}", "--data-dir", str(tmp_path / "liar")],
                      log=tmp_path / "liar.log", env={"FAKE_BUG": bug})
        child.start()
        started.append(child)
        # The first line of its log is the testkit's; the port answers once it serves.
        wait_until(lambda: subprocess.run(["bash", "-c", f"exec 3<>/dev/tcp/127.0.0.1/{port}"], capture_output=True).returncode == 0,
                   what="the liar to listen", seconds=20)
        return f"ws://127.0.0.1:{port}"

    yield start
    for child in started:
        child.end()


def lie_to(target: str, folder: pathlib.Path) -> Load:
    # So many, and so often, that something comes while one of them is away, for a millisecond or two.
    return Load(folder, "resume", "--targets", target, "--rooms", 1, "--readers", 6, "--writers", 2, "--publish-rate", 600,
                "--drop-every-s", 0.1, "--settle-s", 2, *short)


def test_an_honest_node_of_the_same_kind_passes(liar, tmp_path):
    run = lie_to(liar("none"), tmp_path)
    assert run.code == 0 and run.result["totals"]["resumes"] > 0, run


@pytest.mark.parametrize("bug, rules", (
    ("drop", {"R3"}), ("repeat", {"R3"}), ("change", {"R1", "R4"}), ("phantom", {"R3", "R6"}), ("hole", {"R3"}),
    ("resume", {"R3"}), ("stale-head", {"R7"}), ("no-live", {"R11"})))
def test_a_lying_node_is_caught_and_the_run_says_who_saw_what(liar, tmp_path, bug, rules):
    run = lie_to(liar(bug), tmp_path)
    assert run.code == 1, run
    found = run.result["violations"]
    assert rules & {one["rule"] for one in found}, run
    first = next(one for one in found if one["rule"] in rules)
    assert re.fullmatch(r"(reader|writer)-\d+", first["client"]) and first["room"] and first["saw"]
    assert "VIOLATIONS" in run.said and f"{first['rule']}: {first['client']}" in run.said


# --- docs/load.md


def examples() -> list[str]:
    text = (repository / "docs" / "load.md").read_text()
    blocks = re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [line[2:] for block in blocks for line in block.replace("\\\n", " ").splitlines() if line.startswith("$ parley-load")]


def test_every_example_of_the_page_works_as_written(node, tmp_path):
    page = (repository / "docs" / "load.md").read_text()
    scenario = re.search(r"^```toml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)[1]
    address = f"ws://{node.host}:{node.port}"
    (tmp_path / "evening.toml").write_text(scenario.replace("ws://127.0.0.1:8080", address))
    assert len(examples()) >= 9
    for number, line in enumerate(examples()):
        words = shlex.split(line.replace("ws://127.0.0.1:8080", address).replace("tests/data/irc", str(irc))
                            .replace("evening.toml", str(tmp_path / "evening.toml")).replace("PID", str(node.child.pid)))
        # As written, but for how long it takes.
        at = 2 if words[1] != "run" else len(words) - 1
        brief = ["--duration-s", "1", "--warm-up-s", "0", "--ramp-up-s", "0.1", "--peak-s", "0.5", "--no-ceiling", "--quiet"]
        words[at:at] = brief if words[1] == "run" else []
        words += [] if words[1] == "run" else brief
        done = subprocess.run([program(), *words[1:]], capture_output=True, text=True, timeout=60, cwd=tmp_path)
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
