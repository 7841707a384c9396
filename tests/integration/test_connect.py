"""docs/protocol.md, "connect": the first operation, who one is in development mode, and what is told back."""

import pytest

from codecs_under_test import JsonCodec, ProtoCodec

LIMITS = {
    "content_bytes": 65536,
    "frame_bytes": 1048576,
    "rooms_per_connection": 200,
    "publishes_per_second": 0,  # no rates in development mode
    "publishes_burst": 0,
    "history_limit": 200,
    "rewind_limit": 1000,
    "dedup_window_s": 86400,
}


def test_connected_names_the_connection_the_user_the_node_and_every_limit(open_session, codec):
    answer = open_session(codec).connect("ana")
    assert set(answer) == {"conn_id", "user", "node", "ping_ms", "limits", "rooms"}
    assert answer["conn_id"] and answer["node"] and answer["ping_ms"] > 0
    assert answer["user"] == "ana"
    assert answer["limits"] == LIMITS
    assert answer["rooms"] == {}


def test_two_connections_of_a_user_have_different_conn_ids(open_session, codec):
    answers = [open_session(codec).connect("ana") for _ in range(2)]
    assert answers[0]["conn_id"] != answers[1]["conn_id"]
    assert answers[0]["node"] == answers[1]["node"]


@pytest.mark.parametrize("body", [{}, {"user": ""}], ids=["no user", "an empty user"])
def test_connect_without_a_user_is_guest(open_session, codec, body):
    assert open_session(codec).ask("connect", **body)["user"] == "guest"


def test_a_null_user_is_guest(open_session):
    assert open_session().ask("connect", user=None)["user"] == "guest"


def test_the_parley_user_header_does_not_count_for_the_upgrade(open_session):
    session = open_session(headers=[("Parley-User", "mallory")])
    assert session.ask("connect")["user"] == "guest"


def test_a_client_may_name_its_software(open_session, codec):
    session = open_session(codec)
    session.connect("ana", client={"name": "suite", "version": "1.0"})


def test_a_token_is_a_bad_request_in_development_mode(open_session, codec):
    session = open_session(codec)
    assert session.refused("connect", token="a.b.c")["code"] == 4000
    assert session.refused("ping")["name"] == "unauthenticated"


@pytest.mark.parametrize("user", [".", "..", "a b", "a/b", "é", "u" * 129, "a\n", "'; DROP TABLE"])
def test_a_user_id_outside_the_alphabet_is_a_bad_request(open_session, codec, user):
    session = open_session(codec)
    assert session.refused("connect", user=user)["code"] == 4000
    assert session.refused("ping")["code"] == 4010


@pytest.mark.parametrize("user", ["A", "a" * 128, "AZaz09._~:@+-", "...", "-"])
def test_a_user_id_of_the_alphabet_is_taken_as_it_is(open_session, codec, user):
    assert open_session(codec).connect(user)["user"] == user


@pytest.mark.parametrize(
    ("op", "body"),
    [
        ("ping", {}),
        ("join", {"room": "r"}),
        ("leave", {"room": "r"}),
        ("publish", {"room": "r", "text": "x"}),
        ("history", {"room": "r"}),
    ],
)
def test_any_operation_before_connect_is_unauthenticated_and_the_socket_stays(
    open_session, codec, op, body
):
    session = open_session(codec)
    error = session.refused(op, **body)
    assert (error["code"], error["name"]) == (4010, "unauthenticated")
    session.connect("ana")
    assert session.ask("ping") == {}


@pytest.mark.parametrize(
    "text",
    [
        '{"id":-1,"connect":{"user":"ana"}}',
        '{"id":1,"connect":{},"ping":{}}',
        '{"id":1,"connect":7}',
        '{"id":1}',
        '{"id":1,"nonsense":{}}',
        '{"id":1,"joined":{"room":"r"}}',
        "[7]",
    ],
)
def test_what_is_no_operation_is_a_bad_request_before_connect_too(open_session, text):
    session = open_session()
    session.wire.send(JsonCodec.opcode, text)
    assert '"code":4000' in session.wire.message()[1].decode()
    session.connect("ana")


def test_an_envelope_without_an_operation_is_a_bad_request_before_connect_in_protobuf_too(open_session):
    session = open_session(ProtoCodec)
    session.send({"id": 1})
    assert session.reply(1)[1]["code"] == 4000
    session.connect("ana")


def test_a_second_connect_is_a_bad_request_and_the_identity_stays(enter, codec, room):
    ana = enter("ana")
    assert ana.refused("connect", user="mallory")["code"] == 4000
    ack = ana.publish(room, "who am I")
    page = ana.ask("history", room=room)
    assert [(e["seq"], e["sender"]) for e in page["events"]] == [(ack["seq"], "ana")]


def test_connect_and_more_operations_share_one_frame(open_session, codec, room):
    session = open_session(codec)
    session.send(
        {"id": 1, "ping": {}},
        {"id": 2, "connect": {"user": "ana"}},
        {"id": 3, "join": {"room": room}},
        {"id": 4, "ping": {}},
    )
    assert session.reply(1)[1]["code"] == 4010
    assert session.reply(2)[0] == "connected"
    assert session.reply(3)[0] == "joined"
    assert session.reply(4) == ("pong", {})


def padded_connect(codec, size):
    """A `connect` frame of exactly that many bytes."""
    if codec is JsonCodec:
        frame = b'{"id":1,"connect":{"user":"ana"}}'
        return frame + b" " * (size - len(frame))
    name = "x" * (size - 60)
    frame = b""
    while len(frame) < size:
        frame = ProtoCodec.encode([{"id": 1, "connect": {"user": "ana", "client": {"name": name}}}])
        name += "x" * (size - len(frame))
    return frame


def test_a_connect_frame_of_64_kib_is_taken(open_session, codec):
    session = open_session(codec)
    frame = padded_connect(codec, 65536)
    assert len(frame) == 65536
    session.wire.send(codec.opcode, frame)
    assert session.reply(1)[0] == "connected"


def test_a_connect_frame_above_64_kib_closes_with_1009(open_session, codec, bystander):
    session = open_session(codec)
    frame = padded_connect(codec, 65537)
    assert len(frame) == 65537
    session.wire.send(codec.opcode, frame)
    assert session.wire.close_code() == 1009


def test_ping_is_answered_by_pong(enter, codec):
    assert enter().ask("ping") == {}


def test_what_comes_before_connect_is_told_with_the_room_and_the_key_that_it_named(open_session, codec, room):
    session = open_session(codec)
    session.send({"publish": {"room": room, "client_msg_id": "k", "text": "x"}})
    error = session.error()
    assert (error["code"], error["room"], error["client_msg_id"]) == (4010, room, "k")
