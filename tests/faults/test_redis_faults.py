"""Redis dies, is emptied, hangs up, or says nothing. A publish never fails because of it, joins complete."""

import re
import socket

import pytest

from parley_faults.echo import Echo

_late_ms_max = 2500  # two poll periods and what a busy machine adds


def none_refused(f):
    assert f.count("refused") == 0, f"{f.count('refused')} publishes were refused because of Redis"


def test_redis_is_killed_and_comes_back_empty(cell, world):
    async def fault(f):
        redis = f.world.redis[0]
        async for _ in f.strikes(cell.times(5), wait=(0.2, 2.0)):
            await f.kill(redis)
            await f.lasts(f.random.uniform(0.2, 2.0))
            await f.start(redis)
        none_refused(f)

    cell.run(world(), fault, hits={"redis killed": cell.times(5)}, late_ms_max=_late_ms_max)


def test_all_redis_is_dead(cell, world):
    async def fault(f):
        await f.kill(f.world.redis[0])
        await f.lasts(cell.seconds(60, least=10), acks=200, joins=20)
        f.hits["seconds without redis"] += int(cell.seconds(60, least=10))
        none_refused(f)
        f.over()
        await f.start(f.world.redis[0])

    cell.run(world(), fault, hits={"redis killed": 1}, late_ms_max=_late_ms_max)


@pytest.mark.quick
def test_redis_ends_its_subscribers_over_and_over(cell, world):
    async def fault(f):
        async for _ in f.strikes(cell.times(50, least=15), wait=(0.2, 0.2)):
            f.hits["subscribers ended"] += int(f.world.redis[0].command("CLIENT", "KILL", "TYPE", "pubsub")[1:])
        none_refused(f)

    cell.run(world(), fault, hits={"subscribers ended": 5}, late_ms_max=_late_ms_max)


def test_redis_cuts_a_subscriber_that_is_too_slow(cell, world):
    """The relay reads slowly for the node, so that Redis' output buffer for it fills."""
    async def fault(f):
        redis, relay = f.world.redis[0], f.world.relay["redis"]
        redis.command("CONFIG", "SET", "client-output-buffer-limit", "pubsub 64kb 32kb 1")
        relay.set(bytes_per_s={"down": 20_000})
        log = redis.child.log
        await f.lasts(cell.seconds(15, least=8), acks=200, joins=20)
        f.hits["cut by redis"] += log.read_text(errors="replace").count("output buffer limits")
        redis.command("CONFIG", "SET", "client-output-buffer-limit", "pubsub 32mb 8mb 60")

    cell.run(world(relays=["redis"]), fault, hits={"cut by redis": 1}, load={"text_bytes": 20_000},
             late_ms_max=_late_ms_max)


def test_redis_takes_no_more_clients(cell, world):
    async def fault(f):
        # Connected before the limit falls, which ends nobody who is in.
        with socket.create_connection(("127.0.0.1", f.world.redis[0].port), 2) as operator:
            _ask(operator, "CONFIG SET maxclients 1")
            for kind in ("pubsub", "normal"):
                _ask(operator, f"CLIENT KILL TYPE {kind} SKIPME yes")
            await f.lasts(cell.seconds(10, least=4), acks=200, joins=20)
            stats = _ask(operator, "INFO stats")
            f.hits["refused by redis"] += int(re.search(r"rejected_connections:(\d+)", stats)[1])
            _ask(operator, "CONFIG SET maxclients 10000")

    cell.run(world(), fault, hits={"refused by redis": 2}, late_ms_max=_late_ms_max)


@pytest.mark.parametrize("how", ["stopped", "asleep", "paused for clients"])
def test_redis_stands_still(cell, world, how):
    """SIGSTOP, DEBUG SLEEP, CLIENT PAUSE: links that stay open and tell nothing, as in a failover's first seconds."""
    async def fault(f):
        redis = f.world.redis[0]
        async for _ in f.strikes(cell.times(3, least=1), wait=(1, 2)):
            if how == "stopped":
                await f.pause(redis, 5)
                continue
            words = ("DEBUG", "SLEEP", "5") if how == "asleep" else ("CLIENT", "PAUSE", "5000", "ALL")
            with socket.create_connection(("127.0.0.1", redis.port), 2) as operator:
                operator.sendall(" ".join(words).encode() + b"\r\n")
                await f.lasts(5)
                f.hits["redis paused"] += await f.until(lambda: operator.recv(64)[:3] == b"+OK", "Redis to answer", 10)
        none_refused(f)

    here = world(redis_settings={"enable_debug_command": "yes"})
    cell.run(here, fault, hits={"redis paused": 1, "endpoint_half_open": 1}, late_ms_max=_late_ms_max)


def test_redis_copies_are_repeated_and_shuffled(cell, world):
    """Somebody publishes each copy of an event again, twice, late and out of order (F8): nobody sees it twice."""
    async def fault(f):
        with Echo(f.world.redis[0].port, f.random) as echo:
            await f.lasts(cell.seconds(15, least=5), acks=200, joins=20)
        f.hits["copies repeated"] += echo.repeated
        f.hits["out of order"] += echo.out_of_order

    cell.run(world(), fault, hits={"copies repeated": 200, "out of order": 50}, late_ms_max=_late_ms_max)


@pytest.mark.quick
def test_redis_link_is_half_open(cell, world):
    """Both directions are silent, nobody resets: only the canary can tell."""
    async def fault(f):
        f.world.relay["redis"].silence("up", "down")
        await f.lasts(cell.seconds(30, least=6), acks=200, joins=20)
        none_refused(f)

    cell.run(world(relays=["redis"]), fault, hits={"held up": 1, "endpoint_half_open": 1}, late_ms_max=_late_ms_max)


def test_redis_link_is_silent_one_way(cell, world):
    async def fault(f):
        for way in ("down", "up"):
            f.world.relay["redis"].silence(way)
            await f.lasts(cell.seconds(10, least=4))
            f.world.relay["redis"].heal()
            await f.lasts(2)
        await f.lasts(0, acks=200, joins=20)
        none_refused(f)

    cell.run(world(relays=["redis"]), fault, hits={"held up": 1, "held down": 1, "endpoint_half_open": 1},
             late_ms_max=_late_ms_max)


def test_redis_link_is_reset_and_refused(cell, world):
    async def fault(f):
        relay = f.world.relay["redis"]
        async for _ in f.strikes(cell.times(10, least=3), wait=(0.2, 1.0)):
            relay.refuse()
            relay.cut_all(with_reset=f.random.random() < 0.5)
            await f.lasts(f.random.uniform(0.2, 1.5))
            relay.refuse(False)
        none_refused(f)

    cell.run(world(relays=["redis"]), fault, hits={"cut": 4, "refused": 4, "endpoint_links_lost": 2},
             late_ms_max=_late_ms_max)


def test_redis_answers_garbage(cell, world):
    """Random bytes, nesting without end, lengths past all bounds."""
    shapes = [lambda chance: chance.randbytes(200), lambda chance: b"*1\r\n" * 5000,
              lambda chance: b"$999999999999\r\n", lambda chance: b"*1000000000\r\n", lambda chance: b"-ERR no\r\n" * 50,
              lambda chance: b"*3\r\n$7\r\nmessage\r\n$1\r\nx\r\n$-5\r\n"]

    async def fault(f):
        f.world.relay["redis"].set(garbage=lambda chance: chance.choice(shapes)(chance), garbage_chance=0.05)
        await f.lasts(cell.seconds(10, least=5), acks=200, joins=20)
        none_refused(f)

    cell.run(world(relays=["redis"]), fault, hits={"garbage": 5}, late_ms_max=_late_ms_max)


def _ask(link, command):
    """One command as an operator types it; its whole answer, a line or a bulk."""
    link.sendall(command.encode() + b"\r\n")
    text = link.recv(65536)
    while text.startswith(b"$") and len(text) < int(text[1:text.index(b"\r")]):
        text += link.recv(65536)
    return text.decode()
