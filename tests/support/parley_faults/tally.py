"""What the history holds so far, counted as it grows: by room, and between two moments."""

from __future__ import annotations

import collections

from parley_testkit.history import Recorder


class Tally:
    """Call `update` before reading `counts`, whose keys are (what, room) and, for all rooms, (what, None).

    What is counted: attempts, acks, refused (promised: not stored), open (may be stored), joins, resets."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder, self._read = recorder, 0
        self._room_of_attempt: dict[int, str] = {}
        self._room_of_stream: dict[str, str] = {}
        self.counts: collections.Counter = collections.Counter()
        self.acked_ns: dict[tuple[str, int], int] = {}  # (room, seq) -> when its sender was told

    def update(self) -> "Tally":
        records = self._recorder.records
        while self._read < len(records):
            self._take(records[self._read])
            self._read += 1
        return self

    def snapshot(self) -> collections.Counter:
        return collections.Counter(self.update().counts)

    def _take(self, record: dict) -> None:
        op, phase = record["op"], record.get("phase")
        if op == "publish":
            if phase == "invoke":
                self._room_of_attempt[record["attempt"]] = record["room"]
                return self._count("attempts", record["room"])
            room = self._room_of_attempt[record["attempt"]]
            if phase == "ok":
                self.acked_ns.setdefault((room, record["seq"]), record["ns"])
            self._count({"ok": "acks", "fail": "refused", "info": "open"}[phase], room)
        elif op == "join":
            if phase == "invoke":
                self._room_of_stream[record["stream"]] = record["room"]
            elif phase == "ok":
                self._count("joins", self._room_of_stream[record["stream"]])
        elif op == "push" and record["kind"] == "gap" and record["reason"] == "reset":
            self._count("resets", self._room_of_stream[record["stream"]])

    def _count(self, what: str, room: str) -> None:
        self.counts[what, room] += 1
        self.counts[what, None] += 1
