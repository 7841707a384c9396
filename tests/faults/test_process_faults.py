"""What is around the node: its clock, its descriptors, and who knocks at its port."""

import asyncio
import contextlib
import itertools
import socket

import pytest

from parley_faults.clocks import clock_file, database_offset, fake_clock, fake_clock_words, is_seen, node_offset, steps
from parley_faults.groups import group  # noqa: F401  (a fixture)
from parley_faults.stalled import stall, upgrade
from parley_testkit.servers import Postgres


async def jump(f, file, seen):
    """Steps of 1 s to 1 h, both ways. :param seen: tells the faked clock's offset in seconds"""
    order = itertools.cycle(f.random.sample(steps, len(steps)))
    async for _ in f.strikes(max(6, round(f.seconds(12))), wait=(0.3, 1.5)):
        step = next(order)
        file.write_text(f"{step:+d}s")
        f.hits["clock jumps"] += 1
        f.hits["jumps seen"] += is_seen(await f.until(seen, "the clock's time", 10), step)
    file.write_text("+0")


def test_the_nodes_clock_jumps(cell, world):
    file = clock_file()

    async def fault(f):
        await jump(f, file, lambda: node_offset(f.world.node))

    cell.run(world(env=fake_clock(file)), fault, hits={"clock jumps": 4, "jumps seen": 4})


def test_the_databases_clock_jumps(cell, world):
    """Ahead by an hour all leases end at once; back by an hour the clock of terms falls."""
    file = clock_file()
    postgres = Postgres()
    postgres.child.argv[:0] = fake_clock_words(file)

    async def fault(f):
        await jump(f, file, lambda: database_offset(postgres))

    cell.run(world(postgres=[postgres]), fault, hits={"clock jumps": 4, "jumps seen": 4})


@pytest.mark.parametrize("descriptors", [64, 128, 256])
def test_the_node_has_few_descriptors(cell, world, descriptors):
    """Accepting pauses; who is in is served; when the crowd goes, everyone gets in."""
    async def fault(f):
        async for _ in f.strikes(2, wait=(1, 1)):
            with contextlib.ExitStack() as crowd:
                for _ in range(descriptors + 40):
                    try:
                        crowd.enter_context(socket.create_connection(("127.0.0.1", f.world.node.port), 1))
                        f.hits["crowd"] += 1
                    except OSError:
                        f.hits["connects that failed"] += 1
                await f.lasts(cell.seconds(6, least=3))

    # The bound per address would keep the crowd out before descriptors run out.
    cell.run(world(wrapper=["prlimit", f"--nofile={descriptors}:{descriptors}"],
                   flags=["--limits-connections-per-address", "0"]), fault, rooms=2, clients=descriptors,
             load={"writers": 1, "readers": 1}, hits={"crowd": descriptors, "accept_pauses": 1})


def test_the_node_has_little_memory(cell, world, group):
    """A control group gives it 2 MB more than it has, and clients that read nothing want far more: the kernel kills it,
    in the middle of anything. (That it stays within its own bounds is R13, which every cell judges.)"""
    async def fault(f):
        node = f.world.node
        f.world.relay["clients"].set(bytes_per_s={"down": 1})
        async for _ in f.strikes(cell.times(4), wait=(0.5, 1.5)):
            held = group("memory", node.child.pid)
            held.write("memory.limit_in_bytes", str(2 << 20))  # what it has already is not counted
            with contextlib.ExitStack() as stalled:
                for n in range(200):
                    with contextlib.suppress(OSError):
                        stalled.enter_context(stall(f.world.relay["clients"].port, f"s{n}", f.load.rooms[n % 4]))
                await f.until(lambda: not node.child.alive(), "the kernel to kill the node", 30)
            f.note_killed(node)
            f.hits["limit met"] += int(held.read("memory.failcnt")) > 0
            await f.start(node)

    here = world(relays=["clients"], flags=["--limits-connections-per-address", "0"])
    here.front = here.node.http  # the load goes past the relay
    cell.run(here, fault, hits={"node killed": cell.times(4), "limit met": cell.times(4)}, load={"text_bytes": 2000},
             clients=200)


def test_garbage_comes_to_the_port(cell, world):
    """Random bytes, silence, a TLS hello that stops, lengths past all bounds: no crash, no effect on others."""
    shapes = {
        "random bytes": lambda chance: chance.randbytes(2000),
        "silence": lambda chance: b"",
        "half a TLS hello": lambda chance: b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + chance.randbytes(40),
        "huge content-length": lambda chance: b"POST /v1/rooms/r/messages HTTP/1.1\r\nHost: x\r\nContent-Length: "
                                              b"99999999999999999999\r\n\r\n",
        "huge frame": lambda chance: upgrade + b"\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff" + bytes(4),
        "random frames": lambda chance: upgrade + chance.randbytes(500),
        "endless header": lambda chance: b"GET / HTTP/1.1\r\nX: " + b"a" * 100_000,
    }

    async def fault(f):
        open_links = []
        for turn in range(cell.times(1000, least=300)):
            name = f.random.choice(list(shapes))
            try:
                link = socket.create_connection(("127.0.0.1", f.world.node.port), 2)
                link.setblocking(False)
                link.send(shapes[name](f.random))
                open_links.append(link)
                f.hits[name] += 1
            except OSError:
                f.hits["refused"] += 1
            if len(open_links) > 50:
                open_links.pop(f.random.randrange(len(open_links))).close()
            await asyncio.sleep(0.005)
        await f.lasts(0, acks=200, joins=20)
        for link in open_links:
            link.close()
        assert f.count("refused") == 0, "a publish was refused because of strangers"

    cell.run(world(), fault, hits={name: 10 for name in shapes}, late_ms_max=1000, clients=50)
