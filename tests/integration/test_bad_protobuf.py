"""The Protobuf encoding: bytes that are no frame close with 4400, wrong values are bad_requests."""

import random

import pytest

from codecs_under_test import ProtoCodec, schema
from websocket_wire import BINARY, TEXT, Closed

pytestmark = pytest.mark.usefixtures("bystander")


@pytest.fixture
def ana(open_session):
    session = open_session(ProtoCodec)
    session.connect("ana")
    return session


def varint(number):
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def length_delimited(field, payload):
    return varint(field << 3 | 2) + varint(len(payload)) + payload


NOT_A_FRAME = {
    "a cut length": b"\x0a",
    "a length past the end": b"\x0a\x7fabc",
    "a varint without end": b"\x08" + b"\xff" * 11,
    "field number 0": b"\x02\x00",
    "a wire type that does not exist": b"\x0f",
    "an end of a group": b"\x0c",
    "a cut envelope": length_delimited(1, b"\x08"),
    "text": b'{"id":1,"ping":{}}',
}


@pytest.mark.parametrize("octets", NOT_A_FRAME.values(), ids=NOT_A_FRAME.keys())
def test_bytes_that_are_no_frame_close_with_4400(ana, octets):
    ana.wire.send(BINARY, octets)
    assert ana.wire.close_code() == 4400


def test_a_string_that_is_not_utf8_closes_or_is_refused_and_writes_no_log_line(ana, node):
    publish = length_delimited(1, b"r") + length_delimited(3, b"\xff\xfe")
    envelope = b"\x08\x15" + length_delimited(13, publish)
    ana.wire.send(BINARY, length_delimited(1, envelope))
    try:
        assert ana.reply(21)[1]["code"] == 4000
    except Closed as end:
        assert end.code in (4400, 1007)
    assert "libprotobuf" not in node.child.log.read_text(errors="replace")


def test_a_text_message_on_the_protobuf_subprotocol_closes_with_1003(ana):
    ana.wire.send(TEXT, '{"id":1,"ping":{}}')
    assert ana.wire.close_code() == 1003


def test_an_envelope_without_a_body_is_a_bad_request(ana):
    ana.send({"id": 21})
    assert ana.reply(21)[1]["code"] == 4000
    ana.send({})
    assert ana.error()["code"] == 4000


@pytest.mark.parametrize("body", ["pong", "batch", "published", "error"])
def test_a_reply_or_push_sent_by_a_client_is_a_bad_request(ana, body):
    ana.send({"id": 21, body: {}})
    assert ana.reply(21)[1]["code"] == 4000


def test_an_unknown_field_is_ignored(ana):
    ping = b"\x08\x15" + length_delimited(20, b"") + length_delimited(1999, b"future")
    ana.wire.send(BINARY, length_delimited(1, ping) + length_delimited(1999, b"future"))
    assert ana.reply(21) == ("pong", {})


def test_an_unknown_enum_value_is_a_bad_request(ana, room):
    ana.send({"id": 21, "join": {"room": room, "on_gap": 77}})
    assert ana.reply(21)[1]["code"] == 4000
    ana.send({"id": 22, "history": {"room": room, "view": 77}})
    assert ana.reply(22)[1]["code"] == 4000


def nested_metadata(room, levels):
    frame = schema().Frame()
    envelope = frame.envelopes.add(id=21)
    envelope.publish.room, envelope.publish.text = room, "x"
    struct = envelope.publish.metadata
    for _ in range(levels - 1):
        struct = struct.fields["a"].struct_value
    struct.fields["a"].number_value = 1
    return frame.SerializeToString()


def test_metadata_nested_as_deep_as_json_may_be_is_taken(ana, room):
    ana.wire.send(BINARY, nested_metadata(room, 14))
    assert ana.reply(21)[0] == "published"


def test_metadata_nested_deeper_closes_with_4400(ana, room):
    ana.wire.send(BINARY, nested_metadata(room, 15))
    assert ana.wire.close_code() == 4400


@pytest.mark.parametrize("levels", [1000, 5000])
def test_metadata_nested_without_end_closes_with_4400(ana, room, levels):
    octets = b"\x09" + b"\0" * 7 + b"\xf0\x3f"
    for _ in range(levels):
        struct = length_delimited(1, length_delimited(1, b"a") + length_delimited(2, octets))
        octets = length_delimited(5, struct)
    metadata = length_delimited(1, length_delimited(1, b"a") + length_delimited(2, octets))
    publish = length_delimited(1, room.encode()) + length_delimited(5, metadata)
    frame = length_delimited(1, b"\x08\x15" + length_delimited(13, publish))
    assert len(frame) < 1048576
    ana.wire.send(BINARY, frame)
    assert ana.wire.close_code() == 4400


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_json_lacks_in_metadata_is_refused(ana, room, number):
    frame = schema().Frame()
    envelope = frame.envelopes.add(id=21)
    envelope.publish.room, envelope.publish.text = room, "x"
    envelope.publish.metadata.fields["a"].number_value = number
    ana.wire.send(BINARY, frame.SerializeToString())
    try:
        assert ana.reply(21)[1]["code"] == 4000
    except Closed as end:
        assert end.code == 4400


def test_random_bytes_never_hurt_the_node(open_session):
    seed = 20061
    source = random.Random(seed)
    for _ in range(60):
        session = open_session(ProtoCodec)
        session.connect("ana")
        session.wire.send(BINARY, source.randbytes(source.randint(1, 200)))
        try:
            session.ask("ping")
        except Closed as end:
            assert end.code == 4400, seed
        session.wire.drop()


def test_a_cut_of_a_good_frame_at_any_byte_closes_or_is_answered(open_session, room):
    whole = ProtoCodec.encode(
        [{"id": 21, "publish": {"room": room, "text": "x", "metadata": {"a": [1, "b"]}}}]
    )
    for cut in range(1, len(whole)):
        session = open_session(ProtoCodec)
        session.connect("ana")
        session.wire.send(BINARY, whole[:cut])
        assert session.wire.close_code() == 4400, cut
        session.wire.drop()
