"""Links that are cut in the middle of a commit, late, lame, silent or half closed."""

import contextlib

import pytest

from parley_faults.stalled import stall

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
        async for turn in f.strikes(cell.times(9, least=6), wait=(1, 1)):
            f.world.relay["postgres"].set(commit_fault=("before", "after", "at")[turn % 3], commit_chance=0.3)

    cell.run(world(relays=["postgres"]), fault,
             hits={"cut before Sync": 2, "commit reply killed": 2, "cut at Sync": 1, "outcomes_unknown": 5})


def test_the_database_link_is_reset_over_and_over(cell, world):
    async def fault(f):
        async for _ in f.strikes(cell.times(40, least=12), wait=(0.05, 0.5)):
            # Where connecting takes longer than the wait, only attempts would be cut, and no link.
            await f.until(f.world.node_links, "the node to be back", 20)
            f.world.relay["postgres"].cut_all(with_reset=f.random.random() < 0.5)

    cell.run(world(relays=["postgres"]), fault, hits={"cut": 12, "database_links_lost": 12})


@pytest.mark.parametrize("ways", [("up", "down"), ("up",), ("down",)], ids="-".join)
def test_the_database_link_is_half_open(cell, world, ways):
    """No byte passes and nobody resets: the node must give up by itself, refuse, and come back."""
    async def fault(f):
        f.world.relay["postgres"].silence(*ways)
        await f.lasts(cell.seconds(15, least=9))
        f.hits["failed meanwhile"] += f.count("refused") + f.count("open")

    cell.run(world(relays=["postgres"]), fault, hits={f"held {ways[0]}": 1, "failed meanwhile": 10}, acks=0, joins=0)


def test_the_database_is_slow(cell, world):
    """500 ms a round trip: publishes wait for it, none fails."""
    async def fault(f):
        f.world.relay["postgres"].set(delay_s=0.25)
        await f.lasts(cell.seconds(15, least=8), acks=200, joins=20)
        failed = f.count("refused") + f.count("open")
        assert failed == 0, f"{failed} publishes failed, though the database only was slow"

    cell.run(world(relays=["postgres"]), fault, hits={"delayed": 50}, late_ms_max=2500)


def test_the_database_answers_garbage(cell, world):
    """Random bytes in place of an answer, also of one that was a commit's: unknown, then found out."""
    async def fault(f):
        f.world.relay["postgres"].set(garbage=lambda chance: chance.randbytes(chance.randrange(1, 300)),
                                      garbage_chance=0.03)
        await f.lasts(cell.seconds(15, least=5), acks=200, joins=20)

    cell.run(world(relays=["postgres"]), fault, hits={"garbage": 5, "database_links_lost": 5})


def test_all_links_are_late_and_uneven(cell, world):
    """5 to 200 ms a round trip on every link: an event is late by the way it takes, never by a period or a deadline."""
    async def fault(f):
        for relay in f.world.relay.values():
            relay.set(delay_s=0.0025, jitter_s=0.0975)
        await f.lasts(cell.seconds(15, least=6), acks=200, joins=20)
        failed = f.count("refused") + f.count("open")
        assert failed == 0, f"{failed} publishes failed, though links only were late"

    cell.run(world(relays=["postgres", "redis", "clients"]), fault, hits={"delayed": 500}, load={"readers": 4},
             late_ms_max=1500)


@pytest.mark.parametrize("bytes_per_s", [20_000, 1_000])
def test_client_links_are_bad(cell, world, bytes_per_s):
    """Cut in the middle of anything, half closed, and slow down: at 1 kB/s nobody keeps up with a room, so readers fall
    back to their positions (C12)."""
    async def fault(f):
        f.world.relay["clients"].set(cut_chance=0.01, half_close_chance=0.01, bytes_per_s={"down": bytes_per_s})
        await f.lasts(cell.seconds(15, least=5), acks=200, joins=20)

    cell.run(world(relays=["clients"]), fault, hits={"cut": 20, "half close": 5, "slowed": 50},
             load={"text_bytes": 200})


def test_client_links_are_silent(cell, world):
    """Nobody can be told anything, or say anything: then all at once, and most of it too late."""
    async def fault(f):
        for ways in (("up",), ("down",), ("up", "down")) * cell.times(1, least=1):
            f.world.relay["clients"].silence(*ways)
            await f.lasts(cell.seconds(12, least=4))
            f.world.relay["clients"].heal()
            await f.lasts(1)
        await f.lasts(0, acks=200, joins=20)

    cell.run(world(relays=["clients"]), fault, hits={"held up": 5, "held down": 5}, clients=100)


def test_some_readers_read_slowly(cell, world):
    """Small receive buffers and naps between reads, beside readers that keep up and must not notice."""
    async def fault(f):
        await f.lasts(cell.seconds(15, least=6), acks=200, joins=20)

    cell.run(world(), fault, hits={"readers_fell_behind": 5}, late_ms_max=1000,
             load={"slow_readers": 3, "text_bytes": 8000})


def test_clients_read_a_byte_a_second(cell, world):
    """Readers that as good as never read, beside others: the node's memory is bounded, the others do not notice."""
    async def fault(f):
        f.world.relay["clients"].set(bytes_per_s={"down": 1})
        with contextlib.ExitStack() as stalled:
            for n, room in enumerate(f.load.rooms * 25):
                stalled.enter_context(stall(f.world.relay["clients"].port, f"s{n}", room))
                f.hits["stalled readers"] += 1
            await f.lasts(cell.seconds(15, least=8), acks=200, joins=20)

    here = world(relays=["clients"])
    here.front = here.node.http  # the load goes past the relay
    cell.run(here, fault, hits={"stalled readers": 100, "slowed": 50}, load={"text_bytes": 2000}, late_ms_max=1000,
             clients=100)
