"""docs/protocol.md, "publish": a repeat of (room, sender, client_msg_id) stores nothing new (G5)."""

import pytest

from codecs_under_test import JsonCodec, ProtoCodec
from http_wire import post

pytestmark = pytest.mark.G5

MESSAGE = {
    "text": "hello",
    "parts": [{"type": "text/plain", "content": "p"}],
    "metadata": {"n": 1, "list": [1, 2], "o": {"a": "b", "c": None}},
}


def is_first_again(first, answer):
    return answer == first | {"duplicate": True}


def test_a_repeat_gets_the_first_result_and_duplicate_true(enter, codec, room):
    ana = enter("ana")
    first = ana.ask("publish", room=room, client_msg_id="k", **MESSAGE)
    ana.publish(room, "between")
    assert is_first_again(first, ana.ask("publish", room=room, client_msg_id="k", **MESSAGE))
    assert ana.ask("history", room=room)["head"]["seq"] == 2


def test_a_repeat_on_another_connection_of_the_sender_is_a_duplicate(enter, codec, room):
    first = enter("ana").publish(room, "x", client_msg_id="k")
    assert is_first_again(first, enter("ana").publish(room, "x", client_msg_id="k"))


def test_repeats_in_one_frame_store_one_event(enter, codec, room):
    ana = enter("ana")
    publish = {"room": room, "text": "x", "client_msg_id": "k"}
    ana.send(*[{"id": n, "publish": publish} for n in range(11, 16)])
    answers = [ana.ack(n) for n in range(11, 16)]
    assert {answer["seq"] for answer in answers} == {1}
    assert [answer["duplicate"] for answer in answers] == [False] + [True] * 4


def test_a_repeat_right_behind_others_of_its_batch_is_a_duplicate(enter, codec, room):
    ana = enter("ana")
    ids = [
        ana.start("publish", room=room, text=f"{n % 50}", client_msg_id=f"k{n % 50}")
        for n in range(150)
    ]
    answers = [ana.ack(op_id) for op_id in ids]
    assert [a["seq"] for a in answers] == list(range(1, 51)) * 3
    assert ana.publish(room, "next")["seq"] == 51


def test_a_subscriber_sees_a_repeated_publish_once(enter, codec, room):
    ana = enter("ana")
    ana.join(room)
    for _ in range(3):
        ana.publish(room, "x", client_msg_id="k")
    ana.publish(room, "end")
    assert ana.until_seq(room, 2).texts == ["x", "end"]


@pytest.mark.parametrize(
    "other",
    [
        MESSAGE | {"text": "hello!"},
        MESSAGE | {"text": ""},
        MESSAGE | {"parts": []},
        MESSAGE | {"parts": [{"type": "text/plain", "url": "p"}]},
        MESSAGE | {"metadata": {"n": 2, "list": [1, 2], "o": {"a": "b", "c": None}}},
        MESSAGE | {"metadata": {"n": 1, "list": [2, 1], "o": {"a": "b", "c": None}}},
        MESSAGE | {"metadata": {"n": "1", "list": [1, 2], "o": {"a": "b", "c": None}}},
        MESSAGE | {"reply_to": 1},
    ],
    ids=["text", "no text", "no parts", "url", "a number", "order", "type of a value", "reply_to"],
)
def test_the_same_key_with_another_body_is_an_idempotency_mismatch(enter, codec, room, other):
    ana = enter("ana")
    ana.publish(room, "zero")
    first = ana.ask("publish", room=room, client_msg_id="k", **MESSAGE)
    error = ana.refused("publish", room=room, client_msg_id="k", **other)
    assert (error["code"], error["name"]) == (4091, "idempotency_mismatch")
    assert error["retryable"] is False
    assert ana.ask("history", room=room)["head"]["seq"] == first["seq"]


def test_bad_content_under_a_used_key_is_a_bad_request_not_a_mismatch(enter, codec, room):
    ana = enter("ana")
    ana.publish(room, "x", client_msg_id="k")
    assert ana.refused("publish", room=room, text="a\0b", client_msg_id="k")["code"] == 4000


def test_a_key_refused_for_bad_content_is_still_unused(enter, codec, room):
    ana = enter("ana")
    ana.refused("publish", room=room, text="a\0b", client_msg_id="k")
    ana.refused("publish", room=room, text="a", reply_to=5, client_msg_id="k")
    assert ana.publish(room, "good", client_msg_id="k")["duplicate"] is False


def test_metadata_is_compared_as_values_not_as_text(open_session, room):
    ana = open_session()
    ana.connect("ana")
    template = '{"id":%d,"publish":{"room":"%s","text":"x","client_msg_id":"k","metadata":%s}}'
    for n, text in enumerate(
        ['{"a":1,"b":[100]}', '{"b":[1e2],"a":1.0}', '{ "b" : [100.0], "a" : 10e-1 }'], start=21
    ):
        ana.wire.send(JsonCodec.opcode, template % (n, room, text))
        answer = ana.ack(n)
        assert (answer["seq"], answer["duplicate"]) == (1, n > 21)


def test_the_same_key_of_another_sender_or_room_is_another_message(enter, codec, room):
    ana, bob = enter("ana"), enter("bob")
    ana.publish(room, "x", client_msg_id="k")
    assert bob.publish(room, "y", client_msg_id="k")["duplicate"] is False
    assert ana.publish(f"{room}-2", "z", client_msg_id="k")["duplicate"] is False


def test_without_a_key_nothing_is_de_duplicated(enter, codec, room):
    ana = enter("ana")
    acks = [ana.publish(room, "x"), ana.publish(room, "x"), ana.publish(room, "x", client_msg_id="")]
    assert [(ack["seq"], ack["duplicate"]) for ack in acks] == [(n, False) for n in (1, 2, 3)]


def test_both_encodings_share_one_dedup(open_session, room):
    sessions = [open_session(JsonCodec), open_session(ProtoCodec)]
    for session in sessions:
        session.connect("ana")
    for n, (one, two) in enumerate([sessions, sessions[::-1]]):
        first = one.ask("publish", room=room, client_msg_id=f"k{n}", **MESSAGE)
        assert is_first_again(
            first, two.ask("publish", room=room, client_msg_id=f"k{n}", **MESSAGE)
        )


def test_http_and_websocket_share_one_dedup(enter, codec, address, room):
    ana = enter("ana")
    first = ana.ask("publish", room=room, client_msg_id="k", **MESSAGE)
    again = post(address, room, MESSAGE, user="ana", Idempotency_Key="k")
    assert again.status == 200 and is_first_again(first, again.json())
    other = post(address, room, {"text": "y"}, user="ana", Idempotency_Key="k2")
    assert other.status == 201
    assert is_first_again(other.json(), ana.publish(room, "y", client_msg_id="k2"))


@pytest.mark.parametrize("key", ["k" * 129, "a b", "é", "\x7f", "\t", "a\n"])
def test_a_key_of_other_characters_or_longer_than_128_is_a_bad_request(enter, codec, room, key):
    error = enter().refused("publish", room=room, text="x", client_msg_id=key)
    assert error["code"] == 4000


@pytest.mark.parametrize("key", ["!", "~", "k" * 128, "a/b\\c\"d'e;--", "{}[]<>&%"])
def test_a_key_of_printable_ascii_comes_back_as_it_was(enter, codec, room, key):
    ana = enter("ana")
    ana.publish(room, "x", client_msg_id=key)
    assert ana.ask("history", room=room)["events"][0]["client_msg_id"] == key
    assert ana.publish(room, "x", client_msg_id=key)["duplicate"] is True
