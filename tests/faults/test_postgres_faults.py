"""The database dies, hangs up, is slow, full, read-only or locked. Never a false ack, and it recovers unaided."""

import contextlib
import os
import pathlib
import signal
import subprocess
import time

import psycopg2
import pytest

from parley_faults.disks import fill, small_disk  # noqa: F401  (a fixture)
from parley_faults.tally import Tally
from parley_testkit.servers import Postgres


@pytest.mark.quick
def test_postgres_is_killed_and_restarted(cell, world):
    async def fault(f):
        postgres = f.world.postgres[0]
        async for _ in f.strikes(cell.times(4)):
            await f.kill(postgres)
            await f.still(f.random.uniform(0.1, 2))
            await f.start(postgres)
            await f.ready()

    cell.run(world(), fault, hits={"postgres killed": cell.times(4)})


def test_postgres_is_dead_for_long(cell, world):
    """A dead database allows no ack: what counts is that every attempt is refused or open, and the way back."""
    async def fault(f):
        await f.kill(f.world.postgres[0])
        # What was committed before the kill may have been on its way until now.
        before = f.count("acks")
        await f.lasts(cell.seconds(20, least=8))
        f.hits["acks while dead"] += f.count("acks") - before
        f.hits["refused while dead"] += f.count("refused")
        f.over()
        await f.start(f.world.postgres[0])

    out = cell.run(world(), fault, hits={"postgres killed": 1, "refused while dead": 20}, acks=0, joins=0)
    if out.hits["acks while dead"] > 4:
        out.problems.append("a dead database acknowledged")
    if out.recovery_s > 15:
        out.problems.append(f"it took {out.recovery_s:.1f} s to come back")


def test_postgres_ends_the_nodes_sessions(cell, world):
    async def fault(f):
        async for _ in f.strikes(cell.times(60, least=20), wait=(0.05, 0.4)):
            for pid in f.random.sample(links := f.world.node_links(), min(len(links), f.random.choice((1, 1, 4)))):
                f.hits["sessions ended"] += f.world.postgres[0].execute("SELECT pg_terminate_backend(%s)", pid)[0][0]

    cell.run(world(), fault, hits={"sessions ended": 20, "database_links_lost": 10})


def test_one_of_two_databases_is_dead(cell, world):
    """The rooms of the other one must not notice."""
    async def fault(f):
        rooms = [{name for name, in server.execute("SELECT name FROM parley.room")} & set(f.load.rooms)
                 for server in f.world.postgres]
        assert rooms[0] and rooms[1], "the seed puts all rooms into one database"
        await f.kill(f.world.postgres[1])
        await f.lasts(cell.seconds(15, least=6), acks=200, joins=20)
        counts = f.counts()
        f.hits["refused there"] += sum(counts["refused", room] for room in rooms[1])
        f.hits["acks of the others"] += sum(counts["acks", room] for room in rooms[0])
        disturbed = sum(counts["refused", room] + counts["open", room] for room in rooms[0])
        assert disturbed == 0, f"{disturbed} publishes failed beside the dead database"
        f.over()
        await f.start(f.world.postgres[1])

    cell.run(world(databases=2), fault, rooms=12, load={"writers": 1, "readers": 1},
             hits={"postgres killed": 1, "refused there": 10, "acks of the others": 200})


def test_postgres_is_read_only(cell, world):
    async def fault(f):
        postgres = f.world.postgres[0]
        postgres.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        postgres.execute("SELECT pg_reload_conf()")
        await f.until(lambda: f.count("refused"), "a refusal", 30)  # at a publish's deadline
        await f.lasts(cell.seconds(10, least=5), joins=20)
        f.hits["refused while read-only"] += f.count("refused")
        # The change back is refused by a session that is read-only itself.
        link = psycopg2.connect(postgres.url, options="-c default_transaction_read_only=off")
        with contextlib.closing(link):
            link.autocommit = True
            link.cursor().execute("ALTER SYSTEM RESET default_transaction_read_only")
            link.cursor().execute("SELECT pg_reload_conf()")

    cell.run(world(), fault, hits={"refused while read-only": 4}, acks=0, joins=20)


def test_postgres_has_no_connection_left(cell, world):
    async def fault(f):
        postgres = f.world.postgres[0]
        hogs = [psycopg2.connect(postgres.url)]
        hogs[0].autocommit = True
        try:
            # The node comes back at once, so its places must be taken one by one.
            await f.until(lambda: _take_all_places(postgres, hogs), "the node to be without a connection", 30)
            f.hits["connections taken"] += len(hogs)
            await f.lasts(cell.seconds(10, least=5))
            f.hits["refused by postgres"] += postgres.child.log.read_text(errors="replace").count("too many clients")
        finally:
            f.over()
            for hog in hogs:
                hog.close()

    cell.run(world(postgres=[Postgres(max_connections=8)]), fault, acks=0, joins=0,
             hits={"connections taken": 4, "refused by postgres": 2})


def test_another_session_holds_a_shards_row(cell, world):
    """Only that shard stalls."""
    async def fault(f):
        room = f.load.rooms[0]
        with contextlib.closing(psycopg2.connect(f.world.postgres[0].url)) as holder:
            shard = _lock_shard(holder, room)
            f.hits["rows held"] += 1
            held, others = await _while_held(f, room, "shard <> %s", shard)
        assert held["acks"] == 0, f"the held shard went on: {held['acks']} acks"
        for other, counts in others.items():
            assert counts["acks"] >= 20, f"{other}, of another shard, has {counts['acks']} acks"
            assert counts["refused"] + counts["open"] == 0, "a neighbour's publish failed"

    cell.run(world(), fault, hits={"rows held": 1, "acks of the others": 200}, rooms=6)


def test_another_session_holds_an_events_key(cell, world):
    """It has inserted the number that the room gives next, and neither commits nor gives up: what waits for that
    fails at its deadline. Only that room stalls: the others wait once for the lock's timeout, until the node knows whose
    key it is, and then go on."""
    async def fault(f):
        postgres, room = f.world.postgres[0], f.load.rooms[0]
        with contextlib.closing(psycopg2.connect(postgres.url)) as holder:
            # The shard's row is locked meanwhile, so that the room's head stands still until its next key is taken.
            with contextlib.closing(psycopg2.connect(postgres.url)) as locker:
                shard = _lock_shard(locker, room)
                f.hits["keys held"] += _one(
                    holder, "INSERT INTO parley.event (seq, term, room, kind, payload) SELECT max(seq) + 1, max(term), "
                    "room, 0, '' FROM parley.event JOIN parley.room USING (room) WHERE name = %s GROUP BY room "
                    "RETURNING 1", room)
            held, others = await _while_held(f, room, "name <> %s", room)
        assert held["acks"] == 0, f"the held room went on: {held['acks']} acks"
        assert len(others) == 5
        for other, counts in others.items():
            assert counts["acks"] >= 40, f"{other}, whose keys are free, has {counts['acks']} acks"
            assert counts["refused"] + counts["open"] == 0, "a neighbour's publish failed"
        f.hits["failed there"] += held["refused"] + held["open"]

    cell.run(world(), fault, rooms=6, hits={"keys held": 1, "failed there": 1, "acks of the others": 400})


def test_postgres_helpers_stand_still(cell, world):
    """walwriter and checkpointer stopped: commits write their WAL themselves, only slower."""
    async def fault(f):
        helpers = [pid for pid, in f.world.postgres[0].execute(
            "SELECT pid FROM pg_stat_activity WHERE backend_type IN ('walwriter', 'checkpointer', 'background writer')")]
        try:
            for pid in helpers:
                os.kill(pid, signal.SIGSTOP)
            await f.lasts(cell.seconds(10, least=4), acks=200, joins=20)
            f.hits["helpers stopped"] += sum(_state(pid) == "T" for pid in helpers)
        finally:
            for pid in helpers:
                os.kill(pid, signal.SIGCONT)

    cell.run(world(), fault, hits={"helpers stopped": 3})


def test_postgres_stands_still(cell, world):
    """SIGSTOP for all of it: no reset, no answer."""
    async def fault(f):
        async for _ in f.strikes(cell.times(2, least=1)):
            await f.pause(f.world.postgres[0], cell.seconds(12, least=8))
            await f.ready()
        f.hits["failed meanwhile"] += f.count("refused") + f.count("open")

    cell.run(world(), fault, hits={"postgres paused": 1, "failed meanwhile": 10})


def test_the_disk_of_the_wal_is_full(cell, world, small_disk):
    """PostgreSQL panics and comes back only when there is room. The operator's part is to make some, and to start it.
    Nothing is left on the disk but the rest of the WAL's newest segment: the load, which cannot be compressed, writes
    that full, and the next one has no place."""
    disk = small_disk(96)
    postgres = Postgres(max_wal_size="48MB", min_wal_size="32MB", wal_recycle="off")
    postgres.waldir = disk / "wal"

    async def fault(f):
        filler = fill(disk)
        await f.until(lambda: b"No space left" in postgres.child.log.read_bytes() or not postgres.child.alive(),
                      "the WAL's disk to be full", 60)
        f.hits["bytes left"] += os.statvfs(disk).f_bavail
        await f.until(lambda: not postgres.child.alive(), "the server to end", 60)
        before = f.count("acks")
        await f.lasts(cell.seconds(5, least=3))
        log = postgres.child.log.read_bytes()
        f.hits["no space left"] += log.count(b"No space left")
        f.hits["panics"] += log.count(b"PANIC:")
        f.hits["acks while full"] += f.count("acks") - before
        f.over()
        filler.unlink()
        await f.start(postgres)

    out = cell.run(world(postgres=[postgres]), fault, load={"text_bytes": 20000, "is_random": True}, acks=0, joins=0,
                   hits={"no space left": 1, "panics": 1})
    if out.hits["bytes left"] or out.hits["acks while full"]:
        out.problems.append("the disk was not full, or the server acknowledged without it")


def test_the_disk_of_the_tables_is_full(cell, world, small_disk):
    """An ERROR, no panic: `unavailable` until there is room, and nobody has to help."""
    disk = small_disk(96)
    postgres = Postgres()

    async def fault(f):
        filler = fill(disk)
        await f.until(lambda: b"No space left" in postgres.child.log.read_bytes(), "the tables' disk to be full", 60)
        # A publish is refused at its deadline: until then the writer tries again.
        await f.until(lambda: f.count("refused"), "a refusal", 30)
        await f.lasts(cell.seconds(8, least=4), joins=20)
        f.hits["no space left"] += postgres.child.log.read_bytes().count(b"No space left")
        f.hits["refused while full"] += f.count("refused")
        f.over()
        filler.unlink()

    here = world(postgres=[postgres])
    (disk / "space").mkdir()
    if postgres.user:
        subprocess.run(["chown", postgres.user, str(disk / "space")], check=True)
    postgres.execute(f"CREATE TABLESPACE small LOCATION '{disk / 'space'}'")
    for table in ("event", "dedup"):
        postgres.execute(f"ALTER TABLE parley.{table} SET TABLESPACE small")
    cell.run(here, fault, load={"text_bytes": 2000}, acks=0, joins=20,
             hits={"no space left": 1, "refused while full": 4})


def _take_all_places(postgres, hogs):
    with hogs[0].cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'parley' "
                       "AND backend_type = 'client backend' AND pid <> ALL (%s)",
                       ([hog.info.backend_pid for hog in hogs],))
        left = cursor.rowcount
    with contextlib.suppress(psycopg2.OperationalError):
        while True:
            hogs.append(psycopg2.connect(postgres.url))
    return left == 0


def _lock_shard(link, room):
    """Locks the row of the room's shard until the session ends. The shard."""
    shard = _one(link, "SELECT shard FROM parley.room WHERE name = %s", room)
    return _one(link, "SELECT shard FROM parley.shard WHERE shard = %s FOR UPDATE", shard)


async def _while_held(f, room, which, value):
    """What came meanwhile: of this room, and of each of the load's others that the condition finds."""
    others = {name for name, in f.world.postgres[0].execute(f"SELECT name FROM parley.room WHERE {which}", value)}
    others &= set(f.load.rooms)
    assert others, "the seed puts all rooms into one shard"
    begin = time.monotonic_ns()
    await f.lasts(0.3)  # what was committed before may still be on its way to its sender
    before = f.counts()
    await f.lasts(f.seconds(10, least=6))
    now = f.counts()
    now.subtract(before)
    found = {name: {what: now[what, name] for what in ("acks", "refused", "open")} for name in (room, *others)}
    f.hits["acks of the others"] += sum(found[other]["acks"] for other in others)
    acked = sorted(ns for (name, _), ns in Tally(f.recorder).update().acked_ns.items() if name in others and ns > begin)
    f.hits["their longest pause in ms"] += max((b - a for a, b in zip(acked, acked[1:])), default=0) // 10**6
    f.over()
    return found.pop(room), found


def _one(link, statement, *parameters):
    with link.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchone()[0]


def _state(pid):
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
