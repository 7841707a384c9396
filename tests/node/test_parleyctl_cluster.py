#!/usr/bin/python3
"""parleyctl over a real cluster: two nodes, two databases. $PARLEYCTL and $PARLEYD name the programs."""

import json
import os
import pathlib
import subprocess
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import requests  # noqa: E402
from parley_testkit.node import Node  # noqa: E402
from parley_testkit.ports import free_port  # noqa: E402
from parley_testkit.servers import Postgres, Redis  # noqa: E402
from parley_testkit.waiting import wait_until  # noqa: E402

SHARDS = 16


def placement_score(node, shard):
    """As actors/core/placement.cpp has it."""
    mask = (1 << 64) - 1
    h = 0xcbf29ce484222325
    for byte in node.encode():
        h = (h ^ byte) * 0x100000001b3 & mask
    h = h + (shard + 1) * 0x9e3779b97f4a7c15 & mask
    h = (h ^ h >> 30) * 0xbf58476d1ce4e5b9 & mask
    h = (h ^ h >> 27) * 0x94d049bb133111eb & mask
    return h ^ h >> 31


PLACED = {shard: max(("n1", "n2"), key=lambda node: placement_score(node, shard)) for shard in range(SHARDS)}


class SecondDatabase(Postgres):
    """Another database of the same server."""

    def __init__(self, server):
        self.server = server

    @property
    def url(self):
        return self.server.url.replace("/parley", "/parley2")


def ctl(*arguments, dsns=None, **environment):
    line = [os.environ["PARLEYCTL"], *map(str, arguments)]
    for dsn in dsns or []:
        line += ["--postgres", dsn]
    kept = {name: value for name, value in os.environ.items() if name != "PARLEY_POSTGRES"}
    return subprocess.run(line, capture_output=True, text=True, timeout=60, env=kept | environment)


class WithoutCluster(unittest.TestCase):
    def assert_refused(self, done, code, *words):
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(done.stdout, "")
        for word in words:
            self.assertIn(word, done.stderr)

    def test_no_database_is_64_and_says_how_to_name_one(self):
        self.assert_refused(ctl("nodes"), 64, "--postgres", "PARLEY_POSTGRES")

    def test_a_misspelt_dsn_is_64_and_keeps_its_password(self):
        for dsn in ("nonsense", "hots=127.0.0.1 password=hush", "postgresql://u:hush@h/d?hots=x"):
            with self.subTest(dsn=dsn):
                done = ctl("nodes", dsns=[dsn])
                self.assert_refused(done, 64, "database 1 of the list cannot be read", "postgresql://USER@HOST/NAME")
                self.assertNotIn("hush", done.stderr)

    def test_an_unreachable_database_is_69_and_named_without_its_password(self):
        done = ctl("shards", dsns=[f"postgresql://u:hush@127.0.0.1:{free_port()}/parley"])
        self.assert_refused(done, 69, "database 1 of the list", "is out of reach", "127.0.0.1")
        self.assertNotIn("hush", done.stderr)

    def test_a_wrong_command_line_is_64(self):
        for line in (["move"], ["move", "x", "n1"], ["move", "1"], ["move", "1", "n1", "--auto"], ["drain"],
                     ["rooms", "--limit", "0"], ["shards", "--database", "0"], ["databases", "add"],
                     ["shards", "move-data", "1", "--to", "0"], ["endpoints", "add"],
                     ["shards", "move-endpoint", "1", "--to", "0"]):
            with self.subTest(line=line):
                done = ctl(*line)
                self.assertEqual(done.returncode, 64)
                self.assertTrue(done.stderr)

    def test_help_of_each_command_has_an_example(self):
        for command in ("nodes", "shards", "rooms", "move", "drain", "undrain", "databases", "databases add",
                        "shards move-data", "shards purge-data", "endpoints", "endpoints add",
                        "shards move-endpoint"):
            with self.subTest(command=command):
                done = ctl(*command.split(), "--help")
                self.assertEqual(done.returncode, 0)
                self.assertIn("--postgres", done.stdout)
                self.assertIn(f"  parleyctl {command}", done.stdout)


class Cluster(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.postgres, cls.redis = Postgres().start(), Redis().start()
        cls.addClassCleanup(cls.postgres.child.end)
        cls.addClassCleanup(cls.redis.child.end)
        cls.postgres.execute("CREATE DATABASE parley2")
        cls.databases = [cls.postgres, SecondDatabase(cls.postgres)]
        cls.dsns = [database.url for database in cls.databases]
        cls.nodes = {name: cls.node(name) for name in ("n1", "n2")}
        for node in cls.nodes.values():
            node.start()
            cls.addClassCleanup(node.child.end)
        assert cls.publish("general").status_code == 201
        # No client could name a room so; whoever writes into the database can.
        cls.postgres.execute("INSERT INTO parley.room (room, shard, instance, name, created_at) "
                             "VALUES (gen_random_uuid(), 0, 'elsewhere', E'\x1b[31mred', now() + interval '1 s')")

    @classmethod
    def node(cls, name):
        return Node(name, postgres=cls.databases, redis=[cls.redis],
                    flags=["--node-name", name, "--peer-listen", f"127.0.0.1:{free_port()}", "--shards", str(SHARDS)])

    @classmethod
    def publish(cls, room):
        return requests.post(f"{cls.nodes['n1'].http}/v1/rooms/{room}/messages", json={"text": "hello"},
                             headers={"Parley-User": "ana"}, timeout=10)

    def ctl(self, *arguments, code=0):
        done = ctl(*arguments, dsns=self.dsns)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def json(self, *arguments, code=0):
        return json.loads(self.ctl(*arguments, "--json", code=code).stdout)

    def owners(self):
        return {shard["shard"]: shard["owner"] for shard in self.json("shards")["shards"]}

    def setUp(self):
        """Both nodes alive, undrained and settled, no wishes."""
        for database in ("parley", "parley2"):
            self.postgres.execute("UPDATE parley.shard SET wish = '' WHERE wish <> ''", database=database)
            self.postgres.execute("UPDATE parley.lease SET is_asked_to_leave = false", database=database)
        self.wait_for_placement()

    def wait_for_placement(self):
        wait_until(lambda: self.owners() == PLACED, what="each to own what placement gives it", seconds=30)

    def test_nodes_shows_each_with_its_state_and_its_shards(self):
        told = self.json("nodes")
        self.assertEqual(told["warnings"], [])
        nodes = {node["name"]: node for node in told["nodes"]}
        self.assertEqual(sorted(nodes), ["n1", "n2"])
        for node in nodes.values():
            self.assertEqual((node["state"], node["leases"]), ("alive", 2))
            self.assertRegex(node["address"], r"^127\.0\.0\.1:\d+$")
            self.assertLess(node["renewed_ms_ago"], 3000)
        self.assertEqual(sum(node["shards"] for node in nodes.values()), SHARDS)
        table = self.ctl("nodes").stdout.splitlines()
        self.assertRegex(table[0], r"^NODE +LIFE +ADDRESS +STATE +SHARDS +LEASES +RENEWED$")
        self.assertRegex(table[1], r"^n1 +[0-9a-f]{8} +127\.0\.0\.1:\d+ +alive +\d+ +2/2 +\d+(\.\d)? m?s ago$")

    def test_the_environment_names_the_databases_too(self):
        done = ctl("nodes", "--json", PARLEY_POSTGRES=";".join(self.dsns))
        self.assertEqual(len(json.loads(done.stdout)["nodes"]), 2, done.stderr)

    def test_two_lives_of_one_name_are_warned_of(self):
        self.postgres.execute("INSERT INTO parley.lease (owner, node, renewals, expires_at) "
                              "VALUES ('other-life', 'n1', 1, now() + interval '1 hour')")
        try:
            self.assertIn("2 nodes live under the name n1", self.ctl("nodes").stderr)
        finally:
            self.postgres.execute("DELETE FROM parley.lease WHERE owner = 'other-life'")

    def test_shards_are_those_of_the_databases_that_they_live_in(self):
        told = self.json("shards")
        self.assertEqual([shard["shard"] for shard in told["shards"]], list(range(SHARDS)))
        self.assertEqual({shard["database"] for shard in told["shards"] if shard["shard"] % 2}, {2})
        self.assertEqual(sum(node["shards"] for node in told["nodes"]), SHARDS)
        of_n1 = self.json("shards", "--node", "n1", "--database", "1")["shards"]
        self.assertEqual({(shard["owner"], shard["shard"] % 2) for shard in of_n1}, {("n1", 0)})
        table = self.ctl("shards").stdout
        self.assertRegex(table, r"\bn2 owns \d+ shards?\.\n$")
        self.ctl("shards", "--database", "3", code=64)

    def test_rooms_show_their_heads_newest_first_and_nothing_that_a_terminal_obeys(self):
        told = self.json("rooms")["rooms"]
        self.assertEqual([room["room"] for room in told], ["\x1b[31mred", "general"])
        one = self.json("rooms", "general")["rooms"]
        self.assertEqual(len(one), 1)
        self.assertEqual(one[0]["owner"], self.owners()[one[0]["shard"]])
        self.assertGreaterEqual(one[0]["head"]["seq"], 1)
        self.assertEqual(one, self.json("rooms", "--shard", one[0]["shard"], "--instance", one[0]["instance"],
                                        "general")["rooms"])
        self.assertEqual(len(self.json("rooms", "--limit", "1")["rooms"]), 1)
        self.assertNotIn("\x1b", self.ctl("rooms").stdout)
        self.assertIn("no room nowhere", self.ctl("rooms", "nowhere", code=64).stderr)

    def test_a_shard_moves_to_the_node_that_is_wished_and_back_without_the_wish(self):
        shard, owner = next(iter(self.owners().items()))
        other = {"n1": "n2", "n2": "n1"}[owner]
        told = self.json("move", shard, other)
        self.assertEqual((told["owner"], told["is_done"]), (other, True))
        self.assertLess(told["took_ms"], 10_000)
        self.assertEqual({s["wish"] for s in self.json("shards")["shards"] if s["shard"] == shard}, {other})
        self.assertRegex(self.ctl("move", shard, "--auto").stdout,
                         rf"^Shard {shard} is owned by {owner}, after .* m?s\.\n$")
        self.assertEqual(self.json("shards")["shards"][shard]["wish"], "")

    def test_what_cannot_be_moved_is_refused_with_64_and_changes_nothing(self):
        self.assertIn("there is no shard 99: the cluster has 0 to 15", self.ctl("move", "99", "n1", code=64).stderr)
        self.assertIn("node n9 is not alive: shards go to these: n1, n2", self.ctl("move", "0", "n9", code=64).stderr)
        self.ctl("drain", "n2", "--wait", "0")
        self.assertIn("node n2 is drained", self.ctl("move", "0", "n2", code=64).stderr)
        self.assertEqual({shard["wish"] for shard in self.json("shards")["shards"]}, {""})

    def test_a_move_that_does_not_happen_in_time_is_75_and_stays_wished(self):
        shard, owner = next(iter(self.owners().items()))
        other = {"n1": "n2", "n2": "n1"}[owner]
        self.nodes[owner].pause()
        try:
            done = self.ctl("move", shard, other, "--wait", "1", code=75)
        finally:
            self.nodes[owner].resume()
        for word in (f"not yet by {other}", "The wish stays", "parleyctl nodes"):
            self.assertIn(word, done.stderr)
        wait_until(lambda: self.owners()[shard] == other, what="the wish to be fulfilled", seconds=30)

    def test_a_drained_node_owns_nothing_goes_on_serving_and_takes_shards_again(self):
        done = self.ctl("drain", "n1")
        self.assertRegex(done.stdout, r"n1 is drained, after .*: it may be stopped\.\n$")
        self.assertEqual(set(self.owners().values()), {"n2"})
        states = {node["name"]: node["state"] for node in self.json("nodes")["nodes"]}
        self.assertEqual(states, {"n1": "drained", "n2": "alive"})
        # It sees the new owners with its next survey, if not yet.
        wait_until(self.nodes["n1"].is_ready, what="the drained node to be ready", seconds=10)
        self.assertLess(self.publish("general").status_code, 300)
        self.ctl("undrain", "n1")
        self.wait_for_placement()

    def test_the_last_node_keeps_its_shards_and_says_so_with_75(self):
        self.ctl("drain", "n2")
        done = self.ctl("drain", "n1", "--wait", "2", code=75)
        self.assertIn("no other node can take the shards of n1", done.stderr)
        self.assertIn("n1 still owns", done.stderr)
        self.assertNotIn("", self.owners().values())

    def test_a_shard_moves_to_the_other_database_and_back_and_its_rooms_with_it(self):
        room = self.json("rooms", "general")["rooms"][0]
        home = self.database_of(room["shard"])
        for to in (3 - home, home):
            moved = self.json("shards", "move-data", room["shard"], "--to", to)["moves"]
            self.assertEqual([(one["shard"], one["to"]) for one in moved], [(room["shard"], to)])
            self.assertGreaterEqual(moved[0]["events"], 1)
            self.assertGreater(moved[0]["paused_ms"], 0)
            self.assertEqual(self.database_of(room["shard"]), to)
            head = self.publish("general").json()["seq"]
            after = self.json("rooms", "general")["rooms"]
            self.assertEqual([(one["shard"], one["head"]["seq"]) for one in after], [(room["shard"], head)])
        held = self.json("databases")["databases"]
        self.assertEqual([(one["database"], one["shards"]) for one in held], [(1, SHARDS / 2), (2, SHARDS / 2)])
        self.assertEqual(sum(one["left_behind"] for one in held), 1)
        self.assertGreater(self.json("shards", "purge-data")["rows"], 0)
        self.assertEqual(sum(one["left_behind"] for one in self.json("databases")["databases"]), 0)
        self.assertIn("evenly", self.ctl("shards", "move-data", "--balance").stdout)

    def database_of(self, shard):
        return self.json("shards")["shards"][shard]["database"]

    def test_moves_that_cannot_be_are_refused_and_change_nothing(self):
        before = self.json("shards")["shards"]
        for line, code, words in (
                (["99", "--to", "1"], 64, "there is no shard 99"), (["1", "--to", "3"], 64, "there is no database 3"),
                (["1"], 64, "--to"), ([], 64, "--balance"), (["--balance", "--to", "1"], 64, "--balance alone")):
            with self.subTest(line=line):
                self.assertIn(words, self.ctl("shards", "move-data", *line, code=code).stderr)
        done = ctl("shards", "move-data", "1", "--to", "1", dsns=self.dsns[:1])
        self.assertEqual(done.returncode, 78)
        self.assertIn("says that the cluster has 2 databases, this list has 1", done.stderr)
        self.assertIn("is number 1 of the cluster's databases already",
                      self.ctl("databases", "add", self.dsns[0], code=64).stderr)
        done = ctl("databases", "add", self.dsns[0].replace("/parley", "/postgres"), dsns=self.dsns[:1])
        self.assertEqual(done.returncode, 64)
        self.assertIn("says that the cluster has 2 databases", done.stderr)
        self.postgres.execute("DROP SCHEMA IF EXISTS parley CASCADE", database="postgres")
        self.assertEqual([(s["shard"], s["database"], s["owner"]) for s in self.json("shards")["shards"]],
                         [(s["shard"], s["database"], s["owner"]) for s in before])

    def endpoints(self):
        """[(shards, nodes that use it)] in the list's order"""
        return [(one["shards"], one["nodes"]) for one in self.json("endpoints")["endpoints"]]

    def test_endpoints_that_cannot_be_added_are_refused_and_change_nothing(self):
        before = self.json("endpoints")
        dead = f"127.0.0.1:{free_port()}"
        for url, code, words in (("http://127.0.0.1:1", 64, "the scheme is neither"), ("redis://h/1", 64, "database number"),
                                 (self.redis.url, 64, "is number 1 of the cluster's Redis endpoints already"),
                                 ("redis+cluster://h:1," + self.redis.url.removeprefix("redis://"), 64, "is number 1 of"),
                                 ("redis://u:hush@" + dead, 69, f"Redis at {dead} does not answer")):
            with self.subTest(url=url):
                done = self.ctl("endpoints", "add", url, code=code)
                self.assertIn(words, done.stderr)
                self.assertNotIn("hush", done.stderr)
        self.assertEqual(self.json("endpoints"), before)

    def test_an_endpoint_is_added_and_shards_move_to_it_once_every_node_uses_it(self):
        with Redis("second-redis") as second:
            self.assertEqual(self.endpoints(), [(SHARDS, 2)])
            for _ in range(2):  # the second time as after an interruption
                self.assertIn("It is Redis endpoint 2", self.ctl("endpoints", "add", second.url).stdout)
            self.assertEqual(self.endpoints(), [(SHARDS, 2), (0, 0)])
            done = self.ctl("shards", "move-endpoint", "1", "--to", "2", code=78)
            self.assertIn("these nodes do not use Redis endpoint 2: n1, n2", done.stderr)
            self.restart_with(second.url)
            self.move_shards()
            # Its server goes with this test, and the nodes go on with the others.
            self.ctl("shards", "move-endpoint", *range(SHARDS), "--to", "1")

    def restart_with(self, url):
        for node in self.nodes.values():
            self.assertEqual(node.child.end(seconds=40), 0)
            node.child.argv += ["--redis", url]
            node.start()
        self.wait_for_placement()
        self.assertEqual(self.endpoints(), [(SHARDS, 2), (0, 2)])
        table = self.ctl("endpoints").stdout.splitlines()
        self.assertRegex(table[0], r"^ENDPOINT +SHARDS +NODES +ADDRESS$")
        self.assertRegex(table[1], rf"^ +1 +{SHARDS} +2/2 +127\.0\.0\.1:\d+$")

    def move_shards(self):
        told = self.json("shards", "move-endpoint", "3", "1", "3", "--to", "2")
        self.assertEqual(told["moves"], [{"shard": 3, "to": 2}, {"shard": 1, "to": 2}])
        self.assertGreaterEqual(told["took_ms"], 0)
        where = {shard["shard"]: shard["endpoint"] for shard in self.json("shards")["shards"]}
        self.assertEqual({shard for shard, endpoint in where.items() if endpoint == 2}, {1, 3})
        self.assertIn("nothing was changed", self.ctl("shards", "move-endpoint", "3", "--to", "2").stdout)
        for line, words in ((["99", "--to", "1"], "there is no shard 99"), (["1", "--to", "3"], "no Redis endpoint 3"),
                            (["1"], "--to"), ([], "--balance"), (["--balance", "--to", "1"], "--balance alone")):
            self.assertIn(words, self.ctl("shards", "move-endpoint", *line, code=64).stderr)
        self.assertRegex(self.ctl("shards", "move-endpoint", "--balance").stdout,
                         rf"^{SHARDS // 2 - 2} shards moved; every live node goes by it, after .*\.\n$")
        self.assertEqual(self.endpoints(), [(SHARDS // 2, 2), (SHARDS // 2, 2)])
        self.assertLess(self.publish("general").status_code, 300)

    def test_a_node_that_does_not_follow_the_map_in_time_is_named_with_75(self):
        self.postgres.execute("INSERT INTO parley.lease (owner, node, endpoints, renewals, expires_at) "
                              "VALUES ('stuck', 'n7', 9, 1, now() + interval '1 hour')")
        try:
            self.postgres.execute("UPDATE parley.cluster SET changes = changes + 1")
            done = self.ctl("shards", "move-endpoint", "0", "--to", "1", "--wait", "4", code=75)
            self.assertIn("these nodes do not go by it: n7", done.stderr)
        finally:
            self.postgres.execute("DELETE FROM parley.lease WHERE owner = 'stuck'")

    def test_two_moves_at_once_are_one_too_many(self):
        link = self.postgres.hold("SELECT pg_advisory_lock(x'6d6f7665'::int4, 0)")
        try:
            self.assertIn("another parleyctl", self.ctl("shards", "move-data", "1", "--to", "1", code=75).stderr)
        finally:
            link.close()

    def test_nobody_drains_who_is_not_there(self):
        for command in ("drain", "undrain"):
            self.assertIn("node n9 is not alive", self.ctl(command, "n9", code=64).stderr)

    def test_databases_in_another_order_of_another_schema_or_without_one_are_78(self):
        self.assertIn("in the same order", ctl("nodes", dsns=self.dsns[::-1]).stderr)
        self.assertEqual(ctl("nodes", dsns=self.dsns[::-1]).returncode, 78)
        done = ctl("nodes", dsns=[self.postgres.url.replace("/parley", "/postgres")])
        self.assertEqual(done.returncode, 78)
        self.assertIn("parleyd migrate", done.stderr)
        self.postgres.execute("INSERT INTO parley.schema_version (version, name) VALUES (999, 'later')")
        try:
            self.assertIn("has schema 999", self.ctl("nodes", code=78).stderr)
        finally:
            self.postgres.execute("DELETE FROM parley.schema_version WHERE version = 999")


if __name__ == "__main__":
    unittest.main()
