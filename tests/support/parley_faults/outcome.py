"""What a cell came to: one line of the table."""

from __future__ import annotations

import collections
import dataclasses
from typing import Iterable, Iterator, Sequence


@dataclasses.dataclass
class Outcome:
    """:ivar acks, joins, refused, open: inside the fault
    :ivar recovery_s: from healing to the last room's fresh ack
    :ivar late_ms: the latest that a steady reader saw an event inside the fault, after its ack
    :ivar used: the most that the node used of each resource
    :ivar skipped: why it could not run here: it has proved nothing then
    :ivar died_of: what ended it before its verdict"""
    cell: str
    verdict: str = "unknown"
    acks: int = 0
    joins: int = 0
    refused: int = 0
    open: int = 0
    recovery_s: float = 0
    late_ms: int = 0
    hits: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    used: dict[str, int] = dataclasses.field(default_factory=dict)
    seconds: float = 0
    problems: list[str] = dataclasses.field(default_factory=list)
    rules_broken: list[str] = dataclasses.field(default_factory=list)
    resets: int = 0
    skipped: str = ""
    died_of: str = ""

    @property
    def result(self) -> str:
        """`ok`, or why not. A cell may be meant to be invalid, so its verdict alone does not tell."""
        if self.skipped:
            return "skipped"
        if self.died_of:
            return "died"
        if not self.problems:
            return "ok"
        return "missed" if self.verdict == "valid" else self.verdict

    def as_record(self) -> dict:
        # Not dataclasses.asdict: it makes a Counter of the pairs of a Counter.
        return vars(self) | {"hits": dict(self.hits), "result": self.result}

    def __str__(self) -> str:
        return (f"{self.cell}: {self.verdict}; inside the fault {self.acks} acks, {self.joins} joins, {self.refused} "
                f"refused, {self.open} open, latest event {self.late_ms} ms; recovered in {self.recovery_s:.1f} s; "
                f"hits: {_listed(self.hits) or 'none'}")


def table(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """A line per cell; then what is not as expected, in words."""
    if not outcomes:
        return
    yield (f"{'cell':46} {'result':8} {'verdict':8} {'acks':>6} {'joins':>5} {'refused':>7} {'open':>5} {'late ms':>7} "
           f"{'back s':>6} {'MB':>4} {'fds':>4} {'links':>5} {'s':>4}  hits")
    for o in outcomes:
        links = f"{o.used.get('database links', 0)}/{o.used.get('connections', 0)}"
        yield (f"{o.cell:46} {o.result:8} {o.verdict:8} {o.acks:6} {o.joins:5} {o.refused:7} {o.open:5} {o.late_ms:7} "
               f"{o.recovery_s:6.1f} {o.used.get('rss', 0) >> 20:4} {o.used.get('descriptors', 0):4} {links:>5} "
               f"{o.seconds:4.0f}  {_listed(o.hits)}")
    for o in outcomes:
        for problem in filter(None, (o.skipped, o.died_of, *o.problems)):
            yield f"{o.cell}: {problem}"


def rounds_table(rounds: Sequence[Sequence[dict]]) -> Iterator[str]:
    """A line per cell, a column per round: the result, and how long it took. :param rounds: records of outcomes"""
    cells = list(dict.fromkeys(record["cell"] for records in rounds for record in records))
    yield f"{'cell':46}" + "".join(f"{f'round {n}':>16}" for n in range(1, len(rounds) + 1))
    for cell in cells:
        found = [next((record for record in records if record["cell"] == cell), None) for records in rounds]
        yield f"{cell:46}" + "".join(
            f"{record['result']:>9} {record['seconds']:4.0f} s" if record else f"{'-':>16}" for record in found)
    for n, records in enumerate(rounds, 1):
        results = collections.Counter(record["result"] for record in records)
        yield f"round {n}: " + _listed(results) + f"; {sum(record['seconds'] for record in records) / 60:.1f} min"


def _listed(counts: Iterable | dict) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(dict(counts).items()))
