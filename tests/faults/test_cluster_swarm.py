"""A random subset of what may befall a cluster, as the seed draws it: to one node or server at a time, and beside it,
at random, a way between some that is cut. Ten minutes: --factor 5."""

import asyncio
import subprocess

from parley_faults.cluster_steps import spread_again
from parley_testkit.recipes import parleyctl

# name -> what it does, for up to so many seconds. Each ends with everything healed.


def a_node(f):
    return f.world.nodes[f.random.choice(sorted(f.world.nodes))]


async def kill_node(f, seconds):
    node = a_node(f)
    await f.kill(node)
    await f.lasts(seconds)
    await f.start(node)


async def restart_node(f, seconds):
    node = a_node(f)
    f.hits["drains"] += await f.stop(node, seconds=40) == 0
    await f.start(node)


async def pause_node(f, seconds):
    await f.pause(a_node(f), seconds)


async def kill_database(f, seconds):
    server = f.random.choice(f.world.postgres)
    await f.kill(server)
    await f.still(seconds)
    await f.start(server)


async def pause_database(f, seconds):
    await f.pause(f.random.choice(f.world.postgres), seconds)


async def end_sessions(f, seconds):
    """Of all nodes, at a database."""
    server = f.random.choice(f.world.postgres)
    ended = await asyncio.to_thread(server.execute, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
                                    "application_name = 'parley' AND backend_type = 'client backend'")
    f.hits["sessions ended"] += len(ended)


async def kill_redis(f, seconds):
    servers = f.random.sample(f.world.redis, f.random.choice((1, len(f.world.redis))))
    for server in servers:
        await f.kill(server)
    await f.lasts(seconds)
    for server in servers:
        await f.start(server)


async def pause_redis(f, seconds):
    await f.pause(f.random.choice(f.world.redis), seconds)


async def move_shards(f, seconds):
    """By an operator's wish, and back to where placement has them."""
    databases = [word for server in f.world.postgres for word in ("--postgres", server.url)]

    async def ctl(*words):
        done = await asyncio.to_thread(subprocess.run, [str(parleyctl()), *words, *databases, "--wait", "20"],
                                       capture_output=True, text=True)
        return done.returncode == 0

    shards = f.random.sample(range(f.world.cluster.shards), 3)
    for shard in map(str, shards):
        f.hits["shards moved"] += await ctl("move", shard, a_node(f).name)
    await f.lasts(seconds)
    for shard in map(str, shards):
        await ctl("move", shard, "--auto")


def cut(here, there, one_way=False, is_alone=False):
    """The way between two places, or from the one to the other.
    :param here, there: a random node, and the others, to the names of places
    :param is_alone: nothing else may strike meanwhile"""
    async def fault(f, seconds):
        first, *others = f.random.sample(sorted(f.world.nodes), len(f.world.nodes))
        made = await asyncio.to_thread(f.world.cut, here(first), *there(others), one_way=one_way)
        await f.lasts(seconds)
        f.hits["frames dropped"] += await asyncio.to_thread(lambda: sum(one.dropped() for one in made))
        for one in made:
            await asyncio.to_thread(one.heal)

    fault.is_alone = is_alone
    return fault


_databases, _redis = ("database1", "database2"), ("redis1", "redis2")
_strikes = {
    "kill node": kill_node, "restart node": restart_node, "pause node": pause_node,
    "kill database": kill_database,
    "pause database": pause_database, "end sessions": end_sessions, "kill redis": kill_redis, "pause redis": pause_redis,
    "move shards": move_shards,
    "node cut from databases": cut(lambda node: node, lambda _: _databases, is_alone=True),
    "node hears no database": cut(lambda _: _databases[0], lambda others: others[:1], one_way=True, is_alone=True),
    "node alone": cut(lambda node: node, lambda others: (*others, *_databases, *_redis), is_alone=True),
}
# These may go on while something else strikes: a node that starts must reach the databases, nothing else.
_cuts = {
    "owner cut from peers": cut(lambda node: node, lambda others: others),
    "two cut from each other": cut(lambda node: node, lambda others: others[:1]),
    "one way between two": cut(lambda node: node, lambda others: others[:1], one_way=True),
    "node cut from redis": cut(lambda node: node, lambda _: _redis),
}
_signs = {"drains", "sessions ended", "shards moved", "frames dropped", "outcomes_unknown"}


def test_cluster_swarm(cell, cluster):
    async def fault(f):
        strikes, cuts = f.random.sample(sorted(_strikes), 8), f.random.sample(sorted(_cuts), 3)
        loop = asyncio.get_running_loop()
        end = loop.time() + cell.seconds(120, least=30)
        left, struck = [], set()
        while loop.time() < end or len(struck) < 6:  # how long one takes is a matter of the machine
            left = left or f.random.sample(strikes, len(strikes))
            name, beside = left.pop(), f.random.choice((None, *cuts))
            struck.add(name)
            chosen = [(name, _strikes[name])]
            if beside and not getattr(_strikes[name], "is_alone", False):
                chosen.append((beside, _cuts[beside]))
            for one, _ in chosen:
                f.hits[f"({one})"] += 1
            await asyncio.gather(*(do(f, f.random.uniform(0.5, 8)) for _, do in chosen))
            await f.lasts(f.random.choice((0, 0.2, 3)))
        await f.lasts(0, acks=200, joins=20)
        f.over()
        await spread_again(f)

    out = cell.run(cluster, fault, rooms=6, hits={}, clients=40)
    acted = sorted(name for name in +out.hits if name in _signs or name.endswith((" killed", " paused")))
    if len(acted) < 4:  # what struck, not what was asked for
        out.problems.append(f"only {acted} acted")
        out.verdict = "unknown" if not out.rules_broken else out.verdict
