"""Three nodes, two databases and two Redis servers, each with an address of its own: nodes die, stand still, leave and
come, and the ways between them are cut."""

import asyncio

import pytest

from parley_faults.cluster_world import ClusterWorld
from parley_testkit.network import Network

# Whose ways are cut, or who is struck. Each node owns some of the rooms under load.
VICTIM, OTHERS = "n2", ("n1", "n3")


@pytest.fixture(scope="session")
def shared(request):
    made = []

    def get():
        if not made:
            if why := Network.missing():
                pytest.skip(why)
            made.append(ClusterWorld())
        return made[0]

    yield get
    for one in made:
        one.end()


@pytest.fixture
def cluster(cell, shared):
    """After `cell`, so that a machine without such networks shows in the table."""
    world = shared().begin()
    yield world
    world.heal()


async def taken_over(f, gone=VICTIM):
    await f.until(lambda: f.world.is_taken_over(gone), f"the others to own what {gone} had", 60)
    f.hits["taken over"] += 1


async def spread_again(f):
    await f.until(f.world.cluster.is_spread, "every node to own shards again", 60)


def play_cut(cell, cluster, cuts, *, is_taken_over=False, seconds=12, late_ms_max=None, **minima):
    """:param cuts: for each, the arguments of `ClusterWorld.cut`"""
    async def fault(f):
        made = []
        for here, there, one_way in cuts:
            made += await asyncio.to_thread(f.world.cut, here, *there, one_way=one_way)
        if is_taken_over:
            await taken_over(f)
        await f.lasts(f.seconds(seconds, least=5), acks=200, joins=20)
        f.over()
        dropped = await asyncio.to_thread(lambda: [cut.dropped() for cut in made])
        f.hits["ways cut"] += sum(frames > 0 for frames in dropped)
        f.hits["frames dropped"] += sum(dropped)

    cell.run(cluster, fault, rooms=6, late_ms_max=late_ms_max,
             hits={"ways cut": sum(len(there) for _, there, _ in cuts), "frames dropped": 20, **minima})


def test_cluster_owner_is_cut_from_its_peers(cell, cluster):
    """F17: it still reaches the databases, so it goes on; who asks elsewhere for its rooms waits, and is refused."""
    play_cut(cell, cluster, [(VICTIM, OTHERS, False)])


def test_cluster_one_way_is_cut_between_two_nodes(cell, cluster):
    play_cut(cell, cluster, [(VICTIM, OTHERS[:1], True)])


def test_cluster_no_node_reaches_another(cell, cluster):
    play_cut(cell, cluster, [(VICTIM, OTHERS, False), (OTHERS[0], OTHERS[1:], False)])


def test_cluster_one_node_sees_two_that_do_not_see_each_other(cell, cluster):
    play_cut(cell, cluster, [(OTHERS[0], OTHERS[1:], False)])


def test_cluster_node_is_cut_from_redis(cell, cluster):
    """Its readers get by polling what the others publish; its own publishes are acknowledged."""
    play_cut(cell, cluster, [(VICTIM, ("redis1", "redis2"), False)], late_ms_max=4000)


def test_cluster_node_is_cut_from_the_databases(cell, cluster):
    """Its leases end, others own its shards, and it owns some again when it is back."""
    play_cut(cell, cluster, [(VICTIM, ("database1", "database2"), False)], is_taken_over=True, **{"taken over": 1})


def test_cluster_node_hears_no_answer_of_a_database(cell, cluster):
    """What it sends may arrive; no answer does, so that neither a commit nor a renewal is known to have come about."""
    play_cut(cell, cluster, [("database1", (VICTIM,), True)])


def test_cluster_node_is_alone(cell, cluster):
    """Only clients reach it."""
    everyone = (*OTHERS, "database1", "database2", "redis1", "redis2")
    play_cut(cell, cluster, [(VICTIM, everyone, False)], is_taken_over=True, **{"taken over": 1})


@pytest.mark.quick
def test_cluster_nodes_are_killed_at_random_moments(cell, cluster):
    times = cell.times(6)

    async def fault(f):
        async for _ in f.strikes(times):
            node = f.world.nodes[f.random.choice(sorted(f.world.nodes))]
            await f.kill(node)
            f.hits["killed"] += 1
            await f.lasts(f.random.uniform(0, 5))
            await f.start(node)
        f.over()
        await spread_again(f)

    cell.run(cluster, fault, rooms=6, hits={"killed": times})


def test_cluster_owner_stands_still_past_its_lease(cell, cluster):
    """F12: a zombie. Others own its shards; what it still holds is refused when it wakes."""
    async def fault(f):
        node = f.world.nodes[VICTIM]
        node.pause()
        try:
            await taken_over(f)
            await f.lasts(f.seconds(30, least=5), acks=200, joins=20)
        finally:
            node.resume()
        f.over()
        await spread_again(f)

    cell.run(cluster, fault, rooms=6, hits={"taken over": 1})


def test_cluster_redis_is_dead(cell, cluster):
    """All of it: publishes are acknowledged, joins work, events come by polling."""
    async def fault(f):
        for server in f.world.redis:
            await f.kill(server)
        await f.lasts(f.seconds(20, least=5), acks=200, joins=20)
        f.over()
        for server in f.world.redis:
            await f.start(server)

    cell.run(cluster, fault, rooms=6, hits={"redis1 killed": 1, "redis2 killed": 1}, late_ms_max=4000)


def test_cluster_one_database_dies_and_the_other_goes_on(cell, cluster):
    async def fault(f):
        server = f.world.postgres[1]
        await f.kill(server)
        before = f.counts()
        await f.lasts(f.seconds(8, least=4), joins=5)
        live = [room for room in f.load.rooms if f.counts()["acks", room] >= before["acks", room] + 20]
        f.hits["rooms that went on"] += len(live)
        await f.start(server)
        await f.lasts(2, acks=200, joins=20)
        f.over()
        await spread_again(f)

    cell.run(cluster, fault, rooms=6, hits={"database2 killed": 1, "rooms that went on": 1})


def test_cluster_nodes_are_restarted_in_turn(cell, cluster):
    """SIGTERM under load: each hands its shards over, tells its clients to come back elsewhere, and ends with 0."""
    rounds = cell.times(2, least=1)

    async def fault(f):
        for _ in range(rounds):
            for node in f.world.nodes.values():
                await f.lasts(1)
                code = await f.stop(node, seconds=40)
                assert code == 0, f"{node.name} drained and ended with {code}\n{node.child.log_tail()}"
                f.hits["drains"] += 1
                await f.start(node)
                await spread_again(f)
        f.over()
        f.hits["told to reconnect"] += f.pushed("reconnect")

    out = cell.run(cluster, fault, rooms=6, hits={"drains": 3 * rounds, "told to reconnect": 3 * rounds})
    if out.refused:
        out.problems.append(f"{out.refused} publishes were refused")


def test_cluster_grows_and_shrinks(cell, cluster):
    """A fourth node comes, one of the three leaves, and the other way round."""
    fourth = cluster.cluster.node("n4")

    async def fault(f):
        leaver = f.world.nodes[VICTIM]
        await f.start(fourth)
        await f.until(lambda: f.world.cluster.owned()["n4"] > 0, "the fourth to own shards", 60)
        f.hits["grown"] += 1
        f.world.fronts.append(fourth)
        assert await f.stop(leaver, seconds=40) == 0
        await f.lasts(2, acks=200, joins=20)
        await f.start(leaver)
        await f.until(lambda: f.world.cluster.owned()[VICTIM] > 0, "it to own shards again", 60)
        f.world.fronts.remove(fourth)
        assert await f.stop(fourth, seconds=40) == 0
        f.hits["shrunk"] += 2
        f.over()
        await spread_again(f)

    try:
        out = cell.run(cluster, fault, rooms=6, hits={"grown": 1, "shrunk": 2})
    finally:
        fourth.child.end()
    if out.refused:
        out.problems.append(f"{out.refused} publishes were refused")
