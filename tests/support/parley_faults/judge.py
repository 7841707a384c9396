"""The verdict on a recorded history: `parley-check` is the judge."""

from __future__ import annotations

import json
import pathlib

from parley_testkit.history import Recorder
from parley_testkit.verdict import Verdict, check


def judge(recorder: Recorder, path: pathlib.Path) -> Verdict:
    """:param path: where the history goes, for whoever wants to look at it"""
    with open(path, "w", encoding="utf-8") as out:
        out.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in recorder.records)
    return check(path)
