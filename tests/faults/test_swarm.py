"""A random subset of all this, one after another and over each other, as the seed draws it. Ten minutes: --factor 5."""

import asyncio
import os
import signal

from parley_faults.relay import counted

# name -> (what it does, for up to how many seconds). Each ends with everything healed.


async def kill_node(f, seconds):
    await f.kill(f.world.node)
    await f.start(f.world.node)


async def restart_node(f, seconds):
    f.hits["drains"] += await f.stop(f.world.node) == 0
    await f.start(f.world.node)


async def pause_node(f, seconds):
    await f.pause(f.world.node, seconds)


async def kill_postgres(f, seconds):
    await f.kill(f.world.postgres[0])
    await f.still(seconds)
    await f.start(f.world.postgres[0])


async def pause_postgres(f, seconds):
    await f.pause(f.world.postgres[0], seconds)


async def kill_redis(f, seconds):
    await f.kill(f.world.redis[0])
    await f.lasts(seconds)
    await f.start(f.world.redis[0])


def spoil(name, **how):
    async def fault(f, seconds):
        f.world.relay[name].set(**how)
        await f.lasts(seconds)
        f.world.relay[name].heal()

    return fault


async def cut_links(f, seconds):
    for relay in f.world.relay.values():
        relay.cut_all(with_reset=f.random.random() < 0.5)


async def kill_node_behind_a_commit(f, seconds):
    node = f.world.node
    f.world.relay["postgres"].strike_once(lambda: os.kill(node.child.pid, signal.SIGKILL), commit_fault="after",
                                          commit_chance=0.5)
    await f.until(lambda: not node.child.alive(), "a commit", 60)
    f.note_killed(node)
    await f.start(node)


_faults = {
    "kill node": kill_node, "restart node": restart_node, "pause node": pause_node,
    "kill node behind a commit": kill_node_behind_a_commit,
    "kill postgres": kill_postgres, "pause postgres": pause_postgres, "kill redis": kill_redis, "cut": cut_links,
    "commits cut": spoil("postgres", commit_fault="after", commit_chance=0.2),
    "postgres silent": spoil("postgres", silent=frozenset(("up", "down"))),
    "postgres slow": spoil("postgres", delay_s=0.1, jitter_s=0.1),
    "redis silent": spoil("redis", silent=frozenset(("down",))),
    "redis garbage": spoil("redis", garbage=lambda chance: chance.randbytes(100), garbage_chance=0.1),
    "clients cut": spoil("clients", cut_chance=0.02, half_close_chance=0.01),
    "clients slow": spoil("clients", bytes_per_s={"down": 5000}),
}


_signs = counted | {"node killed", "drains", "node paused", "postgres killed", "postgres paused", "redis killed"}


def test_a_swarm_of_faults(cell, world):
    async def fault(f):
        chosen = f.random.sample(sorted(_faults), 10)
        loop = asyncio.get_running_loop()
        end = loop.time() + cell.seconds(120, least=20)
        while loop.time() < end:
            name = f.random.choice(chosen)
            f.hits[f"({name})"] += 1
            await _faults[name](f, f.random.uniform(0.5, 6))
            await f.lasts(f.random.choice((0, 0.2, 1.5)))
        await f.lasts(0, acks=200, joins=20)

    out = cell.run(world(relays=["postgres", "redis", "clients"]), fault, hits={}, clients=60)
    acted = sorted(_signs.intersection(+out.hits))  # what struck, not what was asked for
    if len(acted) < 4:
        out.problems.append(f"only {acted} acted")
        out.verdict = "unknown" if not out.rules_broken else out.verdict
