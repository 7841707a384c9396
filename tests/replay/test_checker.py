"""The checker itself: good histories pass, and each way to spoil one is found by the right rule."""

from __future__ import annotations

import copy
import json
import os
import random

import pytest

from generated_history import Generated
from mutations import mutations
from parley_testkit.checker import check
from parley_testkit.history import Recorder, content_hash, read_history

# Per change a few hundred; by hand PARLEY_CHECKER_ROUNDS=10000 for the whole promise.
rounds = int(os.environ.get("PARLEY_CHECKER_ROUNDS", "300"))


def test_good_histories_raise_no_alarm():
    for seed in range(rounds):
        verdict = check(Generated(seed).records)
        assert verdict.verdict == "valid", f"seed {seed}\n{verdict}"


@pytest.mark.parametrize("name", mutations)
def test_each_mutation_is_flagged_by_the_right_rule(name):
    spoil, rules = mutations[name]
    spoilt = 0
    for seed in range(max(30, rounds // len(mutations))):
        records = copy.deepcopy(Generated(seed).records)
        if not spoil(records, random.Random(seed)):
            continue
        spoilt += 1
        verdict = check(records)
        assert verdict.verdict == "invalid" and verdict.rules_broken & rules, f"seed {seed}, {name}\n{verdict}"
    assert spoilt >= 10, "this mutation hardly ever applies"


def test_a_history_with_too_little_in_it_is_unknown_and_not_valid():
    records = Generated(1).records
    assert check(records, minima={"acks": 10**6}).verdict == "unknown"
    assert check([]).verdict == "unknown"
    assert check(records[:-1]).verdict == "unknown", "never read back"


def test_too_little_does_not_hide_a_broken_rule():
    records = copy.deepcopy(Generated(2).records)
    records[-1]["events"].pop(0)
    assert check(records, minima={"acks": 10**6}).verdict == "invalid"


def test_an_answer_to_nothing_makes_no_verdict():
    assert check([{"ns": 1, "op": "publish", "phase": "ok", "attempt": 1, "seq": 1, "term": 1}]).verdict == "unknown"


def test_a_reset_passes_where_the_fault_of_the_run_allows_it():
    for seed in range(30):
        records = copy.deepcopy(Generated(seed).records)
        if mutations["reset_for_no_reason"][0](records, random.Random(seed)):
            assert "R15" not in check(records, gaps_allowed={"reset"}).rules_broken


def test_the_verdict_prints_the_smallest_evidence_of_each_rule():
    records = copy.deepcopy(Generated(3).records)
    records[-1]["events"][0]["hash"] = "changed"
    text = str(check(records))
    assert text.startswith("verdict: invalid") and "R1 broken in r" in text and len(text) < 6000


def test_a_recorded_history_reads_back_as_it_was_written(tmp_path):
    recorder = Recorder(tmp_path / "history.jsonl")
    recorder.add("fault", fault="kill node", phase="begin")
    recorder.add("push", kind="gap", stream="s/1", to=[1, 2], reason="jump", **{"from": 1})
    recorder.close()
    assert list(read_history(tmp_path / "history.jsonl")) == recorder.records
    assert json.dumps(recorder.records)


def test_the_content_hash_sees_every_field_and_no_difference_between_empty_and_absent():
    draft = {"text": "hé", "client_msg_id": "c-1", "metadata": {"line": 1}}
    base = content_hash(draft, sender="ana")
    assert base == content_hash({**draft, "sender": "ana", "kind": "message.created", "parts": [], "seq": 4, "at": 5})
    assert base != content_hash({**draft, "text": "he"}, sender="ana")
    assert base != content_hash({**draft, "client_msg_id": "c-2"}, sender="ana")
    assert base != content_hash({**draft, "metadata": {"line": 2}}, sender="ana")
    assert base != content_hash(draft, sender="bob")
    assert base != content_hash({**draft, "reply_to": 1}, sender="ana")
