"""The rules about what is stored (reliability.md §4): R1, R2, R4 (the stored half), R5, R6, R8, R9,
R10. Each takes linear time, since a room's seqs are its order."""

from __future__ import annotations

from typing import Iterator

from .indexed import Attempt, Room
from .verdict import Finding


def check_log(room: Room, *, ours_alone: bool) -> Iterator[Finding]:
    """:param ours_alone: nobody else wrote into this room, so each row has its publish"""
    yield from _numbers(room)
    yield from _acks(room)
    yield from _refusals(room)
    yield from _keys(room, ours_alone)
    yield from _real_time_order(room)
    yield from _session_order(room)
    yield from _terms(room)


def _numbers(room: Room) -> Iterator[Finding]:
    """R2: 1..head (or from the floor on), no hole, no repeat."""
    expected = room.stored.get("floor", 0) + 1
    for row in room.rows:
        if row["seq"] != expected:
            what = "repeated or out of place" if row["seq"] < expected else "follows a hole"
            yield Finding("R2", room.name, f"seq {row['seq']} {what}: {expected} was due", [row])
        expected = row["seq"] + 1
    head = room.stored["head"]
    if head[1] != expected - 1:
        yield Finding("R2", room.name, f"the head says {head[1]}, the last row is {expected - 1}", room.rows[-1:])


def _acks(room: Room) -> Iterator[Finding]:
    """R1: what was acknowledged is stored at that seq, with that term and content."""
    floor = room.stored.get("floor", 0)
    for attempt in room.attempts:
        if attempt.phase != "ok" or attempt.end["seq"] <= floor:
            continue
        row = room.by_seq.get(attempt.end["seq"])
        if row is None:
            yield Finding("R1", room.name, "acknowledged, but not stored", [attempt.invoke, attempt.end])
        elif row["term"] != attempt.end["term"]:
            yield Finding("R1", room.name, "stored under another term", [attempt.end, row])
        elif row["hash"] != attempt.invoke["hash"] and not row["deleted"] and row["version"] <= 1:
            yield Finding("R1", room.name, "another content is stored at the acknowledged seq",
                          [attempt.invoke, attempt.end, row])


def _refusals(room: Room) -> Iterator[Finding]:
    """R5: refused and never left open means not stored. Judged per key: an attempt of open outcome
    may be what is stored; and a mismatch says that another content holds the key."""
    stored = {(row["sender"], row["key"]): row for row in room.rows if row["key"]}
    for key, attempts in room.keys.items():
        row = stored.get(key)
        if row and all(a.phase == "fail" and a.end["error"] != "idempotency_mismatch" for a in attempts):
            yield Finding("R5", room.name, "every attempt was refused, yet it is stored",
                          [attempts[-1].invoke, attempts[-1].end, row])


def _keys(room: Room, ours_alone: bool) -> Iterator[Finding]:
    """R6: one row per key, one seq for all its acks, one of them the first; R5 where that first one
    was refused. And R4 for rows: a row that nobody published is a phantom."""
    first: dict[tuple, dict] = {}
    hashes = {a.invoke["hash"] for a in room.attempts}
    for row in room.rows:
        key = (row["sender"], row["key"])
        if row["key"] and first.setdefault(key, row) is not row:
            yield Finding("R6", room.name, "a key has two rows", [first[key], row])
        if ours_alone and row["hash"] not in hashes and not row["deleted"] and row["version"] <= 1:
            yield Finding("R4", room.name, "stored, but never published", [row])
    for attempts in room.keys.values():
        acks = [a.end for a in attempts if a.phase == "ok"]
        if len({ack["seq"] for ack in acks}) > 1:
            yield Finding("R6", room.name, "a key was acknowledged with two seqs", acks)
        if sum(not ack["duplicate"] for ack in acks) > 1:
            yield Finding("R6", room.name, "a repeat was answered as if it were the first", acks)
        opened = any(a.phase == "info" for a in attempts)
        if ours_alone and acks and not opened and all(ack["duplicate"] for ack in acks):
            if len(attempts) == len(acks):
                yield Finding("R6", room.name, "a first attempt was answered as a repeat", [attempts[0].invoke, *acks])
            else:
                # Only a refused attempt can have stored what this one repeats.
                yield Finding("R5", room.name, "a refused attempt was stored", [a.end for a in attempts])


def _stored_seq(room: Room, by_key: dict, attempts: list[Attempt]) -> int | None:
    """Where a key ended up: by an ack, else by the stored row."""
    for attempt in attempts:
        if attempt.phase == "ok":
            return attempt.end["seq"]
    row = by_key.get((attempts[0].invoke["sender"], attempts[0].invoke["key"]))
    return row["seq"] if row else None


def _real_time_order(room: Room) -> Iterator[Finding]:
    """R8: what was acknowledged before another publish was first asked for has the smaller seq."""
    by_key = {(row["sender"], row["key"]): row for row in room.rows if row["key"]}
    keyless = [[a] for a in room.attempts if not a.invoke["key"]]
    for attempts in [*room.keys.values(), *keyless]:
        seq, before = _stored_seq(room, by_key, attempts), room.acked_by[id(attempts[0])]
        if seq is not None and seq <= before:
            yield Finding("R8", room.name, f"asked for after {before} was acknowledged, stored at {seq}",
                          [attempts[0].invoke, attempts[0].end or {}])


def _session_order(room: Room) -> Iterator[Finding]:
    """R9: what one session wrote keeps its order, judged where this very attempt was stored."""
    last: dict[str, Attempt] = {}
    for attempt in room.attempts:
        if attempt.phase != "ok" or attempt.end["duplicate"]:
            continue
        before = last.get(attempt.invoke["session"])
        if before and before.end["seq"] >= attempt.end["seq"]:
            yield Finding("R9", room.name, "a session's later publish has the smaller seq",
                          [before.invoke, before.end, attempt.invoke, attempt.end])
        last[attempt.invoke["session"]] = attempt


def _terms(room: Room) -> Iterator[Finding]:
    """R10: terms never fall as seqs grow."""
    before = None
    for row in room.rows:
        if before and row["term"] < before["term"]:
            yield Finding("R10", room.name, "the term falls", [before, row])
        before = row
    head = room.stored["head"]
    if before and head[0] < before["term"]:
        yield Finding("R10", room.name, "the head's term is below its row's", [before, {"head": head}])
