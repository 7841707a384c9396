"""Nodes over a Redis Cluster: what one stores reaches the readers of the others, whatever slots and masters do."""

import asyncio
import random

import pytest

from parley_testkit.cluster import Cluster, metrics
from parley_testkit.waiting import wait_until
from stage import play

_late_ms_max = 4000  # two poll periods, a failover's first moment, and what a busy machine adds


@pytest.fixture
def cluster():
    with Cluster(databases=1, nodes=2, is_redis_cluster=True) as made:
        yield made


def received(cluster):
    return {name: metrics(node)["parley_endpoint_received_total"] for name, node in cluster.nodes.items()}


def latest_ms(stage):
    """How long after its ack an event reached a steady reader."""
    acked = stage.tally.update().acked_ns
    return max(reader.seen_ns[seq] - ns for reader in stage.load.all_readers for (room, seq), ns in acked.items()
               if reader.room == room and seq in reader.seen_ns) // 10**6


@pytest.mark.G3
@pytest.mark.G6
def test_readers_at_every_node_see_all_while_masters_and_slots_change(cluster):
    redis, chance = cluster.redis_cluster, random.Random(7)
    rooms = [room for rooms in cluster.rooms_by_owner(2).values() for room in rooms]
    before = received(cluster)

    def until_heard_at(server, channel):
        wait_until(lambda: redis.subscribers(server, channel), seconds=60, what=f"subscribers at {server.name}")

    def strike(turn):
        master, channels = chance.choice(redis.loaded())
        channel, replica = chance.choice(channels), redis.replica_of(master)
        if turn % 3 == 0:
            target = chance.choice([other for other in redis.masters() if other is not master])
            redis.move_slot_of(channel, master, target)
            return until_heard_at(target, channel)
        if turn % 3 == 1:
            redis.promote(replica)
        else:
            master.kill9()
            redis.wait_promoted(replica)
        until_heard_at(replica, channel)
        if not master.child.alive():
            master.start()
        redis.wait_whole()

    async def happens(stage):
        for turn in range(6):
            await asyncio.to_thread(strike, turn)
            await stage.acks(2)
        stage.no_error()

    stage = play("redis_cluster_changes", rooms, list(cluster.nodes.values()), happens)
    assert latest_ms(stage) < _late_ms_max
    after = received(cluster)
    assert all(after[name] > before[name] for name in cluster.nodes)  # through Redis, not by the poll alone
