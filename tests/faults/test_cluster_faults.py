"""Three nodes, two databases and two Redis servers, each with an address of its own: nodes die, stand still, leave and
come, and the ways between them are cut."""

import asyncio
import subprocess

import pytest

from parley_faults.cluster_steps import OTHERS, VICTIM, spread_again, taken_over
from parley_faults.disks import fill, small_disk  # noqa: F401  (a fixture)


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
             hits={"ways cut": sum(len(there) for _, there, _ in cuts), "frames dropped": 10, **minima})


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


def test_cluster_disk_of_one_database_is_full(cell, cluster, small_disk):
    """Its rooms are refused until there is room again, and nobody has to help; the other database's go on."""
    server, disk = cluster.postgres[1], small_disk(96)
    cluster.alter(server)  # its place saw the file systems that there were when it began
    cluster.cluster.make_whole()
    (disk / "space").mkdir()
    if server.user:
        subprocess.run(["chown", server.user, str(disk / "space")], check=True)
    server.execute(f"CREATE TABLESPACE small LOCATION '{disk / 'space'}'")
    tables = ("event", "dedup")

    def no_space_left():
        return server.child.log.read_bytes().count(b"No space left")

    async def fault(f):
        filler, before = fill(disk), no_space_left()
        begin = f.counts()
        await f.until(lambda: no_space_left() > before, "the tables' disk to be full", 60)
        # A publish is refused at its deadline: until then the writer tries again.
        await f.until(lambda: f.count("refused"), "a refusal", 30)
        await f.lasts(cell.seconds(8, least=4), acks=200, joins=20)
        live = [room for room in f.load.rooms if f.counts()["acks", room] >= begin["acks", room] + 50]
        f.hits["no space left"] += no_space_left() - before
        f.hits["refused while full"] += f.count("refused")
        f.hits["rooms that went on"] += sum(cluster.cluster.database_of(room) == 0 for room in live)
        f.over()
        filler.unlink()

    try:
        for table in tables:
            server.execute(f"ALTER TABLE parley.{table} SET TABLESPACE small")
        cell.run(cluster, fault, rooms=6, load={"text_bytes": 2000},
                 hits={"no space left": 1, "refused while full": 4, "rooms that went on": 3})
    finally:
        for table in tables:
            server.execute(f"ALTER TABLE parley.{table} SET TABLESPACE pg_default")
        server.execute("DROP TABLESPACE small")


def test_cluster_database_has_too_few_connections(cell, cluster):
    """Three nodes want twelve and may have eight: who has no place is refused, and so are its publishes, until an
    operator raises the number, as the log says. Nothing acknowledged is lost, and the other database's rooms go on."""
    server = cluster.postgres[1]
    logs = {node.child.log: node.child.log.stat().st_size for node in cluster.nodes.values()}

    def told():
        return sum(b"too many clients" in log.read_bytes()[size:] for log, size in logs.items())

    async def fault(f):
        before, begin = server.child.log.read_bytes().count(b"too many clients"), f.counts()
        await asyncio.to_thread(f.world.alter, server, after=("-c", "max_connections=8"))
        # The log holds back what repeats, and names the reason again at each 20th attempt.
        f.hits["told in a node's log"] += await f.until(told, "a node's log to say why", 90)
        await f.lasts(cell.seconds(15, least=8))
        live = [room for room in f.load.rooms if f.counts()["acks", room] >= begin["acks", room] + 50]
        f.hits["refused by postgres"] += server.child.log.read_bytes().count(b"too many clients") - before
        f.hits["rooms that went on"] += sum(cluster.cluster.database_of(room) == 0 for room in live)
        f.over()
        await asyncio.to_thread(f.world.restore)
        await spread_again(f)

    cell.run(cluster, fault, rooms=6, joins=5,
             hits={"refused by postgres": 2, "told in a node's log": 1, "rooms that went on": 3})
