"""PostgreSQL fails over: the standby is promoted, and the node's address of the database moves to it."""

import asyncio

import pytest

from parley_faults import lost_tail
from parley_faults.relay import Relay
from parley_testkit.servers import Postgres
from parley_testkit.waiting import wait_until


@pytest.fixture
def pair(request):
    """A primary, and a standby that follows it through a relay; `pair.synchronous()` makes acks wait for it."""
    made = Pair(request.config.getoption("--seed"))
    yield made
    made.close()


class Pair:
    def __init__(self, seed):
        self.primary = Postgres("primary").start()
        self.between = Relay("replication", self.primary.port, seed=seed)
        self.standby = Postgres.standby_of(self.primary, "standby", port=self.between.port).start()

    def synchronous(self):
        self.primary.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
        self.primary.execute("SELECT pg_reload_conf()")
        wait_until(lambda: self.state() == [("sync",)], what="the standby to be synchronous", seconds=20)

    def state(self):
        return self.primary.execute("SELECT sync_state FROM pg_stat_replication WHERE state = 'streaming'")

    async def promote(self, f):
        await asyncio.to_thread(self.standby.execute, "SELECT pg_promote(true, 60)", database="postgres")
        f.hits["promoted"] += not self.standby.execute("SELECT pg_is_in_recovery()")[0][0]

    def move(self, f):
        """The database's address leads to the new primary."""
        f.world.relay["postgres"].retarget(self.standby.port)
        f.world.relay["postgres"].refuse(False)
        f.world.postgres[:] = [self.standby]

    def close(self):
        self.between.close()
        self.primary.child.end()
        self.standby.child.end()


async def kill_primary(f, pair):
    """Nobody reaches it any more, and then it is dead: before the new one takes over, as the operations page demands."""
    f.world.relay["postgres"].refuse()
    f.world.relay["postgres"].cut_all()
    await f.kill(pair.primary)


def test_a_synchronous_failover_loses_nothing(cell, world, pair):
    async def fault(f):
        await f.lasts(2, acks=100)
        await kill_primary(f, pair)
        await pair.promote(f)
        pair.move(f)
        await f.ready()
        await f.lasts(2, acks=200, joins=20)

    here = world(postgres=[pair.primary], relays=["postgres"])
    pair.synchronous()
    out = cell.run(here, fault, hits={"primary killed": 1, "promoted": 1})
    if out.resets:
        out.problems.append(f"{out.resets} readers got a reset, though nothing was lost")


def test_a_cancelled_wait_for_the_standby_is_no_ack(cell, world, pair):
    """F10: the standby hears nothing, and an operator cancels each commit that waits for it. PostgreSQL then reports
    success with a warning, for what only the primary has; and the primary dies with it. Whoever took that for an ack is
    found out by the failover. A reader may have been shown it, since the primary shows it to all: a lost tail, with a
    `reset` for who held it."""
    async def fault(f):
        await f.lasts(2, acks=100)
        # What the primary writes stays here for good; the answers to what has passed do not, so that no batch is
        # both at the standby and without its ack.
        pair.between.silence("down")
        before = f.count("acks")
        for _ in range(cell.times(20, least=8)):
            f.hits["waits cancelled"] += sum(done for done, in await f.until(
                lambda: pair.primary.execute("SELECT pg_cancel_backend(pid) FROM pg_stat_activity "
                                             "WHERE wait_event = 'SyncRep'"), "a commit to wait for the standby", 20))
            await f.lasts(0.3)
        f.hits["acks meanwhile"] += f.count("acks") - before
        await kill_primary(f, pair)
        had = await read_dead(f, pair.primary)
        await pair.promote(f)
        kept = await asyncio.to_thread(lost_tail.newest, pair.standby)
        f.hits["lost, as it was no ack"] += lost_tail.record(f.recorder, kept, had)
        pair.move(f)
        await f.ready()

    here = world(postgres=[pair.primary], relays=["postgres"])
    pair.synchronous()
    cell.run(here, fault, acks=100, joins=0, load={"rewinds": False},
             hits={"waits cancelled": 5, "lost, as it was no ack": 1, "primary killed": 2, "promoted": 1})


def test_an_asynchronous_failover_is_found_out(cell, world, pair):
    """The negative control: acks that the standby never saw are lost. The checker must say so (R1), and find nothing
    else: each reader of the lost tail is told with a `reset` (R15)."""
    async def fault(f):
        await f.lasts(2, acks=100)
        pair.between.silence("up", "down")
        kept = await asyncio.to_thread(lost_tail.newest, pair.standby)
        await f.until(lambda: all(reader.position["seq"] >= kept[reader.room][1] + 20 for reader in f.load.all_readers),
                      "every reader to be on the tail", 60)
        await kill_primary(f, pair)
        had = await read_dead(f, pair.primary)
        await pair.promote(f)
        kept = await asyncio.to_thread(lost_tail.newest, pair.standby)
        f.hits["events lost"] += lost_tail.record(f.recorder, kept, had)
        pair.move(f)
        await f.ready()
        await f.lasts(2, acks=200, joins=20)

    out = cell.run(world(postgres=[pair.primary], relays=["postgres"]), fault, broken={"R1"}, load={"rewinds": False},
                   hits={"primary killed": 2, "promoted": 1, "events lost": 50})
    resets = lost_tail.readers(cell.recorder.records)
    out.hits["readers of the tail"], out.hits["of them reset"] = len(resets), sum(map(bool, resets.values()))
    if len(resets) != 12:
        out.problems.append(f"only {sorted(resets)} had read the lost tail, not all 12 readers")
    out.problems += [f"{reader} held a lost tail and got no reset" for reader, times in resets.items() if not times]


async def read_dead(f, primary):
    """What it had, when it is up once more for us alone: the address leads nobody there."""
    await f.start(primary)
    try:
        return await asyncio.to_thread(lost_tail.newest, primary)
    finally:
        await f.kill(primary)
