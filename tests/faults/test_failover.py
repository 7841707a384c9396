"""PostgreSQL fails over: the standby is promoted, and the node's address of the database moves to it."""

import asyncio

import pytest

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

    def state(self):
        return self.primary.execute("SELECT sync_state FROM pg_stat_replication WHERE state = 'streaming'")

    def close(self):
        self.between.close()
        self.primary.child.end()
        self.standby.child.end()


async def fail_over(f, pair):
    """The old primary is dead before the new one takes over, as the operations page demands."""
    pair.primary.kill9()
    f.hits["primary killed"] += 1
    await asyncio.to_thread(pair.standby.execute, "SELECT pg_promote(true, 60)", database="postgres")
    f.world.relay["postgres"].retarget(pair.standby.port)
    f.world.postgres[:] = [pair.standby]
    f.hits["promoted"] += not pair.standby.execute("SELECT pg_is_in_recovery()")[0][0]
    await f.ready()


def test_a_synchronous_failover_loses_nothing(cell, world, pair):
    async def fault(f):
        await f.lasts(2, acks=100)
        await fail_over(f, pair)
        await f.lasts(2, acks=200, joins=20)

    pair.synchronous()
    here = world(postgres=[pair.primary], relays=["postgres"])
    wait_until(lambda: pair.state() == [("sync",)], what="the standby to be synchronous", seconds=20)
    out = cell.run(here, fault, hits={"primary killed": 1, "promoted": 1})
    if out.resets:
        out.problems.append(f"{out.resets} readers got a reset, though nothing was lost")


def test_an_asynchronous_failover_is_found_out(cell, world, pair):
    """The negative control: acks that the standby never saw are lost, the checker must say so, and each reader
    of the lost tail must be told with a `reset`."""
    async def fault(f):
        await f.lasts(2, acks=100)
        pair.between.silence("up", "down")
        before = f.counts()["acks", None]
        await f.lasts(2)
        f.hits["acks past the standby"] += f.counts()["acks", None] - before
        await fail_over(f, pair)
        await f.lasts(2, acks=200, joins=20)

    out = cell.run(world(postgres=[pair.primary], relays=["postgres"]), fault, expected="invalid",
                   gaps_allowed=["reset"], hits={"primary killed": 1, "promoted": 1, "acks past the standby": 50})
    if "R1" not in out.rules_broken:
        out.problems.append(f"the checker does not miss the lost acks, only {out.rules_broken}")
    # One steady reader per room at the least had read on past what survived.
    if out.resets < 4:
        out.problems.append(f"only {out.resets} readers of a lost tail got a reset")
