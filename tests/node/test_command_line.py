#!/usr/bin/python3
"""parleyd as its operator meets it: what it prints, what it refuses, and with which code it ends. $PARLEYD names it."""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import tomllib
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))
import requests  # noqa: E402
from parley_testkit.node import Node, parleyd  # noqa: E402
from parley_testkit.ports import free_port  # noqa: E402
from parley_testkit.servers import Postgres, Redis  # noqa: E402
from parley_testkit.waiting import wait_until  # noqa: E402

LOGFMT = re.compile(r'^ts=\S+Z level=(debug|info|warn|error) event=\S+( \w+=("([^"\\]|\\.)*"|[^ "=]+))*$')


def run(*arguments, env=None):
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PARLEY_")}
    return subprocess.run([str(parleyd()), *arguments], capture_output=True, text=True, timeout=60,
                          env=clean | (env or {}))


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="parley-cli-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def start(self, *flags, name="node"):
        """The flags come last: the last of two --listen would be a mistake, so a test never repeats one."""
        node = Node(name, flags=flags)
        self.addCleanup(node.child.end)
        return node.start()


class Words(Folder):
    def test_help_names_every_command_and_exit_code(self):
        done = run("--help")
        self.assertEqual(done.returncode, 0)
        for word in ("--dev", "--postgres", "--limits-frame-bytes", "migrate", "config", "64", "69", "70", "73", "78"):
            self.assertIn(word, done.stdout)

    def test_version_is_one_line(self):
        done = run("--version")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"^parleyd \d+\.\d+\.\d+\n$")

    def test_the_printed_configuration_is_a_file_that_means_the_same(self):
        first = run("config", "--shards", "7", "--log-level", "warn", env={"PARLEY_LIMITS_HISTORY_LIMIT": "99"})
        parsed = tomllib.loads(first.stdout)
        self.assertEqual((parsed["shards"], parsed["limits"]["history_limit"]), (7, 99))
        file = self.folder / "parleyd.toml"
        file.write_text(first.stdout)
        again = tomllib.loads(run("config", "--config", str(file)).stdout)
        self.assertEqual(again, parsed)

    def test_the_documentation_lists_each_setting_with_its_bounds_default_and_meaning(self):
        printed = run("config").stdout
        listed = (ROOT / "docs" / "configuration.md").read_text()
        found = re.findall(r"^\[(\w+)\]$|^# (.*)\n# (.*); default (.*)\n(\w+) = ", printed, re.MULTILINE)
        table, rows = "", 0
        for new_table, meaning, shape, default, name in found:
            table = new_table + "." if new_table else table
            if name:
                rows += 1
                self.assertIn(f"| `{table}{name}` | {shape} | `{default}` | {meaning} |\n", listed)
        self.assertEqual(rows, listed.split("## Settings")[1].count("\n| `"))

    def test_no_password_is_printed(self):
        done = run("config", env={"PARLEY_POSTGRES": "postgresql://u:s3cret@h/d;host=h password=s3cret",
                                  "PARLEY_REDIS": "redis://:s3cret@h:1"})
        self.assertEqual(done.returncode, 0)
        self.assertNotIn("s3cret", done.stdout + done.stderr)


class Refusals(Folder):
    def test_every_mistake_at_once_and_nothing_started(self):
        data = self.folder / "data"
        done = run("--dev", "--data-dir", str(data), "--listen", "here", "--shardz", "1", env={"PARLEY_IO_THREADS": "x"})
        self.assertEqual(done.returncode, 64)
        for part in ("3 mistakes", "--listen", "--shardz", "PARLEY_IO_THREADS"):
            self.assertIn(part, done.stderr)
        self.assertFalse(data.exists())

    def test_without_development_mode_it_says_what_to_do(self):
        done = run()
        self.assertEqual(done.returncode, 64)
        self.assertIn("--dev", done.stderr)

    def test_a_port_in_use_is_73_and_disturbs_nobody(self):
        node = self.start()
        done = run("--dev", "--listen", f"127.0.0.1:{node.port}", "--data-dir", str(self.folder / "other"))
        self.assertEqual(done.returncode, 73)
        self.assertIn(str(node.port), done.stderr)
        self.assertTrue(node.is_ready())

    def test_a_data_folder_in_use_is_73_and_names_its_holder(self):
        node = self.start()
        done = run("--dev", "--listen", f"127.0.0.1:{free_port()}", "--data-dir", str(node.folder / "store"))
        self.assertEqual(done.returncode, 73)
        self.assertIn(str(node.child.pid), done.stderr)
        self.assertTrue(node.is_ready())

    def test_a_data_folder_that_cannot_be_made_is_73(self):
        (self.folder / "file").write_text("x")
        done = run("--dev", "--listen", f"127.0.0.1:{free_port()}", "--data-dir", str(self.folder / "file" / "x"))
        self.assertEqual(done.returncode, 73)
        self.assertIn("data_dir", done.stderr)

    def test_a_store_of_a_newer_version_is_78_and_left_alone(self):
        self.assertEqual(run("migrate", "--data-dir", str(self.folder)).returncode, 0)
        store = self.folder / "parley.sqlite"
        with sqlite3.connect(store) as file:
            file.execute("PRAGMA user_version = 999")
        done = run("--dev", "--listen", f"127.0.0.1:{free_port()}", "--data-dir", str(self.folder))
        self.assertEqual(done.returncode, 78)
        self.assertIn("newer", done.stderr)
        with sqlite3.connect(store) as file:
            self.assertEqual(file.execute("PRAGMA user_version").fetchone(), (999,))

    def test_a_store_with_another_number_of_shards_is_78(self):
        self.assertEqual(run("migrate", "--data-dir", str(self.folder), "--shards", "8").returncode, 0)
        done = run("--dev", "--listen", f"127.0.0.1:{free_port()}", "--data-dir", str(self.folder), "--shards", "9")
        self.assertEqual(done.returncode, 78)

    def test_a_database_out_of_reach_is_69(self):
        done = run("--dev", "--listen", f"127.0.0.1:{free_port()}", "--redis", "redis://127.0.0.1:1",
                   "--postgres", f"postgresql://u:s3cret@127.0.0.1:{free_port()}/d")
        self.assertEqual(done.returncode, 69)
        self.assertNotIn("s3cret", done.stderr)


class Running(Folder):
    def log(self, node):
        return [line for line in node.child.log.read_text().splitlines() if line.startswith("ts=")]

    def test_it_says_where_the_page_is(self):
        node = self.start()
        address = f"Parley is ready: http://127.0.0.1:{node.port}/"  # may come a moment after /readyz says so
        wait_until(lambda: address in node.child.log.read_text(), seconds=10, what="the page's address")
        self.assertIn("<html", requests.get(node.http + "/", timeout=5).text)

    def test_every_log_line_is_logfmt_and_none_holds_what_was_said(self):
        node = self.start("--log-level", "debug")
        words = "a-text-of-its-own"
        requests.post(node.http + "/v1/rooms/r/messages", json={"text": words}, timeout=5).raise_for_status()
        node.stop()
        lines = self.log(node)
        self.assertTrue(lines)
        for line in lines:
            self.assertRegex(line, LOGFMT)
        self.assertNotIn(words, node.child.log.read_text())

    def test_hup_reads_the_log_level_again_and_keeps_it_where_the_file_is_broken(self):
        file = self.folder / "parleyd.toml"
        file.write_text('log_level = "info"\n')
        node = self.start("--config", str(file))
        for text, event in (('log_level = "debug"\n', "configuration.reloaded log_level=debug"),
                            ('log_level = "loud"\n', "configuration.refused")):
            file.write_text(text)
            node.child.send(signal.SIGHUP)
            wait_until(lambda: event in node.child.log.read_text(), seconds=10, what=event)
        self.assertTrue(node.is_ready())
        node.stop()

    def test_a_second_signal_ends_a_drain_that_waits(self):
        node = self.start()
        with socket.create_connection(("127.0.0.1", node.port)) as wire:
            wire.sendall(b"GET /v1/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                         b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
            body = json.dumps({"id": 1, "connect": {"user": "ana"}}).encode()
            wire.sendall(bytes([0x81, 0x80 | len(body), 0, 0, 0, 0]) + body)
            answer = b""
            while b"connected" not in answer:
                answer += wire.recv(4096)
            node.child.send(signal.SIGTERM)  # this peer never answers the close: the drain waits for it
            wait_until(lambda: "node.draining" in node.child.log.read_text(), seconds=10, what="the drain")
            node.child.send(signal.SIGTERM)
            self.assertEqual(node.child.wait(5), -signal.SIGTERM)

    def test_no_core_is_dumped(self):
        node = self.start()
        limits = pathlib.Path(f"/proc/{node.child.pid}/limits").read_text()
        self.assertRegex(limits, r"Max core file size +0 +0 ")


class Servers(Folder):
    def test_a_list_of_databases_that_would_hide_shards_is_78(self):
        with Postgres() as one, Redis() as redis:
            one.execute("CREATE DATABASE second")
            second = one.url.removesuffix("/parley") + "/second"
            node = Node("cluster", postgres=[one], redis=[redis])
            node.start()
            node.stop()
            done = run("--dev", "--listen", f"127.0.0.1:{node.port}", "--redis", redis.url, "--postgres", one.url,
                       "--postgres", second)
            self.assertEqual(done.returncode, 78)
            self.assertIn("same databases in the same order", done.stderr)
            node.start()
            node.stop()

    def test_migrate_prepares_every_database_and_starts_nothing(self):
        with Postgres() as one:
            one.execute("CREATE DATABASE second")
            second = one.url.removesuffix("/parley") + "/second"
            done = run("migrate", "--redis", "redis://127.0.0.1:1", "--postgres", one.url, "--postgres", second)
            self.assertEqual(done.returncode, 0, done.stderr)
            cluster = "SELECT id, shards FROM parley.cluster"
            self.assertEqual(one.execute(cluster), one.execute(cluster, database="second"))
            self.assertEqual(one.execute("SELECT count(*) FROM parley.shard WHERE owner <> ''"), [(0,)])


if __name__ == "__main__":
    unittest.main()
