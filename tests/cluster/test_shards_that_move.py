"""A database is added to a running cluster, and rooms under load move into it and back, while their clients stay."""

import asyncio
import json
import subprocess
import time

import pytest
import requests

from parley_testkit.cluster import Cluster, publish, shard_of
from parley_testkit.recipes import parleyctl
from parley_testkit.servers import Postgres
from parley_testkit.waiting import wait_until
from stage import play


@pytest.fixture(scope="module")
def growing():
    """A cluster of its own: what it learns of a third database stays with it."""
    with Cluster(databases=2, redis=2) as made:
        yield made


def line(cluster, *words):
    dsns = [word for database in cluster.databases for word in ("--postgres", database.url)]
    return [str(parleyctl()), *map(str, words), *dsns]


def ctl(cluster, *words, code=0):
    done = subprocess.run(line(cluster, *words), capture_output=True, text=True, timeout=120)
    assert done.returncode == code, f"{words} ended with {done.returncode}\n{done.stdout}{done.stderr}{cluster.tails()}"
    return done.stdout + done.stderr


async def ctl_beside(cluster, *words, code=0):
    return await asyncio.to_thread(ctl, cluster, *words, code=code)


def row_of(database, shard):
    return database.execute("SELECT coalesce(moved_to, ''), owner FROM parley.shard WHERE shard = %s", shard)[0]


def longer(node, database):
    """Its command line from now on."""
    node.child.argv += ["--postgres", database.url]


def test_a_database_is_added_and_every_node_restarted_with_it_and_no_shard_moves(growing):
    third = growing.stack.enter_context(Postgres("database3"))
    rooms = [room for rooms in growing.rooms_by_owner().values() for room in rooms]
    before = {shard["shard"]: shard["database"] for shard in json.loads(ctl(growing, "shards", "--json"))["shards"]}

    async def happens(stage):
        for _ in range(2):  # the second time as after an interruption
            assert "It is database 3" in await ctl_beside(growing, "databases", "add", third.url)
        await stage.acks(5)
        for name, node in growing.nodes.items():
            stage.run.fronts = growing.others(name)
            assert await asyncio.to_thread(node.child.end, seconds=40) == 0, node.child.log_tail()
            await asyncio.to_thread(node.child.start)  # with the former list
            assert await asyncio.to_thread(node.child.wait, 20) == 78
            assert "list of databases is 3 long, this node's is 2 long" in node.child.log_tail()
            longer(node, third)
            await asyncio.to_thread(node.start)
            await asyncio.to_thread(wait_until, growing.is_spread, seconds=60, what="shards on every node")
            await stage.acks(5)

    stage = play("added database", rooms, list(growing.nodes.values()), happens)
    failed = [record for record in stage.recorder.records if record["op"] == "publish" and record["phase"] == "fail"]
    assert not failed, failed[0]
    growing.databases.append(third)
    told = json.loads(ctl(growing, "shards", "--json"))["shards"]
    assert {shard["shard"]: shard["database"] for shard in told} == before


@pytest.mark.G1
@pytest.mark.G2
@pytest.mark.G5
@pytest.mark.G8
def test_rooms_move_to_another_database_and_back_and_no_client_is_shown_an_error(growing):
    assert len(growing.databases) == 3, "the database was not added"
    third = growing.databases[2]
    rooms = [room for rooms in growing.rooms_by_owner(each=2).values() for room in rooms]
    shards = sorted({shard_of(room, growing.shards) for room in rooms})
    back, told = shards[0], {}

    async def killed_in_the_copy(shard):
        """Its copy cannot be written; then it is killed."""
        source = growing.databases[shard % 2]
        held = third.hold("LOCK TABLE parley.event IN EXCLUSIVE MODE")
        try:
            moving = subprocess.Popen(line(growing, "shards", "move-data", shard, "--to", 3), stdout=subprocess.DEVNULL)
            await asyncio.to_thread(wait_until, lambda: row_of(third, shard)[0].startswith("arriving"), seconds=30,
                                    what="the shard to be arriving")
            moving.kill()
            moving.wait()
        finally:
            held.close()
        assert row_of(source, shard)[0] == "", "it was frozen before its copy was whole"

    async def happens(stage):
        await killed_in_the_copy(back)
        await stage.acks(3)
        for shard in shards:
            begin = time.monotonic()
            moved = json.loads(await ctl_beside(growing, "shards", "move-data", shard, "--to", 3, "--json"))["moves"][0]
            print(f"shard {shard}: {moved} after {time.monotonic() - begin:.1f} s")
            await stage.acks(2)
        home = back % 2 + 1
        await ctl_beside(growing, "shards", "move-data", back, "--to", home)
        await stage.acks(10)
        told["purged"] = await ctl_beside(growing, "shards", "purge-data")
        await stage.acks(5)

    stage = play("moved shards", rooms, list(growing.nodes.values()), happens, rate=6)
    stage.no_error()
    assert stage.count("resets") == 0
    where = {shard["shard"]: shard["database"] for shard in json.loads(ctl(growing, "shards", "--json"))["shards"]}
    assert {shard for shard in shards if where[shard] == 3} == set(shards) - {back}
    assert where[back] == back % 2 + 1
    assert not told["purged"].startswith("0 rows")
    for shard in set(shards) - {back}:  # the row says for ever that it moved
        assert row_of(growing.databases[shard % 2], shard) == (row_of(growing.databases[shard % 2], shard)[0], "")
        assert row_of(growing.databases[shard % 2], shard)[0]


@pytest.mark.G1
@pytest.mark.G2
def test_a_move_that_dies_after_the_freeze_is_finished_or_taken_back(growing):
    """Nobody can write the shard meanwhile; the other rooms go on."""
    first, _, third = growing.databases
    room, shard = next((room, shard) for room in map(str, range(1000))
                       if (shard := shard_of(room, growing.shards)) % 2 == 0 and row_of(first, shard)[0] == "")
    publish(growing.nodes["n1"], room, "hello")
    third_id = third.execute("SELECT database_id FROM parley.cluster")[0][0]

    def frozen_by_a_move_that_dies():
        held = third.hold("LOCK TABLE parley.room IN EXCLUSIVE MODE")  # its copy waits for that
        try:
            moving = subprocess.Popen(line(growing, "shards", "move-data", shard, "--to", 3), stdout=subprocess.DEVNULL)
            wait_until(lambda: row_of(third, shard)[0].startswith("arriving"), seconds=30, what="it to be arriving")
            moving.kill()
            moving.wait()
        finally:
            held.close()
        # The step that froze it, as node/ctl/shard_moves.cpp has it, once its owner has given it back.
        first.execute("UPDATE parley.shard SET closed_until = now() + interval '30 s' WHERE shard = %s", shard)
        first.execute("UPDATE parley.cluster SET changes = changes + 1")
        freeze = ("UPDATE parley.shard SET moved_to = %s, n = n + 1 "
                  "WHERE shard = %s AND owner = '' AND moved_to IS NULL RETURNING 1")
        wait_until(lambda: first.execute(freeze, third_id, shard), seconds=20, what="its owner to give it back")

    frozen_by_a_move_that_dies()
    ctl(growing, "shards", "move-data", shard, "--to", 3, "--abort")
    wait_until(lambda: sum(growing.owned().values()) == growing.shards, seconds=20, what="somebody to own it again")
    assert row_of(first, shard)[0] == ""
    frozen_by_a_move_that_dies()
    ctl(growing, "shards", "move-data", shard, "--to", 3)
    wait_until(lambda: sum(growing.owned().values()) == growing.shards, seconds=20, what="somebody to own it there")
    assert row_of(third, shard)[1]
    ctl(growing, "shards", "move-data", shard, "--to", 3, "--abort", code=64)


@pytest.mark.G1
@pytest.mark.G7
def test_a_node_starts_although_a_move_died_before_it_wrote_the_map(growing):
    """The shard is open in its new database, and the map still names the former one."""
    home, _, third = growing.databases
    room, shard = next((room, shard) for room in map(str, range(1000))
                       if (shard := shard_of(room, growing.shards)) % 2 == 0 and row_of(home, shard)[0] == "")
    publish(growing.nodes["n1"], room, "before")
    ctl(growing, "shards", "move-data", shard, "--to", 3)
    home.execute("UPDATE parley.place SET database = 1 WHERE shard = %s", shard)
    home.execute("UPDATE parley.cluster SET changes = changes + 1")
    node = growing.nodes["n3"]
    node.stop()
    node.start()
    wait_until(lambda: f"event=shard.on_its_way shard={shard}" in node.child.log_tail(100), seconds=5, what="the log to tell")
    assert row_of(home, shard)[0] and not row_of(home, shard)[1]
    ctl(growing, "shards", "move-data", shard, "--to", 3)
    wait_until(lambda: row_of(third, shard)[1], seconds=20, what="somebody to own it there")
    publish(growing.nodes["n3"], room, "after")
    page = requests.get(f"{growing.nodes['n2'].http}/v1/rooms/{room}/messages", timeout=10).json()
    assert [event["text"] for event in page["events"]] == ["before", "after"]


def test_balance_spreads_the_shards_over_all_databases(growing):
    ctl(growing, "shards", "move-data", "--balance")
    held = [database["shards"] for database in json.loads(ctl(growing, "databases", "--json"))["databases"]]
    assert sum(held) == growing.shards and max(held) - min(held) <= 1, held
    assert "spread evenly" in ctl(growing, "shards", "move-data", "--balance")
