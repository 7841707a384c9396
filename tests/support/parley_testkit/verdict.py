"""What `parley-check` says of a recorded history (docs/testing.md): the program judges, this only asks."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import subprocess
from typing import Mapping

from .recipes import repository


def parley_check() -> pathlib.Path:
    """The program: $PARLEY_CHECK, or beside parleyd, or of the first preset that was built.
    :raises FileNotFoundError: naming what was tried"""
    chosen = os.environ.get("PARLEY_CHECK")
    if chosen:
        tried = [pathlib.Path(chosen)]
    else:
        node = os.environ.get("PARLEYD")
        tried = ([pathlib.Path(node).parent / "parley-check"] if node else []) + [
            repository / "build" / preset / "bin" / "parley-check" for preset in ("release", "asan", "dev", "ci")]
    for path in tried:
        if os.access(path, os.X_OK):
            return path
    raise FileNotFoundError("no parley-check: set PARLEY_CHECK or build one of " + ", ".join(map(str, tried)))


@dataclasses.dataclass
class Verdict:
    """`valid`, `invalid` (see `rules_broken`) or `unknown` (see `missing`)."""
    verdict: str
    rules_broken: set[str]
    counts: dict[str, int]
    missing: list[str]
    text: str

    def __str__(self) -> str:
        return self.text


def check(history: pathlib.Path, *, minima: Mapping[str, int] | None = None) -> Verdict:
    """:param minima: how much of each count must have happened; else `unknown`
    :raises RuntimeError: where the file is no history: the recorder is at fault"""
    program = [str(parley_check())]
    for what, least in (minima or {}).items():
        program += ["--min", f"{what}={least}"]
    told = subprocess.run([*program, "--json", str(history)], capture_output=True, text=True)
    if told.returncode not in (0, 1, 3):
        raise RuntimeError(f"parley-check ended with {told.returncode}: {told.stderr.strip()}")
    judged = json.loads(told.stdout)
    text = subprocess.run([*program, str(history)], capture_output=True, text=True).stdout.strip()
    return Verdict(judged["verdict"], set(judged["rules_broken"]), judged["counts"], judged["missing"], text)
