"""How histories are recorded, and that what is recorded can be judged."""

from __future__ import annotations

import json

import pytest

from parley_testkit.history import Recorder, content_hash, pushed_event, read_history, stored_event
from parley_testkit.verdict import check


def recorded(tmp_path, *, stored: dict | None = None):
    """One session publishes, one reader sees it: the smallest history that proves something."""
    event = {"seq": 1, "term": 7, "kind": "message.created", "sender": "ana", "client_msg_id": "c-1", "text": "hé", "version": 1}
    path = tmp_path / "history.jsonl"
    recorder = Recorder(path)
    recorder.add("publish", phase="invoke", attempt=1, session="w", sender="ana", room="r", key="c-1",
                 hash=content_hash(event))
    recorder.add("publish", phase="ok", attempt=1, seq=1, term=7, duplicate=False)
    recorder.add("join", phase="invoke", stream="s/1", reader="s", room="r", since=[0, 0], rewind=None, on_gap="fill", max=100)
    recorder.add("join", phase="ok", stream="s/1", head=[7, 1], start=[0, 0], recovered=True)
    recorder.add("push", kind="batch", stream="s/1", prev=0, phase="history", events=[pushed_event(event)])
    recorder.add("push", kind="live", stream="s/1", at=[7, 1])
    recorder.add("settled", stream="s/1")
    recorder.add("stored", room="r", head=[7, 1], events=[stored_event({**event, **(stored or {})})])
    recorder.close()
    return path


def test_what_is_recorded_can_be_judged(tmp_path):
    verdict = check(recorded(tmp_path))
    assert verdict.verdict == "valid" and verdict.counts["acks"] == 1, str(verdict)


def test_another_text_in_the_store_is_a_lost_ack(tmp_path):
    verdict = check(recorded(tmp_path, stored={"text": "he"}))
    assert verdict.verdict == "invalid" and "R1" in verdict.rules_broken and "R1 broken in r" in str(verdict)


def test_too_little_is_unknown_and_not_valid(tmp_path):
    verdict = check(recorded(tmp_path), minima={"acks": 2})
    assert verdict.verdict == "unknown" and verdict.missing == ["1 acks, at least 2 are needed"]


def test_what_is_no_history_has_no_verdict(tmp_path):
    path = tmp_path / "history.jsonl"
    path.write_text('{"ns":1,"op":"publish","phase":"ok","attempt":1,"seq":1,"term":1}\n')
    with pytest.raises(RuntimeError, match="line 1: an answer to attempt 1"):
        check(path)


def test_an_edited_message_tells_its_body_too():
    edited = {"seq": 3, "term": 7, "kind": "message.updated", "sender": "ana", "text": "b", "target": 1, "version": 2}
    assert pushed_event(edited)[3:7] == [2, False, "updated", 1] and len(pushed_event(edited)) == 8
    assert stored_event(edited)["kind"] == "updated" and stored_event(edited)["body"] == pushed_event(edited)[7]


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
