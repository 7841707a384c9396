"""Links that are cut in the middle of a commit, late, lame, silent or half closed."""

import socket

import pytest

# What the relay counts, per kind of cut (relay_link.py).
_cuts = {"before": "cut before Sync", "at": "cut at Sync", "after": "commit reply killed"}


@pytest.mark.parametrize("kind", _cuts)
def test_the_database_link_is_cut_in_mid_commit(cell, world, kind):
    """Unknown outcomes, resolved as not stored (`before`), as stored (`after`), and as it happens (`at`)."""
    async def fault(f):
        f.world.relay["postgres"].set(commit_fault=kind, commit_chance=0.05)
        await f.lasts(cell.seconds(15, least=6), acks=200, joins=20)

    cell.run(world(relays=["postgres"]), fault,
             hits={_cuts[kind]: 5, "outcomes_unknown": 5, "database_recoveries": 5})


@pytest.mark.quick
def test_unknown_outcomes_are_resolved_both_ways(cell, world):
    """All kinds of cuts in one run, so that a resolution that always guesses one way is found."""
    async def fault(f):
        for turn in range(cell.times(9, least=6)):
            f.world.relay["postgres"].set(commit_fault=("before", "after", "at")[turn % 3], commit_chance=0.3)
            await f.lasts(1)
        f.world.relay["postgres"].heal()
        await f.lasts(0.1, acks=200, joins=20)

    cell.run(world(relays=["postgres"]), fault,
             hits={"cut before Sync": 2, "commit reply killed": 2, "cut at Sync": 1, "outcomes_unknown": 5})


def test_the_database_link_is_reset_over_and_over(cell, world):
    async def fault(f):
        for _ in range(cell.times(40, least=12)):
            f.world.relay["postgres"].cut_all(with_reset=f.random.random() < 0.5)
            await f.lasts(f.random.uniform(0.05, 0.5))
        await f.lasts(0.1, acks=200, joins=20)

    cell.run(world(relays=["postgres"]), fault, hits={"cut": 12, "database_links_lost": 12})


@pytest.mark.parametrize("ways", [("up", "down"), ("up",), ("down",)], ids="-".join)
def test_the_database_link_is_half_open(cell, world, ways):
    """No byte passes and nobody resets: the node must give up by itself, refuse, and come back."""
    async def fault(f):
        f.world.relay["postgres"].silence(*ways)
        await f.lasts(cell.seconds(15, least=9))
        f.hits["failed meanwhile"] += f.counts()["refused", None] + f.counts()["open", None]
        f.world.relay["postgres"].heal()
        await f.ready()
        await f.lasts(0.1, acks=200, joins=20)

    cell.run(world(relays=["postgres"]), fault, hits={f"held {ways[0]}": 1, "failed meanwhile": 10})


def test_the_database_is_slow(cell, world):
    """500 ms a round trip: publishes wait for it, nothing else changes."""
    async def fault(f):
        f.world.relay["postgres"].set(delay_s=0.25)
        await f.lasts(cell.seconds(15, least=8), acks=200, joins=20)

    cell.run(world(relays=["postgres"]), fault, hits={"delayed": 50})


def test_all_links_are_late_and_uneven(cell, world):
    """5 to 200 ms on every link."""
    async def fault(f):
        for relay in f.world.relay.values():
            relay.set(delay_s=0.0025, jitter_s=0.1)
        await f.lasts(cell.seconds(15, least=6), acks=200, joins=20)

    cell.run(world(relays=["postgres", "redis", "clients"]), fault, hits={"delayed": 500}, load={"readers": 4})


def test_client_links_are_bad(cell, world):
    """Cut in the middle of anything, half closed, 20 kB/s down."""
    async def fault(f):
        f.world.relay["clients"].set(cut_chance=0.01, half_close_chance=0.01, bytes_per_s={"down": 20_000})
        await f.lasts(cell.seconds(15, least=5), acks=200, joins=20)

    cell.run(world(relays=["clients"]), fault, hits={"cut": 20, "half close": 5, "slowed": 50})


def test_client_links_are_silent(cell, world):
    async def fault(f):
        for ways in (("up",), ("down",), ("up", "down")) * cell.times(1, least=1):
            f.world.relay["clients"].silence(*ways)
            await f.lasts(cell.seconds(12, least=4))
            f.world.relay["clients"].heal()
            await f.lasts(1)
        await f.lasts(0.1, acks=200, joins=20)

    cell.run(world(relays=["clients"]), fault, hits={"held up": 5, "held down": 5})


def test_clients_read_a_byte_a_second(cell, world):
    """Readers that as good as never read, beside others: the node's memory is bounded, the others do not notice."""
    async def fault(f):
        rss = f.world.node.rss_bytes()
        f.world.relay["clients"].set(bytes_per_s={"down": 1})
        stalled = []
        for room in f.load.rooms * 25:
            link = socket.create_connection(("127.0.0.1", f.world.relay["clients"].port), 5)
            link.sendall(_upgrade)
            stalled.append(link)
            # The relay swallows what the node says, at 1 byte a second; so nothing is waited for.
            body = b'{"id":1,"connect":{"user":"%s","rooms":{"%s":{"rewind":{"limit":1000}}}}}' % (
                b"s%d" % len(stalled), room.encode())
            link.sendall(_masked(body))
        await f.lasts(cell.seconds(15, least=8), acks=200, joins=20)
        f.hits["stalled readers"] += len(stalled)
        grown = f.world.node.rss_bytes() - rss
        f.hits["grown MB"] += grown >> 20
        assert grown < 300 << 20, f"the node grew by {grown >> 20} MB"
        for link in stalled:
            link.close()

    here = world(relays=["clients"])
    here.front = here.node.http  # the load goes past the relay
    cell.run(here, fault, hits={"stalled readers": 100, "slowed": 50}, load={"text_bytes": 2000}, late_ms_max=1000)


_upgrade = (b"GET /v1/ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n")


def _masked(text):
    """A text frame with a mask of zeros, which leaves the bytes as they are."""
    return bytes([0x81, 0x80 | len(text)] if len(text) < 126 else [0x81, 0xFE, len(text) >> 8, len(text) & 255]) + \
        bytes(4) + text
