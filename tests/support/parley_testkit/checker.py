"""The checker: a recorded history in, a verdict out (reliability.md §4).

Rules R1-R11 and R15 as far as one node's histories show them. R12-R14 need more than a history of
publishes and joins, and are judged where they are produced."""

from __future__ import annotations

import collections
from typing import Iterable, Mapping

from .history import Record
from .indexed import History, Malformed, index
from .rules_log import check_log
from .rules_stream import check_streams
from .verdict import Finding, Verdict

# Below these a run proves nothing: a checker that saw no ack cannot miss a lost one.
usual_minima = {"acks": 1, "joins": 1, "delivered": 1, "stored": 1, "settled": 1}

# No finding past this number is kept: a broken run breaks everything, and nobody reads it all.
findings_max = 1000


def check(records: Iterable[Record], *, minima: Mapping[str, int] = usual_minima, ours_alone: bool = True,
          gaps_allowed: Iterable[str] = ()) -> Verdict:
    """:param minima: how much of each count (see `_count`) must have happened; else `unknown`
    :param ours_alone: no other writer used these rooms
    :param gaps_allowed: gap reasons beside `jump` that the run's faults may cause"""
    try:
        history = index(records)
    except Malformed as error:
        return Verdict("unknown", [], {}, [f"the history is malformed: {error}"])
    findings: list[Finding] = []
    missing = []
    for room in history.rooms.values():
        if room.stored is None:
            missing.append(f"room {room.name} was never read back")
            continue
        for finding in check_log(room, ours_alone=ours_alone):
            findings.append(finding)
        for finding in check_streams(room, gaps_allowed=frozenset(gaps_allowed)):
            findings.append(finding)
        del findings[findings_max:]
    counts = _count(history)
    missing += [f"{counts.get(what, 0)} {what}, at least {least} are needed"
                for what, least in minima.items() if counts.get(what, 0) < least]
    verdict = "invalid" if findings else "unknown" if missing else "valid"
    return Verdict(verdict, findings, counts, missing)


def _count(history: History) -> dict[str, int]:
    """What happened, for the guards and the reports. Faults count as `fault:NAME`."""
    counts: collections.Counter = collections.Counter()
    for room in history.rooms.values():
        counts["rooms"] += 1
        counts["stored"] += len(room.rows)
        for attempt in room.attempts:
            counts["attempts"] += 1
            counts[{"ok": "acks", "fail": "refused", "info": "open"}[attempt.phase]] += 1
            counts["duplicates"] += attempt.phase == "ok" and attempt.end["duplicate"]
        for attempts in room.keys.values():
            # Left open once, and known in the end: by a repeat's answer.
            counts["open_resolved"] += len(attempts) > 1 and attempts[0].phase == "info" and attempts[-1].phase == "ok"
        readers: set[str] = set()
        for stream in room.streams:
            counts["joins"] += stream.ok is not None
            if stream.ok is not None:
                counts["resumes"] += stream.invoke["reader"] in readers
                readers.add(stream.invoke["reader"])
            counts["joins_failed"] += stream.ok is None
            counts["cuts"] += stream.cut
            counts["settled"] += stream.settled
            for push in stream.pushes:
                if push["kind"] == "batch":
                    counts["delivered"] += len(push["events"])
                    counts["delivered_live"] += len(push["events"]) if push["phase"] == "live" else 0
                elif push["kind"] == "gap":
                    counts[f"gap:{push['reason']}"] += 1
                else:
                    counts[push["kind"]] += 1
    for fault in history.faults:
        counts[f"fault:{fault['fault']}"] += 1
    return dict(counts)
