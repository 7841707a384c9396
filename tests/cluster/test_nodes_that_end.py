"""A node is killed, stopped, paused, or comes back, while clients write and read through the others."""

import asyncio
import time

import pytest

from parley_testkit.cluster import LEASE_S, PATIENCE_S
from parley_testkit.waiting import wait_until
from stage import play

# From a node's death to an ack by the next owner: its lease ends, the others have watched that on their own clocks and
# look once a second, and the claim and the room's head are read.
TAKEOVER_S = LEASE_S + 2


def rooms_of_all(cluster, each=1):
    return [room for rooms in cluster.rooms_by_owner(each).values() for room in rooms]


async def until(condition, what, seconds=PATIENCE_S):
    return await asyncio.to_thread(wait_until, condition, what=what, seconds=seconds)


def is_taken_over(cluster, gone):
    owned = cluster.owned()
    return not owned[gone] and sum(owned.values()) == cluster.shards


@pytest.mark.G1
@pytest.mark.G3
@pytest.mark.G7
@pytest.mark.G8
def test_kill_9_of_an_owner_loses_nothing_and_its_rooms_go_on_within_a_lease_and_two_seconds(cluster):
    by_owner = cluster.rooms_by_owner()
    owner = "n2"
    told = {}

    async def happens(stage):
        node = cluster.nodes[owner]
        stage.run.fronts = list(cluster.nodes.values())
        told["at_ns"] = time.monotonic_ns()
        await asyncio.to_thread(node.kill9)
        stage.run.fronts = cluster.others(owner)  # as a load balancer does that asks /readyz
        await until(lambda: is_taken_over(cluster, owner), "the others to own all shards")
        await stage.acks(20)

    rooms = [room for rooms in by_owner.values() for room in rooms]
    stage = play("kill", rooms, list(cluster.nodes.values()), happens)
    silence = {name: stage.longest_silence_s(of[0], told["at_ns"]) for name, of in by_owner.items()}
    print(f"longest silence of a room, by its first owner: {silence}")
    assert silence[owner] <= TAKEOVER_S, silence
    assert stage.count("resets") == 0


@pytest.mark.G1
@pytest.mark.G7
def test_sigterm_hands_the_shards_over_and_no_publish_at_another_node_sees_an_error(cluster):
    leaving, told = "n3", {}

    async def happens(stage):
        told["code"] = await asyncio.to_thread(cluster.nodes[leaving].child.end, seconds=40)
        told["owned"] = cluster.owned()
        await stage.acks(20)

    stage = play("stop", rooms_of_all(cluster, each=2), cluster.others(leaving), happens)
    assert told["code"] == 0, cluster.nodes[leaving].child.log_tail()
    assert not told["owned"][leaving] and sum(told["owned"].values()) == cluster.shards, told["owned"]
    stage.no_error()


@pytest.mark.G1
@pytest.mark.G7
def test_a_node_that_comes_back_gets_shards_back_without_an_error(cluster):
    back = "n1"
    assert cluster.nodes[back].child.end(seconds=40) == 0
    wait_until(lambda: is_taken_over(cluster, back), seconds=PATIENCE_S, what="the others to own all shards")

    async def happens(stage):
        await asyncio.to_thread(cluster.nodes[back].start)
        # Its shards come some at a time: it may own one before any of these rooms' is among them.
        await until(lambda: any(cluster.owner_of(room) == back for room in stage.load.rooms), "a room under load to move to it")
        await until(cluster.is_spread, "shards to come back to it")
        await stage.acks(20)

    rooms = rooms_of_all(cluster, each=8)
    stage = play("back", rooms, cluster.others(back), happens, rate=3, readers=1)
    stage.no_error()


@pytest.mark.G7
def test_an_owner_that_stood_still_past_its_lease_finds_others_in_its_place_and_joins_them_again(cluster):
    owner = "n2"

    async def happens(stage):
        node = cluster.nodes[owner]
        node.pause()
        try:
            await until(lambda: is_taken_over(cluster, owner), "the others to take over")
            await stage.acks(10)
        finally:
            node.resume()
        await until(cluster.is_spread, "it to get shards again")
        await stage.acks(10)

    play("pause", rooms_of_all(cluster), cluster.others(owner), happens)


def test_all_nodes_stop_in_order_at_once_and_come_back(cluster):
    """Nobody is left to hand over to: each must end all the same, and with 0."""
    for node in cluster.nodes.values():
        node.child.send(15)
    codes = {name: node.child.wait(40) for name, node in cluster.nodes.items()}
    assert set(codes.values()) == {0}, (codes, cluster.tails())
    cluster.make_whole()
