"""The result of a replay, for people and for programs."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from parley_testkit.verdict import Verdict

from .faults import Kill
from .room_replay import RoomResult
from .run import Run

exit_codes = {"valid": 0, "invalid": 1, "unknown": 3}


@dataclasses.dataclass
class Report:
    """`verdict` is the checker's, unless a reader's copy or a room told otherwise."""
    run: Run
    rooms: list[RoomResult]
    kills: list[Kill]
    checked: Verdict
    seconds: float
    failure: str | None = None

    @property
    def mistakes(self) -> list[str]:
        return ([self.failure] if self.failure else []) + [m for room in self.rooms for m in room.mistakes]

    @property
    def verdict(self) -> str:
        return "invalid" if self.mistakes else self.checked.verdict

    @property
    def exit_code(self) -> int:
        return exit_codes[self.verdict]

    def as_json(self) -> str:
        progress = self.run.progress
        return json.dumps({
            "verdict": self.verdict, "rules_broken": sorted(self.checked.rules_broken), "mistakes": self.mistakes,
            "missing": self.checked.missing, "seed": self.run.seed, "order": self.run.order,
            "seconds": round(self.seconds, 2), "lines": progress.lines, "acks": progress.acked,
            "retries": progress.retries, "reordered_by_retry": progress.reordered_by_retry,
            "connections_lost": progress.connections_lost, "counts": self.checked.counts,
            "kills": [{**dataclasses.asdict(kill), "acted": kill.acted} for kill in self.kills],
            "rooms": [_room(room) for room in self.rooms],
        }, indent=2, ensure_ascii=False)

    def as_text(self) -> str:
        progress, counts = self.run.progress, self.checked.counts
        logs = [room.log for room in self.rooms]
        lines = [
            f"replayed {progress.acked} of {progress.lines} lines into {len(self.rooms)} rooms in {self.seconds:.1f} s"
            f" ({progress.acked / max(self.seconds, 0.001):.0f} acks/s), {self.run.order} order,"
            f" {self.run.pipeline} in flight per nick, seed {self.run.seed}",
            f"senders: {sum(room.senders for room in self.rooms)}; skipped: "
            f"{sum(log.skipped_system for log in logs)} === lines, {sum(log.skipped_empty for log in logs)} without text, "
            f"{sum(log.skipped_long for log in logs)} too long; not UTF-8: {sum(log.not_utf8 for log in logs)}, "
            f"with NUL: {sum(log.nul_replaced for log in logs)}",
            f"readers: {sum(room.readers for room in self.rooms)}, {counts.get('joins', 0)} joins, "
            f"{counts.get('resumes', 0)} of them resumes, {counts.get('delivered', 0)} events delivered "
            f"({counts.get('delivered_live', 0)} live), {counts.get('catching_up', 0)} times behind, "
            f"{counts.get('gap:jump', 0)} jumps asked for",
            f"publishes: {counts.get('attempts', 0)} attempts, {counts.get('acks', 0)} acks, "
            f"{counts.get('refused', 0)} refused, {counts.get('open', 0)} left open, "
            f"{counts.get('open_resolved', 0)} resolved by a repeat, {counts.get('duplicates', 0)} duplicates, "
            f"{progress.reordered_by_retry} reordered by a repeat",
        ]
        for kill in self.kills:
            lines.append(
                f"kill -9 {kill.target}: {'acted' if kill.acted else 'DID NOT ACT'} after {kill.acks_before} acks with "
                f"{kill.in_flight} publishes in flight; down {kill.down_s} s, {kill.acks_while_down} acks meanwhile, "
                f"{kill.acks_after} after it" + (f", the first {kill.first_ack_after_s} s after the restart"
                                                 if kill.first_ack_after_s is not None else ""))
        if not self.mistakes and self.checked.verdict == "valid":
            lines.append("each reader's stream is complete, once, in order, and equals the stored room")
        lines += [f"MISTAKE {mistake}" for mistake in self.mistakes[:10]]
        if len(self.mistakes) > 10:
            lines.append(f"... and {len(self.mistakes) - 10} more")
        lines.append(str(self.checked) if self.verdict == self.checked.verdict
                     else f"{self.checked}\nverdict with the mistakes above: {self.verdict}")
        return "\n".join(lines)


def _room(result: RoomResult) -> dict[str, Any]:
    log = {field.name: getattr(result.log, field.name) for field in dataclasses.fields(result.log)
           if field.name not in ("lines", "name")}
    return {"room": result.room, "lines": len(result.log.lines), "stored": result.stored, "senders": result.senders,
            "readers": result.readers, "resumes": result.resumes, "mistakes": result.mistakes, **log}
