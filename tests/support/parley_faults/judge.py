"""The verdict on a recorded history: `parley-check` is the judge."""

from __future__ import annotations

import json
import pathlib
from typing import Sequence

from parley_testkit.history import Recorder
from parley_testkit.verdict import Verdict, check


def judge(recorder: Recorder, path: pathlib.Path, *, gaps_allowed: Sequence[str] = ()) -> Verdict:
    """:param path: where the history goes, for whoever wants to look at it"""
    records = recorder.records
    if "reset" in gaps_allowed and records:
        # Where a tail was lost is not known here; that it may have been excuses each reset.
        records = [{"ns": records[0]["ns"], "op": "lost_tail"}, *records]
    with open(path, "w", encoding="utf-8") as out:
        out.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    return check(path)
