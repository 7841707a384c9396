"""What scripts/guard makes of its figures: the baseline, the judgement, the table."""

from __future__ import annotations

import tomllib
from typing import NamedTuple

FORMAT = "parley-guard/1"
ADVICE = ("Where it comes from: scripts/guard --profile NAME. If it is what the change is worth: scripts/guard --update, and the "
          "commit says why")
HEAD = """\
# What one operation of each hot path may cost: scripts/guard --update writes this file, docs/performance.md explains it.
# A commit that raises a figure says why. For the release preset, built by this compiler.
"""


class Unusable(Exception):
    """There is nothing to judge by, or nothing to judge."""


class Cost(NamedTuple):
    """Of one operation."""

    allocations: float
    bytes: float
    instructions: float | None  # none: run without valgrind

    def rounded(self) -> Cost:
        """As precise as the baseline: one allocation in ten thousand operations is seen."""
        return Cost(round(self.allocations, 4), round(self.bytes, 4),
                    None if self.instructions is None else round(self.instructions, 1))


class Tolerance(NamedTuple):
    """How much of the baseline a figure may rise; allocations may not. An own one of a path stands beside its figures."""

    instructions: float = 0.03
    bytes: float = 0.1


class Baseline(NamedTuple):
    compiler: str
    tolerance: Tolerance
    paths: dict[str, Cost]
    own: dict[str, float]  # tolerance of instructions


class Row(NamedTuple):
    path: str
    base: Cost | None  # none: the baseline does not know the path
    now: Cost | None  # none: the program does not
    worse: list[str]
    better: list[str]


def number(table: dict, key: str, where: str) -> float:
    value = table.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < float("inf"):
        raise Unusable(f"{where}: '{key}' must be a number from 0")
    return float(value)


def known(table: object, keys: set[str], where: str) -> dict:
    if not isinstance(table, dict):
        raise Unusable(f"{where} must be a table")
    if strange := sorted(set(table) - keys):
        raise Unusable(f"{where}: nobody reads '{strange[0]}'")
    return table


def read(text: str) -> Baseline:
    """@raises Unusable: with the place of what is wrong"""
    try:
        whole = known(tomllib.loads(text), {"format", "compiler", "tolerance", "paths"}, "the file")
    except tomllib.TOMLDecodeError as wrong:
        raise Unusable(f"no TOML: {wrong}") from None
    if whole.get("format") != FORMAT:
        raise Unusable(f"'format' must be \"{FORMAT}\"")
    if not isinstance(whole.get("compiler"), str):
        raise Unusable("'compiler' must be the compiler's version")
    tolerance = known(whole.get("tolerance"), {"instructions", "bytes"}, "[tolerance]")
    allowed = Tolerance(*(number(tolerance, key, "[tolerance]") for key in Tolerance._fields))
    paths, own = {}, {}
    if not isinstance(whole.get("paths"), dict) or not whole["paths"]:
        raise Unusable("[paths] names no path")
    for name, table in whole["paths"].items():
        where = f"[paths.\"{name}\"]"
        table = known(table, {*Cost._fields, "tolerance"}, where)
        paths[name] = Cost(*(number(table, key, where) for key in Cost._fields))
        if "tolerance" in table:
            own[name] = number(table, "tolerance", where)
    return Baseline(whole["compiler"], allowed, paths, own)


def written(baseline: Baseline) -> str:
    lines = [HEAD + f'format = "{FORMAT}"', f'compiler = "{baseline.compiler}"', "", "[tolerance]"]
    lines += [f"{key} = {value:g}" for key, value in baseline.tolerance._asdict().items()]
    for name, cost in baseline.paths.items():
        lines += ["", f'[paths."{name}"]']
        lines += [f"{key} = {value:.10g}" for key, value in cost.rounded()._asdict().items()]
        lines += [f"tolerance = {baseline.own[name]:g}"] if name in baseline.own else []
    return "\n".join(lines) + "\n"


def updated(old: Baseline | None, compiler: str, now: dict[str, Cost]) -> Baseline:
    """The new figures under the old tolerances."""
    own = {name: allowed for name, allowed in old.own.items() if name in now} if old else {}
    return Baseline(compiler, old.tolerance if old else Tolerance(), now, own)


def judged(baseline: Baseline, now: dict[str, Cost]) -> list[Row]:
    names = list(baseline.paths) + [name for name in now if name not in baseline.paths]
    return [row(name, baseline, now.get(name)) for name in names]


def row(name: str, baseline: Baseline, now: Cost | None) -> Row:
    base = baseline.paths.get(name)
    if base is None or now is None:
        return Row(name, base, now, [], [])
    base, now = base.rounded(), now.rounded()
    allowed = {"allocations": 0.0, "bytes": baseline.tolerance.bytes,
               "instructions": baseline.own.get(name, baseline.tolerance.instructions)}
    worse, better = [], []
    for what, tolerance in allowed.items():
        was, is_now = getattr(base, what), getattr(now, what)
        if is_now is None:
            continue
        if is_now > was * (1 + tolerance):
            worse.append(what)
        elif is_now < was * (1 - tolerance):
            better.append(what)
    return Row(name, base, now, worse, better)


def is_bad(one: Row) -> bool:
    return one.base is None or one.now is None or bool(one.worse)


def said_of(one: Row) -> str:
    if one.base is None:
        return "NOT IN THE BASELINE"
    if one.now is None:
        return "NOT RUN"
    if one.worse:
        return f"WORSE: {', '.join(one.worse)}"
    return f"better: {', '.join(one.better)}" if one.better else "ok"


def shown(value: float | None) -> str:
    return "-" if value is None else f"{value:,.1f}" if value >= 100 else f"{value:.4g}"


def table(rows: list[Row]) -> str:
    head = ["path", "allocations", "now", "bytes", "now", "instructions", "now", "ratio", ""]
    lines = [head]
    for one in rows:
        cells = [one.path]
        for what in Cost._fields:
            cells += [shown(getattr(side, what) if side else None) for side in (one.base, one.now)]
        both = one.base and one.now and one.now.instructions is not None and one.base.instructions
        lines.append(cells + [f"{one.now.instructions / one.base.instructions:.3f}" if both else "-", said_of(one)])
    wide = [max(len(line[n]) for line in lines) for n in range(len(head))]
    return "\n".join("  ".join(cell.ljust(w) if n in (0, len(head) - 1) else cell.rjust(w)
                               for n, (cell, w) in enumerate(zip(line, wide))).rstrip() for line in lines)


def verdict(rows: list[Row]) -> tuple[bool, str]:
    """@returns whether nothing became worse, and what to do"""
    said = []
    if worse := [one.path for one in rows if one.worse]:
        said.append(f"cost more than the baseline says: {', '.join(worse)}. {ADVICE}")
    if new := [one.path for one in rows if one.base is None]:
        said.append(f"not in the baseline: {', '.join(new)}. scripts/guard --update writes them down")
    if gone := [one.path for one in rows if one.now is None]:
        said.append(f"in the baseline, and not run: {', '.join(gone)}. Where a path was taken out on purpose, "
                    "scripts/guard --update takes it out of the baseline too")
    if better := [one.path for one in rows if one.better]:
        said.append(f"cost less: {', '.join(better)}. scripts/guard --update keeps the gain")
    return not any(map(is_bad, rows)), "\n".join(f"guard: {line}" for line in said)
