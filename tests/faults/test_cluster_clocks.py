"""The wall clocks of a cluster's nodes and of a database step, each for itself. Only a takeover's time may change."""

import asyncio

from parley_faults.clocks import clock_file, database_offset, fake_clock, fake_clock_words, is_seen, node_offset, steps
from parley_faults.cluster_steps import VICTIM, spread_again, taken_over
from parley_testkit.cluster import LEASE_S


def test_cluster_clocks_jump(cell, cluster):
    """Each node's by another offset, a second to an hour, both ways; one that flickers; the first database's ahead by
    an hour, so that all leases there end at once by its clock. Who dies while all are apart is followed in time."""
    files = {name: clock_file() for name in [*cluster.nodes, "database"]}
    cluster.alter(cluster.postgres[0], before=fake_clock_words(files["database"]))
    cluster.cluster.make_whole()
    for name, node in cluster.nodes.items():
        cluster.alter(node, env=fake_clock(files[name]))
    cluster.cluster.make_whole()

    async def set_clocks(f):
        """All nodes' at once, no two alike."""
        for (name, node), step in zip(cluster.nodes.items(), f.random.sample(steps, len(cluster.nodes))):
            files[name].write_text(f"{step:+d}s")
            f.hits["clock jumps"] += 1
            f.hits["jumps seen"] += is_seen(await f.until(lambda node=node: node_offset(node), "its time", 10), step)

    async def flicker(f):
        file = files[f.random.choice(sorted(cluster.nodes))]
        for _ in range(40):
            file.write_text(f"{f.random.choice((-1, 1, -3600, 3600)):+d}s")
            f.hits["flickers"] += 1
            await f.lasts(0.05)

    async def fault(f):
        async for _ in f.strikes(cell.times(5), wait=(0.3, 1.5), acks=100, joins=10):
            await set_clocks(f)
            await flicker(f)
        files["database"].write_text("+3600s")
        offset = await f.until(lambda: database_offset(cluster.postgres[0]), "the database's time", 10)
        f.hits["database's jump seen"] += is_seen(offset, 3600)
        await f.lasts(2 * LEASE_S, acks=200, joins=20)
        await set_clocks(f)
        await f.kill(cluster.nodes[VICTIM])
        await taken_over(f)
        await f.start(cluster.nodes[VICTIM])
        await spread_again(f)
        f.over()
        # Its leases would not end for an hour, had they not been renewed since it is back.
        for file in files.values():
            file.write_text("+0")
        await f.until(lambda: _leases_end_soon(cluster.postgres[0]), "the leases to be renewed by the true clock", 20)
        await asyncio.to_thread(cluster.cluster.make_whole)

    times = cell.times(5)
    cell.run(cluster, fault, rooms=6, hits={"clock jumps": 3 * times, "jumps seen": times, "flickers": 40 * times,
                                            "database's jump seen": 1, f"{VICTIM} killed": 1, "taken over": 1})


def _leases_end_soon(server):
    return server.execute("SELECT bool_and(expires_at < clock_timestamp() + interval '1 minute') FROM parley.lease l "
                          "WHERE EXISTS (SELECT FROM parley.shard s WHERE s.owner = l.owner)")[0][0]
