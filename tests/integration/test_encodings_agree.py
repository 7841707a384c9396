"""docs/protocol.md, "Protobuf": both encodings carry the same thing, read in the same room."""

import json

import pytest

from codecs_under_test import CODECS
from websocket_wire import TEXT

MESSAGES = [
    {"text": "plain"},
    {"text": "é \U0001f680 \u2028 \r\n \x01", "client_msg_id": "k-1"},
    {"parts": [{"type": "text/plain", "content": "c"}, {"type": "image/png", "url": "u"}]},
    {"text": "m", "metadata": {}},
    {"text": "m", "metadata": {"n": None, "b": False, "i": 7, "d": 0.1, "s": "", "l": [], "o": {}}},
    {"text": "m", "metadata": {"big": 9007199254740991, "small": 5e-324, "neg": -1.5, "": "x"}},
    {"text": "r", "reply_to": 1},
]


@pytest.mark.parametrize("writer", CODECS.values(), ids=CODECS.keys())
def test_a_room_written_in_either_encoding_reads_the_same_in_both(open_session, room, writer):
    source = open_session(writer)
    source.connect("ana")
    for message in MESSAGES:
        source.ask("publish", room=room, **message)
    readings = []
    for codec in CODECS.values():
        reader = open_session(codec)
        answer = reader.connect("bob", rooms={room: {"rewind": {"limit": 100}}})
        stream = reader.until_live(room)
        page = reader.ask("history", room=room)
        assert page["events"] == stream.events
        readings.append((answer["rooms"], stream.events, page, answer["limits"]))
    assert readings[0] == readings[1]
    for message, event in zip(MESSAGES, readings[0][1]):
        assert {name: event.get(name, {}) for name in message} == message


ASKED = [
    ("history", {"room": "not a room"}),
    ("history", {"room": "r", "limit": 201}),
    ("history", {"room": "r", "before": 1, "after": 2}),
    ("join", {"room": "r", "rewind": {"limit": 1001}}),
    ("publish", {"room": "r"}),
    ("publish", {"room": "r", "text": "x" * 65537}),
    ("publish", {"room": "never-used-room", "text": "x", "reply_to": 5}),
    ("connect", {"user": "ana"}),
]


@pytest.mark.parametrize(("op", "body"), ASKED, ids=lambda value: str(value)[:40])
def test_an_operation_is_refused_with_the_same_error_in_both(open_session, op, body):
    errors = []
    for codec in CODECS.values():
        session = open_session(codec)
        session.connect("ana")
        error = session.refused(op, **body)
        errors.append({name: value for name, value in error.items() if name != "retry_after_ms"})
    assert errors[0] == errors[1]


def test_a_gap_reads_the_same_in_both(open_session, room):
    gaps = []
    for codec in CODECS.values():
        session = open_session(codec)
        session.connect("ana")
        session.publish(room, "x")
        _, stream = session.join(room, since={"term": 5, "seq": 9}, max=1)
        session.until_live(room)
        gaps.append([gap["reason"] for gap in stream.gaps] + stream.texts)
    assert gaps == [["reset", "x"]] * 2


def test_live_events_reach_both_encodings_alike(open_session, room):
    readers = []
    for codec in CODECS.values():
        readers.append(open_session(codec))
        readers[-1].connect("bob")
        readers[-1].join(room)
        readers[-1].until_live(room)
    for message in MESSAGES:
        readers[0].ask("publish", room=room, **message)
    streams = [reader.until_seq(room, len(MESSAGES)) for reader in readers]
    assert streams[0].events == streams[1].events


def raw_text(session, text):
    """Sends JSON as it is; returns the first text that answers, undecoded."""
    session.wire.send(TEXT, text)
    return session.wire.message()[1].decode()


def test_json_writes_64_bit_integers_and_times_as_numbers(enter_json, room):
    text = raw_text(enter_json(), '{"id":5,"publish":{"room":"%s","text":"x"}}' % room)
    ack = json.loads(text)["published"]
    assert all(type(ack[name]) is int for name in ("seq", "term", "at"))
    assert '"term":"' not in text and "e+" not in text


def test_json_writes_the_fields_of_a_reply_even_where_they_are_0_or_false(enter_json, room):
    text = raw_text(enter_json(), '{"id":5,"join":{"room":"%s"}}' % room)
    frame = json.loads(text)
    joined = (frame if isinstance(frame, dict) else frame[0])["joined"]
    zero = {"term": 0, "seq": 0}
    assert joined == {"room": room, "head": zero, "start": zero}
    assert type(joined["head"]["seq"]) is int


def test_json_answers_with_utf8_not_with_surrogates(enter_json, room):
    ana = enter_json()
    ana.publish(room, "\U0001f680")
    text = raw_text(ana, '{"id":5,"history":{"room":"%s"}}' % room)
    assert json.loads(text)["page"]["events"][0]["text"] == "\U0001f680"


def test_the_schema_names_every_body_that_the_tests_know():
    from codecs_under_test import schema
    from sessions import PUSHES

    bodies = {field.name for field in schema().Envelope.DESCRIPTOR.oneofs_by_name["body"].fields}
    replies = {"connected", "joined", "left", "published", "page", "pong", "error"}
    assert PUSHES | replies | {"connect", "join", "leave", "publish", "history", "ping"} <= bodies
