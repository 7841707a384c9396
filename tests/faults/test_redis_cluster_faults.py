"""A Redis Cluster under load fails over and hands slots over (F7). No publish fails because of it, joins complete. One
node: what readers at other nodes see of it is played in tests/cluster."""

import asyncio

import pytest

_late_ms_max = 2500  # two poll periods and what a busy machine adds


def none_refused(f):
    assert f.count("refused") == 0, f"{f.count('refused')} publishes were refused because of Redis"


@pytest.mark.quick
def test_redis_cluster_failover(cell, world):
    """In turn, a replica takes over by force while its master lives on and does not know, and a master is killed."""
    async def fault(f):
        cluster = f.world.redis_cluster
        async for turn in f.strikes(cell.times(8, least=3), wait=(0.2, 1.0)):
            master, channels = f.random.choice(await asyncio.to_thread(cluster.loaded))
            replica = cluster.replica_of(master)
            if turn % 3 == 1:
                await f.kill(master)
                f.hits["masters killed"] += not master.child.alive()
                await asyncio.to_thread(cluster.wait_promoted, replica)
            else:
                await asyncio.to_thread(cluster.promote, replica)
            f.hits["replicas promoted"] += 1
            await f.until(lambda: cluster.subscribers(cluster.in_charge(replica), channels[0]), f"subscribers at {replica.name}")
            f.hits["subscribers came over" if cluster.in_charge(replica) is replica else "promotions taken back"] += 1
            if not master.child.alive():
                await f.start(master)
            await asyncio.to_thread(cluster.wait_whole)
        none_refused(f)

    cell.run(world(is_redis_cluster=True), fault, late_ms_max=_late_ms_max,
             hits={"replicas promoted": 3, "masters killed": 1, "subscribers came over": 3, "endpoint_links_lost": 1})


def test_redis_cluster_resharding(cell, world):
    """Slots of rooms that are read and written go from master to master."""
    async def fault(f):
        cluster = f.world.redis_cluster
        async for _ in f.strikes(cell.times(40, least=10), wait=(0.05, 0.4)):
            source, channels = f.random.choice(await asyncio.to_thread(cluster.loaded))
            channel = f.random.choice(channels)
            target = f.random.choice([master for master in cluster.masters() if master is not source])
            await asyncio.to_thread(cluster.move_slot_of, channel, source, target)
            await f.until(lambda: cluster.subscribers(target, channel), f"subscribers at {target.name}")
            f.hits["slots moved with their subscribers"] += 1
        none_refused(f)

    cell.run(world(is_redis_cluster=True), fault, hits={"slots moved with their subscribers": 10},
             late_ms_max=_late_ms_max)
