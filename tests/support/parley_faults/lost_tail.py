"""The tail that an asynchronous failover takes away, and who had read it."""

from __future__ import annotations

import collections
from typing import Sequence

from parley_testkit.history import Record, Recorder
from parley_testkit.servers import Postgres

Position = list[int]  # [term, seq], as in the history


def newest(server: Postgres) -> dict[str, Position]:
    """The newest event of each room that it holds."""
    return {name: [term, seq] for name, term, seq in server.execute(
        "SELECT DISTINCT ON (room) r.name, e.term, e.seq FROM parley.event e JOIN parley.room r USING (room) "
        "ORDER BY room, e.seq DESC")}


def record(recorder: Recorder, kept: dict[str, Position], had: dict[str, Position]) -> int:
    """Says in the history what was lost; how many events.
    :param kept, had: the newest of each room, at the new primary and at the old one"""
    lost = 0
    for room, last in had.items():
        after = kept.get(room, [0, 0])
        if last[1] > after[1]:
            recorder.add("lost_tail", room=room, after=after, last=last)
            lost += last[1] - after[1]
    return lost


def readers(records: Sequence[Record]) -> dict[str, int]:
    """Who was shown an event of a recorded tail, and how many resets each of them got."""
    tails = {record["room"]: record for record in records if record["op"] == "lost_tail"}
    of_stream, shown, resets = {}, set(), collections.Counter()
    for record in records:
        if record["op"] == "join" and record["phase"] == "invoke":
            of_stream[record["stream"]] = record["reader"], record["room"]
        elif record["op"] == "push" and record.get("kind") in ("batch", "gap"):
            reader, room = of_stream[record["stream"]]
            if record["kind"] == "gap":
                resets[reader] += record["reason"] == "reset"
            elif room in tails and any(_is_of(tails[room], event) for event in record["events"]):
                shown.add(reader)
    return {reader: resets[reader] for reader in shown}


def _is_of(tail: Record, event: list) -> bool:
    seq, term = event[:2]
    return tail["after"][1] < seq <= tail["last"][1] and term <= tail["last"][0]
