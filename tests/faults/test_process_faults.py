"""What is around the node: its clock, its descriptors, and who knocks at its port."""

import asyncio
import calendar
import pathlib
import re
import signal
import socket
import time

import pytest

from parley_testkit.servers import Postgres

_faketime = pathlib.Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")


def fake_clock(file):
    """The environment of a process whose wall clock follows the file; its boot and monotonic clocks stay true."""
    if not _faketime.exists():
        pytest.skip("unknown: no libfaketime (Debian: faketime)")
    file.write_text("+0")
    file.chmod(0o644)
    file.parent.chmod(0o755)
    return {"LD_PRELOAD": str(_faketime), "FAKETIME_TIMESTAMP_FILE": str(file), "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_DONT_RESET": "1"}


async def jump(f, file, seen):
    """Steps of 1 s to 1 h, both ways. :param seen: tells the faked clock's offset in seconds"""
    for _ in range(f.cell.times(12, least=6)):
        step = f.random.choice((-3600, 3600, -300, 300, -1, 1))
        file.write_text(f"{step:+d}s")
        await f.lasts(f.random.uniform(0.3, 1.5))
        f.hits["clock jumps"] += 1
        f.hits["jumps seen"] += abs(await asyncio.to_thread(seen) - step) < 60
    file.write_text("+0")
    await f.lasts(0.1, acks=200, joins=20)


def test_the_nodes_clock_jumps(cell, world, tmp_path):
    file = tmp_path / "clock"

    async def fault(f):
        def offset():
            stamp = re.findall(r"^ts=(\S+)\.\d+Z", f.world.node.child.log.read_text(errors="replace"), re.MULTILINE)[-1]
            return calendar.timegm(time.strptime(stamp, "%Y-%m-%dT%H:%M:%S")) - time.time()

        before = f.counts()["refused", None]
        for _ in range(f.cell.times(12, least=6)):
            step = f.random.choice((-3600, 3600, -300, 300))
            file.write_text(f"{step:+d}s")
            f.world.node.child.send(signal.SIGHUP)  # it logs something, with its own time
            await f.lasts(f.random.uniform(0.5, 1.5))
            f.hits["clock jumps"] += 1
            f.hits["jumps seen"] += abs(offset() - step) < 60
        await f.lasts(0.1, acks=200, joins=20)
        f.hits["refused"] += f.counts()["refused", None] - before

    cell.run(world(env=fake_clock(file)), fault, hits={"clock jumps": 4, "jumps seen": 2})


def test_the_databases_clock_jumps(cell, world, tmp_path):
    """Ahead by an hour all leases end at once; back by an hour the clock of terms falls."""
    file = tmp_path / "clock"
    postgres = Postgres()
    # Not in the environment: that would begin before the change of user, who could not open what root made.
    postgres.child.argv[:0] = ["env", *(f"{key}={value}" for key, value in fake_clock(file).items())]

    async def fault(f):
        await jump(f, file, lambda: float(postgres.execute("SELECT extract(epoch FROM clock_timestamp())")[0][0])
                   - time.time())

    cell.run(world(postgres=[postgres]), fault, hits={"clock jumps": 4, "jumps seen": 2})


@pytest.mark.parametrize("descriptors", [64, 128])
def test_the_node_has_few_descriptors(cell, world, descriptors):
    """Accepting pauses; who is in is served; when the crowd goes, everyone gets in."""
    async def fault(f):
        crowd = []
        for _ in range(2):
            for _ in range(descriptors + 40):
                try:
                    crowd.append(socket.create_connection(("127.0.0.1", f.world.node.port), 1))
                except OSError:
                    f.hits["connects that failed"] += 1
            f.hits["crowd"] += len(crowd)
            await f.lasts(cell.seconds(6, least=3))
            for link in crowd:
                link.close()
            crowd.clear()
            await f.lasts(1)
        await f.lasts(0.1, acks=200, joins=20)

    cell.run(world(wrapper=["prlimit", f"--nofile={descriptors}:{descriptors}"]), fault, rooms=2,
             load={"writers": 1, "readers": 1}, hits={"crowd": descriptors, "accept_pauses": 1})


def test_garbage_comes_to_the_port(cell, world):
    """Random bytes, silence, a TLS hello that stops, lengths past all bounds: no crash, no effect on others."""
    upgrade = (b"GET /v1/ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
               b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n")
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
        rss, open_links, begin = f.world.node.rss_bytes(), [], f.counts()
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
        await f.lasts(0.1, acks=200, joins=20)
        for link in open_links:
            link.close()
        grown = f.world.node.rss_bytes() - rss
        f.hits["grown MB"] += max(0, grown >> 20)
        assert grown < 32 << 20, f"the node grew by {grown} bytes"
        assert f.counts()["refused", None] == begin["refused", None]

    cell.run(world(), fault, hits={name: 10 for name in shapes}, late_ms_max=1000)
