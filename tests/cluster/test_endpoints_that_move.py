"""A Redis endpoint is added to a running cluster, and shards under load move to it and back, while their clients stay."""

import asyncio
import json
import re
import subprocess
import time

import pytest

from parley_testkit.cluster import Cluster, metrics, shard_of
from parley_testkit.recipes import parleyctl
from parley_testkit.servers import Redis
from parley_testkit.waiting import wait_until
from stage import play

_late_ms_max = 4000  # two poll periods and what a busy machine adds; the planned move itself costs less


@pytest.fixture(scope="module")
def growing():
    """A cluster of its own: what it learns of a third endpoint stays with it."""
    with Cluster(databases=1, redis=2) as made:
        yield made


def ctl(cluster, *words, code=0):
    line = [str(parleyctl()), *map(str, words), "--postgres", cluster.databases[0].url]
    done = subprocess.run(line, capture_output=True, text=True, timeout=120)
    assert done.returncode == code, f"{words} ended with {done.returncode}\n{done.stdout}{done.stderr}{cluster.tails()}"
    return done.stdout + done.stderr


async def ctl_beside(cluster, *words, code=0):
    return await asyncio.to_thread(ctl, cluster, *words, code=code)


def held(cluster):
    """[shards, nodes that use it] of each endpoint"""
    return [[one["shards"], one["nodes"]] for one in json.loads(ctl(cluster, "endpoints", "--json"))["endpoints"]]


def heard_at(server):
    """{shard: its rooms and beacons that somebody has subscribed to there}"""
    found = {}
    for channel in server.tell("PUBSUB", "CHANNELS", "parley:{*}:*"):
        shard = re.search(r":(\d+)}:", channel)  # none: a canary's
        if shard:
            found.setdefault(int(shard[1]), []).append(channel)
    return found


def summed(cluster, name):
    return sum(metrics(node)[name] for node in cluster.nodes.values())


def late_ms(stage, begin=0, end=2**63):
    """How long after its ack each event acked then reached its room's steady reader, in order of the delays."""
    acked = stage.tally.update().acked_ns
    return sorted((reader.seen_ns[seq] - ns) / 1e6 for reader in stage.load.all_readers
                  for (room, seq), ns in acked.items()
                  if reader.room == room and seq in reader.seen_ns and begin <= ns < end)


def test_an_endpoint_is_added_and_every_node_restarted_with_it_and_no_shard_moves(growing):
    third = growing.stack.enter_context(Redis("redis3"))
    rooms = [room for rooms in growing.rooms_by_owner().values() for room in rooms]
    shard = shard_of(rooms[0], growing.shards)

    async def happens(stage):
        for _ in range(2):  # the second time as after an interruption
            assert "It is Redis endpoint 3" in await ctl_beside(growing, "endpoints", "add", third.url)
        await stage.acks(5)
        for name, node in growing.nodes.items():
            told = await ctl_beside(growing, "shards", "move-endpoint", shard, "--to", 3, code=78)
            assert "these nodes do not use Redis endpoint 3" in told and name in told
            stage.run.fronts = growing.others(name)
            assert await asyncio.to_thread(node.child.end, seconds=40) == 0, node.child.log_tail()
            await asyncio.to_thread(node.child.start)  # with the former list
            assert await asyncio.to_thread(node.child.wait, 20) == 78
            assert "parleyctl endpoints add" in node.child.log_tail()
            node.child.argv += ["--redis", third.url]
            await asyncio.to_thread(node.start)
            await asyncio.to_thread(wait_until, growing.is_spread, seconds=60, what="shards on every node")
            await stage.acks(5)

    stage = play("added endpoint", rooms, list(growing.nodes.values()), happens)
    failed = [record for record in stage.recorder.records if record["op"] == "publish" and record["phase"] == "fail"]
    assert not failed, failed[0]
    growing.redis.append(third)
    half, nodes = growing.shards // 2, len(growing.nodes)
    assert held(growing) == [[half, nodes], [half, nodes], [0, nodes]]
    assert heard_at(third) == {}


@pytest.mark.G3
@pytest.mark.G6
def test_shards_move_to_another_endpoint_and_back_and_no_reader_waits(growing):
    assert len(growing.redis) == 3, "the endpoint was not added"
    rooms = [room for rooms in growing.rooms_by_owner(each=2).values() for room in rooms]
    shards = sorted({shard_of(room, growing.shards) for room in rooms})
    moments = []

    def where():
        return {shard["shard"]: shard["endpoint"] for shard in json.loads(ctl(growing, "shards", "--json"))["shards"]}

    def until_heard_only_at(place, which):
        """By the servers' own count: the former subscriptions go once the overlap is over."""
        def is_so():
            heard = [heard_at(server) for server in growing.redis]
            return all((shard in heard[at]) == (at == place) for shard in which for at in range(3))
        wait_until(is_so, seconds=30, what=f"shards {which} to be heard at {growing.redis[place].name} alone")

    async def move(stage, to, which):
        copies = f'parley_endpoint_received_total{{endpoint="{to}"}}'
        before = await asyncio.to_thread(summed, growing, copies)
        holes, begin = await asyncio.to_thread(summed, growing, "parley_holes_filled_total"), time.monotonic_ns()
        told = json.loads(await ctl_beside(growing, "shards", "move-endpoint", *which, "--to", to, "--json"))
        assert [one["shard"] for one in told["moves"]] == which
        await stage.acks(3)
        await asyncio.to_thread(until_heard_only_at, to - 1, which)
        await stage.acks(5)
        assert await asyncio.to_thread(summed, growing, copies) > before
        holes = await asyncio.to_thread(summed, growing, "parley_holes_filled_total") - holes
        moments.append((to, len(which), told["took_ms"], holes, begin, time.monotonic_ns()))

    async def happens(stage):
        home = where()
        await move(stage, 3, shards)
        assert {where()[shard] for shard in shards} == {3}
        for to in sorted({home[shard] for shard in shards}):
            await move(stage, to, [shard for shard in shards if home[shard] == to])
        assert where() == home

    stage = play("moved endpoints", rooms, list(growing.nodes.values()), happens, rate=6)
    stage.no_error()
    assert stage.count("resets") == 0
    for to, count, took, holes, begin, end in moments:
        delays = late_ms(stage, begin, end)
        print(f"{count} shards to endpoint {to}: every node went by it after {took} ms. In the {(end - begin) / 1e9:.1f} s "
              f"from then on {len(delays)} events reached readers {delays[len(delays) // 2]:.1f} ms (median) to "
              f"{delays[-1]:.1f} ms (latest) after their acks; {holes:.0f} holes were read from storage")
    assert late_ms(stage)[-1] < _late_ms_max
    ctl(growing, "shards", "move-endpoint", "--balance")
    counts = [shards for shards, _ in held(growing)]
    assert sum(counts) == growing.shards and max(counts) - min(counts) <= 1, counts


@pytest.mark.G6
def test_shards_at_a_dead_endpoint_are_read_by_polling_and_move_back_without_it(growing):
    assert len(growing.redis) == 3, "the endpoint was not added"
    third = growing.redis[2]
    room = next(iter(growing.rooms_by_owner().values()))[0]
    shard = shard_of(room, growing.shards)

    async def happens(stage):
        await asyncio.to_thread(third.kill9)
        for to in (3, 1):
            await ctl_beside(growing, "shards", "move-endpoint", shard, "--to", to)
            await stage.acks(60)  # past the overlap
        assert not third.child.alive()

    try:
        stage = play("dead endpoint", [room], list(growing.nodes.values()), happens, rate=3)
    finally:
        third.start()
    stage.no_error()
    assert late_ms(stage)[-1] < _late_ms_max
