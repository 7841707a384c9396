"""scripts/cluster as its user meets it."""

import json
import os
import pathlib
import signal
import subprocess
import sys

import pytest
import requests

from parley_cluster.command import default_folder
from parley_testkit import workspace
from parley_testkit.processes import Mark
from parley_testkit.recipes import parleyd, repository
from parley_testkit.waiting import wait_until

SCRIPT = [sys.executable, "-B", str(repository / "scripts" / "cluster")]


@pytest.fixture
def folder():
    """Where the cluster goes; nothing of it outlives the test."""
    path = workspace.folder("script") / "cluster"
    yield path
    run("down", path)


def words_of(command, folder, *words):
    build = ["--build", str(parleyd().parent.parent)] if command == "up" and "--build" not in words else []
    return [*SCRIPT, command, *map(str, words), "--dir", str(folder), *build]


def run(command, folder, *words, code=None):
    """What it printed. :param code: with which it must end; None: any"""
    done = subprocess.run(words_of(command, folder, *words), capture_output=True, text=True, timeout=240)
    assert code is None or done.returncode == code, f"{command} ended with {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def status(folder, code=0):
    return json.loads(run("status", folder, "--json", code=code))


def living(folder):
    """The processes that bear a mark in that folder, and all others whose command line names it."""
    named = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes() if entry.name.isdigit() else b""
        except OSError:
            continue
        if str(folder).encode() in words and b"scripts/cluster" not in words and Mark.of(int(entry.name)):
            named.append((int(entry.name), words))
    return named


def test_a_cluster_goes_up_loses_a_node_is_healed_and_goes_down(folder):
    said = run("up", folder, "--nodes", 2, "--databases", 1, "--redis", 1, "--shards", 16, code=0)
    for word in ("n1  http://127.0.0.1:", "n2  http://127.0.0.1:", "owns", "scripts/cluster status", "kill 2", "down"):
        assert word in said, said
    told = status(folder)
    assert [node["state"] for node in told["nodes"]] == ["alive", "alive"] and told["ready"]
    assert sum(node["shards"] for node in told["nodes"]) == told["shards"] == 16
    assert requests.get(told["nodes"][0]["page"], timeout=5).status_code == 200
    assert len(told["databases"]) == len(told["redis"]) == 1 and told["databases"][0]["answers"]
    assert "a cluster is up" in run("up", folder, code=3)

    run("kill", folder, 1, code=0)
    assert status(folder, code=1)["nodes"][0]["state"] == "dead"
    assert "dead already" in run("kill", folder, 1, code=1)
    run("pause", folder, 2, code=0)
    assert status(folder, code=1)["nodes"][1]["state"] == "paused"
    assert "started n1" in run("heal", folder, code=0)
    healed = status(folder)
    assert healed["nodes"][0]["pid"] != told["nodes"][0]["pid"]
    assert healed["nodes"][0]["page"] == told["nodes"][0]["page"]
    assert healed["nodes"][1]["pid"] == told["nodes"][1]["pid"]

    marks = [Mark(**json.loads(file.read_text())) for file in (folder / "run").iterdir()]
    assert len(marks) == 4 and all(mark.is_alive() for mark in marks)
    assert "4 processes ended" in run("down", folder, code=0)
    assert living(folder) == [] and not any(mark.is_alive() for mark in marks)
    assert "nothing was running" in run("down", folder, code=0)
    assert "no cluster is up" in run("status", folder, code=3)
    assert (folder / "n1" / "log").read_text().count("node.starting") == 2


def test_a_clone_that_the_servers_cannot_enter_has_its_cluster_elsewhere(monkeypatch):
    clone = workspace.folder("clone")
    monkeypatch.setattr("parley_cluster.command.postgres_account", lambda: "postgres")
    clone.chmod(0o755)
    assert default_folder(clone) == clone / "build" / "cluster"
    clone.chmod(0o700)
    elsewhere = default_folder(clone)
    assert elsewhere.parent == pathlib.Path("/var/tmp") and elsewhere == default_folder(clone)
    other = workspace.folder("clone")
    other.chmod(0o700)
    assert elsewhere != default_folder(other)
    monkeypatch.setattr("parley_cluster.command.postgres_account", lambda: None)  # who is not root runs PostgreSQL himself
    assert default_folder(clone) == clone / "build" / "cluster"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_user_is_not_taken():
    strange = workspace.folder("strange")
    os.chown(strange, 12345, -1)
    assert "belongs to another user" in run("up", strange, code=1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_up_that_is_interrupted_leaves_nothing_behind_that_down_does_not_end(folder, number):
    starting = subprocess.Popen(words_of("up", folder, "--nodes", 2, "--databases", 1, "--redis", 1),
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    wait_until((folder / "run" / "database1").exists, seconds=120, what="its first server to run", pause=0.002)
    starting.send_signal(number)
    said, _ = starting.communicate(timeout=120)
    if number == signal.SIGINT:
        assert starting.returncode == 128 + number and "ends what was started" in said, said
        assert living(folder) == []
    else:
        run("down", folder, code=0)
        wait_until(lambda: living(folder) == [], seconds=10, what="its processes to end")


def test_an_up_that_fails_says_why_and_ends_what_it_started(folder):
    """The nodes' program is none."""
    build = workspace.folder("build")
    (build / "bin").mkdir()
    program = build / "bin" / "parleyd"
    program.write_text("#!/bin/sh\necho 'this is no node' >&2\nexit 7\n")
    program.chmod(0o755)
    said = run("up", folder, "--nodes", 1, "--databases", 1, "--redis", 1, "--build", build, code=1)
    assert "n1 ended while it started" in said and "this is no node" in said and str(folder / "n1" / "log") in said, said
    assert living(folder) == []


def test_a_record_whose_pids_are_others_by_now_ends_nobody(folder):
    """As after a reboot, or after the pids went round."""
    folder.mkdir(parents=True)
    with subprocess.Popen(["sleep", "600"]) as bystander:
        try:
            mark = Mark.of(bystander.pid)
            member = {"name": "n1", "kind": "node", "argv": ["sleep"], "port": 1, "url": "http://127.0.0.1:1/", "peer": ""}
            (folder / "cluster.json").write_text(json.dumps(
                {"version": 1, "folder": str(folder), "shards": 1, "program": "", "is_secure": False, "members": [member]}))
            (folder / "run").mkdir()
            for stale in ({"pid": mark.pid, "started": mark.started - 1, "boot": mark.boot},
                          {"pid": mark.pid, "started": mark.started, "boot": "another"}):
                (folder / "run" / "n1").write_text(json.dumps(stale))
                assert "nothing was running" in run("down", folder, code=0)
                (folder / "run" / "n1").write_text(json.dumps(stale))
                assert "dead already" in run("kill", folder, 1, code=1)
                run("status", folder, code=3)
            assert bystander.poll() is None
        finally:
            bystander.kill()


def test_a_folder_with_other_things_is_left_alone(folder):
    folder.mkdir(parents=True)
    (folder / "letters.txt").write_text("mine")
    mode = os.stat(folder).st_mode
    assert "letters.txt" in run("up", folder, code=1)
    assert sorted(path.name for path in folder.iterdir()) == ["letters.txt"] and os.stat(folder).st_mode == mode


def test_where_nothing_is_each_command_says_what_to_do(folder):
    for command, *words in (("status",), ("kill", 1), ("pause", 1), ("heal",), ("down",)):
        assert "scripts/cluster up" in run(command, folder, *words, code=3)
    assert run("up", folder, "--nodes", 0, code=2)


def test_tls_links_work(folder):
    run("up", folder, "--nodes", 2, "--databases", 1, "--redis", 1, "--shards", 16, "--tls", code=0)
    told = status(folder)
    assert told["tls"] and told["ready"]
    for n in range(20):  # rooms of both nodes
        for node in told["nodes"]:
            answer = requests.post(f"{node['page']}v1/rooms/room{n}/messages", json={"text": "hello"}, timeout=10)
            assert answer.status_code == 201, answer.text
    assert all(node["links"] for node in status(folder)["nodes"])


def test_a_redis_cluster_takes_the_place_of_independent_servers(folder):
    """Both nodes publish there; a master that dies is replaced, and `heal` brings it back as a replica."""
    run("up", folder, "--nodes", 2, "--databases", 1, "--redis-cluster", "--shards", 16, code=0)
    told = status(folder)
    assert told["redis_cluster"] and told["ready"]
    assert [server["role"] for server in told["redis"]] == ["master"] * 3 + ["replica"] * 3
    pages = [node["page"] for node in told["nodes"]]
    three_links(pages)
    for n in range(20):
        answer = requests.post(f"{pages[n % 2]}v1/rooms/room{n}/messages", json={"text": "hello"}, timeout=10)
        assert answer.status_code == 201, answer.text
    assert all(metric(page, "parley_endpoint_sent_total") > 0 for page in pages)

    run("kill", folder, "redis1", code=0)
    wait_until(lambda: [server["role"] for server in status(folder, code=1)["redis"]].count("master") == 3, seconds=60,
               what="a replica to be promoted")
    three_links(pages)
    assert "started redis1" in run("heal", folder, code=0)
    assert status(folder)["redis"][0]["role"] == "replica"
    assert "9 processes ended" in run("down", folder, code=0)
    assert living(folder) == []
    assert "not allowed with" in run("up", folder, "--redis", 2, "--redis-cluster", code=2)


def three_links(pages):
    wait_until(lambda: all(metric(page, "parley_endpoint_up") == 3 for page in pages), seconds=60,
               what="links to all masters")


def metric(page, name):
    text = requests.get(f"{page}metrics", timeout=5).text
    return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith((name + "{", name + " ")))
