#!/usr/bin/python3
"""parleyctl as its operator meets it: what it makes, what it refuses, and with which code it ends. $PARLEYCTL names it."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest


def run(*arguments):
    return subprocess.run([os.environ["PARLEYCTL"], *map(str, arguments)], capture_output=True, text=True, timeout=60)


def openssl(*arguments):
    return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, timeout=60)


class Words(unittest.TestCase):
    def test_help_names_the_commands_and_every_exit_code(self):
        done = run("--help")
        self.assertEqual(done.returncode, 0)
        for word in ("ca", "nodes", "shards", "rooms", "move", "drain", "undrain", "--json", "--version", "64", "66",
                     "69", "70", "73", "75", "78"):
            self.assertIn(word, done.stdout)
        done = run("ca", "issue", "--help")
        self.assertEqual(done.returncode, 0)
        for word in ("DIR", "--node", "--host", "--out", "--days"):
            self.assertIn(word, done.stdout)

    def test_version_is_one_line(self):
        done = run("--version")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"^parleyctl \d+\.\d+\.\d+\n$")

    def test_a_wrong_command_line_is_64(self):
        for line in ([], ["ca"], ["cb"], ["ca", "init"], ["ca", "init", "a", "b"], ["ca", "issue", "a", "--out", "b"],
                     ["ca", "init", "a", "--days", "0"]):
            with self.subTest(line=line):
                done = run(*line)
                self.assertEqual(done.returncode, 64)
                self.assertTrue(done.stderr)


class Papers(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="parley-ctl-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.ca = self.folder / "ca"

    def init(self):
        done = run("ca", "init", self.ca)
        self.assertEqual(done.returncode, 0, done.stderr)

    def issue(self, node, *more, out=None):
        return run("ca", "issue", self.ca, "--node", node, "--out", out or self.folder / node, *more)

    def mode(self, path):
        return path.stat().st_mode & 0o777

    def test_an_authority_is_a_p256_certificate_for_ten_years_with_a_secret_key(self):
        self.init()
        self.assertEqual(self.mode(self.ca), 0o700)
        self.assertEqual(self.mode(self.ca / "ca.key"), 0o600)
        text = openssl("x509", "-in", self.ca / "ca.pem", "-noout", "-text").stdout
        for part in ("prime256v1", "CA:TRUE", "Certificate Sign"):
            self.assertIn(part, text)
        ten_years, a_day = 3650 * 86400, 86400
        check = lambda seconds: openssl("x509", "-in", self.ca / "ca.pem", "-noout", "-checkend", seconds).returncode
        self.assertEqual((check(ten_years - a_day), check(ten_years + a_day)), (0, 1))

    def test_a_nodes_certificate_chains_to_the_authority_and_names_the_node_and_its_hosts(self):
        self.init()
        done = self.issue("n1", "--host", "n1.internal", "--host", "10.0.0.5", "--host", "fd00::1")
        self.assertEqual(done.returncode, 0, done.stderr)
        made = self.folder / "n1"
        self.assertEqual(self.mode(made / "node.key"), 0o600)
        for purpose in ("sslserver", "sslclient"):
            judged = openssl("verify", "-purpose", purpose, "-x509_strict", "-CAfile", made / "ca.pem",
                             made / "node.pem")
            self.assertEqual(judged.returncode, 0, judged.stderr)
        text = openssl("x509", "-in", made / "node.pem", "-noout", "-text").stdout
        for part in ("DNS:n1,", "DNS:n1.internal", "IP Address:10.0.0.5", "FD00", "CA:FALSE",
                     "TLS Web Server Authentication", "TLS Web Client Authentication"):
            self.assertIn(part, text)
        of_key = openssl("pkey", "-in", made / "node.key", "-pubout").stdout
        self.assertEqual(of_key, openssl("x509", "-in", made / "node.pem", "-noout", "-pubkey").stdout)

    def test_json_names_the_files_and_the_end_of_their_life(self):
        done = run("--json", "ca", "init", self.ca)
        told = json.loads(done.stdout)
        self.assertEqual((told["authority"], told["key"]), (str(self.ca / "ca.pem"), str(self.ca / "ca.key")))
        self.assertRegex(told["not_after"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        told = json.loads(self.issue("n1", "--host", "h", "--json").stdout)
        self.assertEqual((told["node"], told["names"]), ("n1", ["n1", "h"]))
        for file in ("authority", "certificate", "key"):
            self.assertTrue(pathlib.Path(told[file]).is_file())

    def test_nothing_is_ever_overwritten(self):
        self.init()
        before = (self.ca / "ca.key").read_bytes()
        self.assertEqual(run("ca", "init", self.ca).returncode, 73)
        self.assertEqual((self.ca / "ca.key").read_bytes(), before)
        self.assertEqual(self.issue("n1").returncode, 0)
        made = {p: p.read_bytes() for p in (self.folder / "n1").iterdir()}
        done = self.issue("n1")
        self.assertEqual(done.returncode, 73)
        self.assertIn("node.key cannot be made: File exists", done.stderr)
        self.assertEqual({p: p.read_bytes() for p in (self.folder / "n1").iterdir()}, made)

    def test_where_one_file_is_in_the_way_none_is_made(self):
        self.init()
        out = self.folder / "half"
        out.mkdir()
        (out / "node.pem").write_text("mine")
        self.assertEqual(self.issue("n1", out=out).returncode, 73)
        self.assertEqual([p.name for p in out.iterdir()], ["node.pem"])
        self.assertEqual((out / "node.pem").read_text(), "mine")

    def test_an_authority_that_is_missing_or_broken_is_66(self):
        self.assertEqual(self.issue("n1").returncode, 66)
        self.init()
        (self.ca / "ca.key").write_text("no key")
        self.assertEqual(self.issue("n1").returncode, 66)
        other = self.folder / "other"
        run("ca", "init", other)
        shutil.copy(other / "ca.key", self.ca / "ca.key")
        done = self.issue("n1")
        self.assertEqual(done.returncode, 66)
        self.assertIn("is not its certificate's", done.stderr)
        self.assertFalse((self.folder / "n1").exists())

    def test_a_name_that_could_say_more_than_one_thing_is_64(self):
        self.init()
        for node in ("", "n 1", "n1,DNS:n2", "*", "n" * 65):
            self.assertEqual(self.issue(node, out=self.folder / "x").returncode, 64, node)
        for host in ("a,DNS:n2", "a b", ""):
            self.assertEqual(self.issue("n1", "--host", host, out=self.folder / "x").returncode, 64, host)


if __name__ == "__main__":
    unittest.main()
