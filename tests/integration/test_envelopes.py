"""docs/protocol.md, "Connection", the envelope: ids, batches, absent and unknown fields; JSON unless said."""

import json

import pytest

from websocket_wire import TEXT

pytestmark = pytest.mark.usefixtures("bystander")


def send(session, text):
    session.wire.send(TEXT, text)


def test_an_empty_array_is_fine_and_says_nothing(enter_json):
    ana = enter_json()
    send(ana, "[]")
    assert ana.ask("ping") == {}
    assert not ana.errors


def test_an_empty_protobuf_frame_is_fine(open_session):
    from codecs_under_test import ProtoCodec

    ana = open_session(ProtoCodec)
    ana.connect("ana")
    ana.wire.send(ProtoCodec.opcode, b"")
    assert ana.ask("ping") == {}
    assert not ana.errors


def test_an_array_carries_many_operations_and_each_is_answered(enter, codec, room):
    ana = enter("ana")
    ana.send(
        {"id": 11, "ping": {}},
        {"id": 12, "publish": {"room": room, "text": "x"}},
        {"id": 13, "history": {"room": "not a room"}},
        {"id": 14, "leave": {"room": room}},
        {"id": 15, "ping": {}},
    )
    names = [ana.reply(op_id)[0] for op_id in range(11, 16)]
    assert names == ["pong", "published", "error", "left", "pong"]


def test_an_array_of_a_thousand_pings_is_answered_a_thousand_times(enter, codec):
    ana = enter("ana")
    ana.send(*[{"id": n, "ping": {}} for n in range(1001, 2001)])
    assert {ana.reply(n)[0] for n in range(1001, 2001)} == {"pong"}


def test_the_highest_id_is_echoed(enter, codec):
    ana = enter("ana")
    ana.send({"id": 2**32 - 1, "ping": {}})
    assert ana.reply(2**32 - 1) == ("pong", {})


@pytest.mark.parametrize("start", ["", '"id":0,', '"id":null,'], ids=["no id", "0", "null"])
def test_an_operation_without_id_has_no_reply_on_success(enter_json, start):
    ana = enter_json()
    send(ana, "{%s\"ping\":{}}" % start)
    assert ana.ask("ping") == {}
    assert not ana.replies and not ana.errors and not ana.pushes


@pytest.mark.parametrize("start", ["", '"id":0,', '"id":null,'], ids=["no id", "0", "null"])
def test_an_error_of_an_operation_without_id_is_a_push_without_id(enter_json, start):
    ana = enter_json()
    send(ana, '{%s"history":{"room":"not a room"}}' % start)
    error = ana.error()
    assert (error["code"], error["name"]) == (4000, "bad_request")
    assert ana.ask("ping") == {}


@pytest.mark.parametrize(
    "bad",
    ["-1", "1.5", '"1"', "true", "[1]", "{}", "4294967296", "9007199254740992", "1e300",
     "123456789012345678901234567890"],
)  # fmt: skip
def test_a_bad_id_is_a_bad_request_without_id(enter_json, bad):
    ana = enter_json()
    send(ana, '{"id":%s,"ping":{}}' % bad)
    assert ana.error()["code"] == 4000
    assert ana.ask("ping") == {}


@pytest.mark.parametrize(
    "bodies",
    ["", '"ping":null', '"shout":{}', '"pong":{}', '"batch":{}', '"ping":{},"leave":{"room":"a"}',
     '"ping":{},"pong":{}', '"ping":5', '"ping":[]', '"ping":"x"', '"publish":true'],
)  # fmt: skip
def test_an_envelope_needs_exactly_one_operation_that_is_an_object(enter_json, bodies):
    ana = enter_json()
    send(ana, '{"id":21%s%s}' % ("," if bodies else "", bodies))
    assert ana.reply(21)[1]["code"] == 4000
    assert ana.ask("ping") == {}


@pytest.mark.parametrize("element", ["5", "null", '"x"', "[]", "true"])
def test_an_array_element_that_is_no_object_is_a_bad_request_of_its_own(enter_json, element):
    ana = enter_json()
    send(ana, '[{"id":21,"ping":{}},%s,{"id":22,"ping":{}}]' % element)
    assert ana.reply(21)[0] == ana.reply(22)[0] == "pong"
    assert ana.error()["code"] == 4000


def test_unknown_fields_are_ignored_everywhere(enter_json, room):
    ana = enter_json()
    envelope = {
        "id": 21,
        "future": {"x": [1, 2]},
        "publish": {
            "room": room,
            "text": "x",
            "colour": "red",
            "parts": [{"type": "t", "content": "c", "size": 3}],
        },
    }
    send(ana, json.dumps(envelope))
    assert ana.reply(21)[0] == "published"
    (event,) = ana.ask("history", room=room, depth={"y": 1})["events"]
    assert event["parts"] == [{"type": "t", "content": "c"}] and "colour" not in event


def test_of_repeated_keys_the_last_counts(enter_json, room):
    ana = enter_json()
    send(
        ana,
        '{"id":21,"id":22,"publish":{"room":"other","room":"%s","text":"a","text":"b"}}' % room,
    )
    assert ana.ack(22)["room"] == room
    assert [e["text"] for e in ana.ask("history", room=room)["events"]] == ["b"]
    assert not ana.replies


def test_of_a_repeated_body_the_last_counts(enter_json, room):
    ana = enter_json()
    publish = '"publish":{"room":"%s","text":"%s"}'
    send(ana, '{"id":21,%s,%s}' % (publish % (room, "a"), publish % (room, "b")))
    assert ana.ack(21)["seq"] == 1
    assert [e["text"] for e in ana.ask("history", room=room)["events"]] == ["b"]


def test_a_null_body_beside_another_is_absent(enter_json):
    ana = enter_json()
    send(ana, '{"id":21,"publish":null,"ping":{}}')
    assert ana.reply(21) == ("pong", {})


def test_blanks_around_and_inside_a_frame_are_fine(enter_json):
    ana = enter_json()
    send(ana, ' \r\n\t{ "id" : 21 ,\n "ping" : { } } \n')
    assert ana.reply(21) == ("pong", {})


def test_escapes_in_names_are_names(enter_json):
    ana = enter_json()
    send(ana, '{"\\u0069d":21,"p\\u0069ng":{}}')
    assert ana.reply(21) == ("pong", {})


def test_a_frame_of_exactly_frame_bytes_is_taken(enter_json):
    ana = enter_json()
    ping = '{"id":21,"ping":{}}'
    send(ana, ping + " " * (1048576 - len(ping)))
    assert ana.reply(21) == ("pong", {})


@pytest.mark.parametrize("fragments", [1, 4], ids=["in one frame", "in fragments"])
def test_a_frame_above_frame_bytes_closes_with_1009(enter_json, fragments):
    ana = enter_json()
    ping = '{"id":21,"ping":{}}'
    octets = (ping + " " * (1048577 - len(ping))).encode()
    step = -(-len(octets) // fragments)
    pieces = [octets[n : n + step] for n in range(0, len(octets), step)]
    for n, piece in enumerate(pieces):
        ana.wire.send_if_heard(TEXT if n == 0 else 0, piece, fin=n == len(pieces) - 1)
    assert ana.wire.close_code() == 1009


def test_a_declared_length_of_2_to_the_62_closes_at_once(enter_json):
    ana = enter_json()
    ana.wire.write(b"\x81\xff" + (2**62).to_bytes(8, "big") + b"\0\0\0\0abc")
    assert ana.wire.close_code() == 1009


def test_a_hundred_thousand_unknown_keys_are_ignored_in_time(enter_json):
    ana = enter_json()
    keys = ",".join(f'"{n}":0' for n in range(100_000))
    assert len(keys) < 1048000
    send(ana, '{"id":21,%s,"ping":{}}' % keys)
    assert ana.reply(21, patience_s=5) == ("pong", {})
