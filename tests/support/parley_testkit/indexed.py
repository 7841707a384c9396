"""A history sorted into rooms, attempts, keys and streams: what the rules read. One pass."""

from __future__ import annotations

import dataclasses
from typing import Iterable

from .history import Record


class Malformed(Exception):
    """The history contradicts itself: the recorder is at fault, and no verdict can be had."""


@dataclasses.dataclass(slots=True)
class Attempt:
    """One publish that went out. `order` counts all records of the history."""
    invoke: Record
    order: int
    end: Record | None = None
    end_order: int | None = None

    @property
    def phase(self) -> str:
        return self.end["phase"] if self.end else "info"


@dataclasses.dataclass(slots=True)
class Stream:
    """One join and the pushes that followed."""
    invoke: Record
    order: int
    acked_before: int = 0  # the greatest seq acknowledged in this room before the join was asked for
    ok: Record | None = None
    pushes: list[Record] = dataclasses.field(default_factory=list)
    cut: bool = False
    settled: bool = False


@dataclasses.dataclass
class Room:
    name: str
    attempts: list[Attempt] = dataclasses.field(default_factory=list)
    streams: list[Stream] = dataclasses.field(default_factory=list)
    stored: Record | None = None
    by_seq: dict[int, Record] = dataclasses.field(default_factory=dict)
    strays: list[Record] = dataclasses.field(default_factory=list)
    keys: dict[tuple, list[Attempt]] = dataclasses.field(default_factory=dict)
    acked_by: dict[int, int] = dataclasses.field(default_factory=dict)  # id(attempt) -> acked seq at its invoke

    @property
    def rows(self) -> list[Record]:
        return self.stored["events"] if self.stored else []


@dataclasses.dataclass
class History:
    rooms: dict[str, Room]
    faults: list[Record]
    records: int


def index(records: Iterable[Record]) -> History:
    """:raises Malformed: an answer without its request, a clock that runs backwards"""
    rooms: dict[str, Room] = {}
    attempts: dict[int, Attempt] = {}
    streams: dict[str, Stream] = {}
    faults: list[Record] = []
    greatest_ack: dict[str, int] = {}
    last_ns, order = 0, 0

    def room(name: str) -> Room:
        return rooms.setdefault(name, Room(name))

    for order, record in enumerate(records, 1):
        if record["ns"] < last_ns:
            raise Malformed(f"time runs backwards at {record}")
        last_ns, op, phase = record["ns"], record["op"], record.get("phase")
        try:
            if op == "publish" and phase == "invoke":
                attempt = attempts[record["attempt"]] = Attempt(record, order)
                here = room(record["room"])
                here.attempts.append(attempt)
                here.acked_by[id(attempt)] = greatest_ack.get(here.name, 0)
                if record["key"]:
                    here.keys.setdefault((record["sender"], record["key"]), []).append(attempt)
            elif op == "publish":
                attempt = attempts[record["attempt"]]
                if attempt.end is None or attempt.end["phase"] == "info":
                    attempt.end, attempt.end_order = record, order
                if phase == "ok":
                    name = attempt.invoke["room"]
                    greatest_ack[name] = max(greatest_ack.get(name, 0), record["seq"])
            elif op == "join" and phase == "invoke":
                stream = streams[record["stream"]] = Stream(record, order, greatest_ack.get(record["room"], 0))
                room(record["room"]).streams.append(stream)
            elif op == "join" and phase == "ok":
                streams[record["stream"]].ok = record
            elif op == "push" and record["stream"]:
                streams[record["stream"]].pushes.append(record)
            elif op == "cut":
                streams[record["stream"]].cut = True
            elif op == "settled":
                streams[record["stream"]].settled = True
            elif op == "stored":
                here = room(record["room"])
                here.stored = record
                here.by_seq = {row["seq"]: row for row in record["events"]}
            elif op == "stray" and record["room"]:
                room(record["room"]).strays.append(record)
            elif op == "fault" and phase == "begin":
                faults.append(record)
        except KeyError as missing:
            raise Malformed(f"{missing} is not known at {record}") from None
    return History(rooms, faults, order)
