"""One of a cluster's databases fails over: its standby is promoted, and its address moves to it, as a floating address
does. The cluster goes on with the new primary; the cells after it have it as their database."""

import asyncio
import secrets

import pytest

from parley_faults import lost_tail
from parley_faults.cluster_steps import spread_again
from parley_testkit.servers import Postgres
from parley_testkit.waiting import wait_until


@pytest.fixture
def standby_of(cluster):
    """`standby_of(1)`: a standby of the second database, in a place of its own. One that was not promoted ends."""
    made = []

    def make(index):
        primary, name = cluster.postgres[index], f"standby-{secrets.token_hex(2)}"
        made.append(Postgres.standby_of(primary, name, place=cluster.network.place(name)).start())
        wait_until(lambda: _state(primary) == ["async"], what="the standby to stream", seconds=30)
        return made[-1]

    yield make
    for standby in made:
        if standby not in cluster.postgres:
            standby.child.end()
    for server in cluster.postgres:
        if server.child.alive():
            _configure(server, "ALTER SYSTEM RESET synchronous_standby_names")


def test_cluster_synchronous_failover_loses_nothing(cell, cluster, standby_of):
    """Acks waited for the standby. Meanwhile the rooms of the other database go on."""
    index, standby = 0, standby_of(0)
    _configure(cluster.postgres[index], "ALTER SYSTEM SET synchronous_standby_names = '*'")
    wait_until(lambda: _state(cluster.postgres[index]) == ["sync"], what="it to be synchronous", seconds=20)

    async def fault(f):
        await f.lasts(2, acks=100)
        await fence_and_kill(f, index)
        before = f.counts()
        await promote(f, standby)
        await others_go_on(f, index, before)
        await move(f, index, standby)
        await f.lasts(2, acks=200, joins=20)

    out = cell.run(cluster, fault, rooms=6, hits={"database1 killed": 1, "promoted": 1, "ways cut": 3,
                                                  "rooms of the other database that went on": 3})
    if out.resets:
        out.problems.append(f"{out.resets} readers got a reset, though nothing was lost")


def test_cluster_asynchronous_failover_is_found_out(cell, cluster, standby_of):
    """The negative control: acks that the standby never saw are lost. The checker must say so (R1), and find nothing
    else: each reader of the lost tail, at whichever node, is told with a `reset` (R15)."""
    index, standby = 1, standby_of(1)

    async def fault(f):
        await f.lasts(2, acks=100)
        primary = f.world.postgres[index]
        f.hits["replication cut"] += len(await asyncio.to_thread(f.world.cut, primary.name, standby.name))
        kept = await asyncio.to_thread(lost_tail.newest, standby)
        await f.until(lambda: all(reader.position["seq"] >= kept[reader.room][1] + 20 for reader in f.load.all_readers
                                  if f.world.cluster.database_of(reader.room) == index),
                      "every reader to be on the tail", 60)
        await fence_and_kill(f, index)
        had = await read_dead(f, primary)
        await promote(f, standby)
        kept = await asyncio.to_thread(lost_tail.newest, standby)
        f.hits["events lost"] += lost_tail.record(f.recorder, kept, had)
        await move(f, index, standby)
        await f.lasts(2, acks=200, joins=20)

    out = cell.run(cluster, fault, rooms=6, broken={"R1"}, load={"rewinds": False},
                   hits={"database2 killed": 2, "promoted": 1, "replication cut": 1, "ways cut": 3, "events lost": 50})
    resets = lost_tail.readers(cell.recorder.records)
    out.hits["readers of the tail"], out.hits["of them reset"] = len(resets), sum(map(bool, resets.values()))
    if len(resets) != 9:
        out.problems.append(f"only {sorted(resets)} had read the lost tail, not all 9 readers of the three rooms there")
    out.problems += [f"{reader} held a lost tail and got no reset" for reader, times in resets.items() if not times]


async def fence_and_kill(f, index):
    """No node reaches it any more, and then it is dead: ahead of the promotion, as the operations page demands."""
    primary = f.world.postgres[index]
    cuts = await asyncio.to_thread(f.world.cut, primary.name, *f.world.nodes)
    f.hits["ways cut"] += len(cuts)
    await f.kill(primary)


async def promote(f, standby):
    await asyncio.to_thread(standby.execute, "SELECT pg_promote(true, 60)", database="postgres")
    f.hits["promoted"] += not standby.execute("SELECT pg_is_in_recovery()")[0][0]


async def move(f, index, standby):
    await asyncio.to_thread(f.world.fail_over, index, standby)
    await spread_again(f)


async def others_go_on(f, index, before):
    """Each room of the other database gets acks while this one is away."""
    rooms = [room for room in f.load.rooms if f.world.cluster.database_of(room) != index]

    def gone_on():
        counts = f.counts()
        return [room for room in rooms if counts["acks", room] >= before["acks", room] + 20]

    await f.until(lambda: gone_on() == rooms, "the other database's rooms to go on", 20)
    f.hits["rooms of the other database that went on"] += len(gone_on())


async def read_dead(f, primary):
    """What it had, when it is up once more for us alone: no node reaches it."""
    await f.start(primary)
    try:
        return await asyncio.to_thread(lost_tail.newest, primary)
    finally:
        await f.kill(primary)


def _configure(server, statement):
    server.execute(statement)
    server.execute("SELECT pg_reload_conf()")


def _state(primary):
    return [state for state, in primary.execute("SELECT sync_state FROM pg_stat_replication WHERE state = 'streaming'")]
