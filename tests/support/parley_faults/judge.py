"""The verdict on a recorded history."""

from __future__ import annotations

import dataclasses
import json
import pathlib
from typing import Sequence

from parley_testkit.checker import check
from parley_testkit.history import Recorder


@dataclasses.dataclass
class Found:
    verdict: str
    rules_broken: set[str]
    text: str


def judge(recorder: Recorder, path: pathlib.Path, *, gaps_allowed: Sequence[str] = ()) -> Found:
    """:param path: where the history goes, for whoever wants to look at it"""
    with open(path, "w", encoding="utf-8") as out:
        out.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in recorder.records)
    checked = check(recorder.records, gaps_allowed=gaps_allowed)
    return Found(checked.verdict, checked.rules_broken, str(checked))
