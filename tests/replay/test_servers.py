"""The private servers that tests stand on: they survive what tests do to them, and nothing else does."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import sys

import psycopg2
import pytest

from parley_testkit.servers import Postgres, Redis
from parley_testkit.waiting import wait_until

support = pathlib.Path(__file__).resolve().parents[1] / "support"


def test_postgres_keeps_what_was_committed_through_kill_9_and_answers_on_the_same_port():
    with Postgres("pg-a") as one, Postgres("pg-b") as other:
        assert one.execute("SHOW fsync") == [("on",)] and one.port != other.port
        one.execute("CREATE TABLE kept (n int)")
        one.execute("INSERT INTO kept VALUES (%s)", 7)
        one.kill9()
        with pytest.raises(psycopg2.OperationalError):
            one.execute("SELECT 1")
        assert other.execute("SELECT 1") == [(1,)]
        one.start()
        assert one.execute("SELECT n FROM kept") == [(7,)]


def test_a_paused_redis_is_silent_until_it_resumes_and_comes_back_empty_from_kill_9():
    with Redis() as redis:
        redis.command("SET", "k", "v")
        redis.pause()
        with pytest.raises(OSError):
            redis.command("PING")
        redis.resume()
        assert redis.command("GET", "k") == b"$1"
        redis.kill9()
        redis.restart()
        assert redis.command("GET", "k") == b"$-1"


@pytest.mark.parametrize("number", (signal.SIGKILL, signal.SIGTERM))
def test_servers_die_with_the_process_that_started_them(number, tmp_path):
    program = ("import sys, threading; from parley_testkit.servers import Redis; redis = Redis(); redis.start();"
               "print(redis.child.pid, flush=True); threading.Event().wait()")
    run = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True,
                           env=dict(os.environ, PYTHONPATH=str(support), TMPDIR=str(tmp_path)))
    server = int(run.stdout.readline())
    assert pathlib.Path(f"/proc/{server}").exists()
    run.send_signal(number)
    run.wait(10)
    run.stdout.close()
    wait_until(lambda: not _is_alive(server), seconds=10, what="the server to end with its parent")


def _is_alive(pid: int) -> bool:
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
