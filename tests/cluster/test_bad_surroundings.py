"""What an operator may get wrong around a cluster: another version, a second cluster, a misspelt address, an old backup,
clocks that are apart. Each is refused with what to do, or told in the log, and nothing acknowledged is lost."""

import asyncio
import subprocess

import pytest

from parley_faults.clocks import clock_file, fake_clock
from parley_testkit import workspace
from parley_testkit.client import Session
from parley_testkit.cluster import PATIENCE_S, metrics, publish
from parley_testkit.ports import free_port
from parley_testkit.recipes import postgres_program
from parley_testkit.servers import Redis
from parley_testkit.waiting import wait_until
from test_strangers import INCOMPATIBLE, Database, expect_refused

USAGE, UNAVAILABLE = 64, 69  # node/exit_code.hpp


@pytest.fixture
def undisturbed(cluster):
    """Whoever is refused changes nothing: rooms of every owner take writes under the terms that they had."""
    rooms = {name: rooms[0] for name, rooms in cluster.rooms_by_owner().items()}
    terms = {room: publish(cluster.nodes[name], room, "before")["term"] for name, room in rooms.items()}
    pids = {name: node.child.pid for name, node in cluster.nodes.items()}
    yield cluster
    assert {name: node.child.pid for name, node in cluster.nodes.items() if node.child.alive()} == pids
    for room, term in terms.items():
        for node in cluster.nodes.values():
            assert publish(node, room, "after")["term"] == term


@pytest.mark.parametrize("database", [0, 1])
def test_a_node_of_an_older_version_is_refused_where_a_database_is_of_a_newer_one(undisturbed, database):
    server = undisturbed.databases[database]
    newer = server.execute("SELECT max(version) + 1 FROM parley.schema_version")[0][0]
    server.execute("INSERT INTO parley.schema_version (version, name) VALUES (%s, 'of a later version')", newer)
    try:
        expect_refused(undisturbed, undisturbed.node("n4"), f"the database has schema {newer}", "start a newer parleyd",
                       code=INCOMPATIBLE)
    finally:
        server.execute("DELETE FROM parley.schema_version WHERE version = %s", newer)


@pytest.mark.G7
def test_a_second_cluster_on_the_databases_of_one_that_runs_is_refused(undisturbed):
    """By what it would have of its own: its number of shards, its Redis, its list with only one of the databases."""
    cluster = undisturbed
    expect_refused(cluster, cluster.node("m1", shards=64), "the database was made with 32 shards, not 64")
    with Redis("other-redis") as redis:
        expect_refused(cluster, cluster.node("m1", redis=[redis]), "the cluster's Redis endpoints are")
    expect_refused(cluster, cluster.node("m1", databases=cluster.databases[1:]),
                   "it is number 2 of the cluster's databases, and number 1 of this node's list")


def test_a_misspelt_database_is_named_and_nothing_is_started(undisturbed):
    """Out of reach may be for now: 69. What can never be one is a wrong configuration: 64."""
    first, second = (server.url for server in undisturbed.databases)
    address = second.split("@")[1].split("/")[0]
    for wrong, code, words in (
            (second.replace(address, f"127.0.0.1:{free_port()}"), UNAVAILABLE, "Connection refused"),
            (second.replace(address, "no-such-host.invalid"), UNAVAILABLE, "no-such-host.invalid"),
            (second + "y", UNAVAILABLE, 'database "parleyy" does not exist'),
            (second + "?sslmod=require", USAGE, "sslmod"),
            (second.replace("postgresql://", "postgersql://"), USAGE, "postgres")):
        node = undisturbed.node("n4", databases=[Database(first), Database(wrong)])
        node.child.start()
        assert node.child.wait(40) == code, node.child.log_tail()
        said = node.child.log_tail()
        assert words in said, said
        assert "not ready" not in said and "Parley is ready" not in said, said


def test_a_node_whose_clock_is_an_hour_off_is_told_so_and_works(cluster):
    """Leases count by the databases' clock: only what it says an event's time to be is wrong."""
    for offset in ("-3600s", "+3600s"):
        file = clock_file()
        node = cluster.node("n4", env=fake_clock(file))
        file.write_text(offset)
        try:
            node.start()
            assert "event=clock.apart" in node.child.log_tail(200), node.child.log_tail(200)
            wait_until(lambda: cluster.owned()["n4"], seconds=PATIENCE_S, what="it to own shards")
            for rooms in cluster.rooms_by_owner().values():
                for other in (node, *cluster.nodes.values()):
                    publish(other, rooms[0], "by any clock")
        finally:
            assert node.child.end(seconds=40) == 0, node.child.log_tail()
        wait_until(cluster.is_spread, seconds=PATIENCE_S, what=f"the others to have every shard: {cluster.owned()}")
        assert metrics(cluster.nodes["n1"])["parley_stream_violations_total"] == 0


@pytest.mark.G2
@pytest.mark.G8
def test_a_database_restored_from_an_older_backup_resets_who_was_past_it_and_goes_on_under_a_greater_term(cluster):
    """The other database is not: its rooms notice nothing but the restart."""
    old, kept = (next(room for rooms in cluster.rooms_by_owner(2).values() for room in rooms
                      if cluster.database_of(room) == database) for database in (1, 0))
    first = cluster.nodes["n1"]
    for room in (old, kept):
        for n in range(3):
            publish(first, room, f"in the backup {n}", client_msg_id=f"b{n}")
    dump = dumped(cluster.databases[1])
    past = {room: [publish(first, room, f"later {n}", client_msg_id=f"l{n}") for n in range(4)][-1]
            for room in (old, kept)}

    for node in cluster.nodes.values():
        node.child.send(15)
    assert {node.child.wait(40) for node in cluster.nodes.values()} == {0}, cluster.tails()
    restored(cluster.databases[1], dump)
    cluster.make_whole()

    for node in cluster.nodes.values():
        gaps, texts = asyncio.run(resumed(node, old, past[old]))
        assert [gap["reason"] for gap in gaps] == ["reset"], f"at {node.name}: {gaps}"
        assert texts == [f"in the backup {n}" for n in range(3)]
        assert asyncio.run(resumed(node, kept, past[kept])) == ([], [])
    again = publish(cluster.nodes["n2"], old, "later 0", client_msg_id="l0")
    assert again["seq"] == 4 and not again["duplicate"] and again["term"] > past[old]["term"]
    assert publish(cluster.nodes["n2"], old, "in the backup 0", client_msg_id="b0")["duplicate"]
    assert publish(cluster.nodes["n2"], kept, "later 0", client_msg_id="l0")["duplicate"]


def dumped(server):
    """As docs/operations.md has it, while the nodes run."""
    done = subprocess.run([str(postgres_program("pg_dump")), "-n", "parley", "-d", server.url], capture_output=True,
                          text=True)
    assert done.returncode == 0, done.stderr
    path = workspace.folder("backup") / "parley.sql"
    path.write_text(done.stdout)
    return path


def restored(server, dump):
    server.execute("DROP DATABASE parley", database="postgres")
    server.execute("CREATE DATABASE parley", database="postgres")
    done = subprocess.run([str(postgres_program("psql")), "-q", "-v", "ON_ERROR_STOP=1", "-d", server.url, "-f",
                           str(dump)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


async def resumed(node, room, ack):
    """The gaps, and the texts, that a reader gets who stands at that ack, until it is live."""
    gaps, texts, live = [], [], asyncio.Event()

    def take(kind, body):
        if kind == "gap":
            gaps.append(body)
        elif kind == "batch":
            texts.extend(event["text"] for event in body["events"])
        elif kind == "live":
            live.set()

    session = await Session.open(node.ws, user="ana", on_push=take,
                                 rooms={room: {"since": {"term": ack["term"], "seq": ack["seq"]}}})
    try:
        await asyncio.wait_for(live.wait(), 20)
    finally:
        session.abort()
    return gaps, texts
