"""docs/protocol.md, "publish": the ack, the order, the event that everyone then sees."""

import time

import pytest


@pytest.mark.G1
def test_a_publish_is_acked_with_its_position_and_time(enter, codec, room):
    before = time.time() * 1000
    ack = enter("ana").publish(room, "hello")
    assert set(ack) == {"room", "seq", "term", "at", "duplicate"}
    assert (ack["room"], ack["seq"], ack["duplicate"]) == (room, 1, False)
    assert ack["term"] > 0 and before - 2000 <= ack["at"] <= time.time() * 1000 + 2000


@pytest.mark.G1
@pytest.mark.G2
def test_what_was_acked_is_in_the_room_under_that_seq(enter, codec, room):
    ana = enter("ana")
    ack = ana.publish(room, "hello", client_msg_id="c-1")
    (event,) = ana.ask("history", room=room, view="events")["events"]
    assert event == {
        "seq": ack["seq"],
        "term": ack["term"],
        "at": ack["at"],
        "kind": "message.created",
        "sender": "ana",
        "text": "hello",
        "client_msg_id": "c-1",
        "version": 1,
    }


@pytest.mark.G2
def test_the_event_of_the_stream_equals_the_event_of_the_history(enter, codec, room):
    ana = enter("ana")
    ana.join(room)
    ana.publish(
        room,
        "hello",
        client_msg_id="c-1",
        parts=[{"type": "text/plain", "content": "hi"}, {"type": "image/png", "url": "https://x/y"}],
        metadata={"a": [1, 2.5, None, True, {"b": "c"}], "z": ""},
    )
    ana.publish(room, "and", reply_to=1)
    events = ana.until_seq(room, 2).events
    assert ana.ask("history", room=room)["events"] == events
    assert events[0]["metadata"] == {"a": [1, 2.5, None, True, {"b": "c"}], "z": ""}
    assert events[0]["parts"][1] == {"type": "image/png", "url": "https://x/y"}
    assert events[1]["reply_to"] == 1


@pytest.mark.G2
def test_seqs_of_a_room_are_1_2_3_without_a_hole(enter, codec, room):
    ana = enter("ana")
    ids = [ana.start("publish", room=room, text=f"{n}") for n in range(200)]
    acks = [ana.ack(op_id) for op_id in ids]
    assert [ack["seq"] for ack in acks] == list(range(1, 201))
    times = [ack["at"] for ack in acks]
    assert times == sorted(times), "`at` never falls within a room"


@pytest.mark.G2
def test_writes_of_one_session_to_one_room_are_answered_in_the_order_sent(enter, codec, room):
    ana = enter("ana")
    envelopes = [{"id": 100 + n, "publish": {"room": room, "text": f"{n}"}} for n in range(50)]
    ana.send(*envelopes)
    ana.reply(149)
    assert [op_id for op_id in ana.replies] == list(range(100, 149))
    assert [ana.replies[op_id][1]["seq"] for op_id in ana.replies] == list(range(1, 50))


def test_a_publish_that_validation_refuses_fails_alone_and_leaves_no_hole(enter, codec, room):
    ana = enter("ana")
    ana.send(
        {"id": 11, "publish": {"room": room, "text": "one"}},
        {"id": 12, "publish": {"room": room, "text": "bad\0text"}},
        {"id": 13, "publish": {"room": room, "text": "x" * 65537}},
        {"id": 14, "publish": {"room": room, "text": "r", "reply_to": 999}},
        {"id": 15, "publish": {"room": room, "text": "two"}},
    )
    answers = [ana.reply(op_id) for op_id in range(11, 16)]
    assert [body.get("code") for _, body in answers] == [None, 4000, 4130, 4041, None]
    assert [body.get("seq") for _, body in answers] == [1, None, None, None, 2]


def test_one_may_publish_to_a_room_without_joining_it(enter, codec, room):
    ana = enter("ana")
    ana.publish(room, "over the fence")
    ana.ask("ping")
    assert not ana.pushes


def test_rooms_number_their_events_independently(enter, codec, room):
    ana = enter("ana")
    assert [ana.publish(f"{room}-{n % 3}", "x")["seq"] for n in range(6)] == [1, 1, 1, 2, 2, 2]


def test_letter_case_in_a_room_id_matters(enter, codec, room):
    ana = enter("ana")
    ana.publish(room.lower(), "lower")
    ana.publish(room.upper(), "upper")
    assert [e["text"] for e in ana.ask("history", room=room.upper())["events"]] == ["upper"]


def test_a_reply_names_an_existing_message(enter, codec, room):
    ana = enter("ana")
    ana.publish(room, "question")
    ana.publish(room, "answer", reply_to=1)
    assert ana.ask("history", room=room)["events"][1]["reply_to"] == 1


def test_a_reply_to_a_message_far_back_is_found(enter, codec, room):
    ana = enter("ana")
    ids = [ana.start("publish", room=room, text="x") for _ in range(1500)]
    ids.append(ana.start("publish", room=room, text="answer", reply_to=1))
    assert ana.ack(ids[-1])["seq"] == 1501


def test_a_reply_may_name_a_message_that_is_still_on_its_way(enter, codec, room):
    ana = enter("ana")
    ana.send(
        {"id": 11, "publish": {"room": room, "text": "question"}},
        {"id": 12, "publish": {"room": room, "text": "answer", "reply_to": 1}},
        {"id": 13, "publish": {"room": room, "text": "its own", "reply_to": 3}},
        {"id": 14, "publish": {"room": room, "text": "next"}},
    )
    assert [ana.ack(op_id)["seq"] for op_id in (11, 12, 14)] == [1, 2, 3]
    assert ana.reply(13)[1]["name"] == "message_not_found"
    assert ana.ask("history", room=room)["events"][1]["reply_to"] == 1


@pytest.mark.parametrize("target", [2, 1000, 2**53 - 1])
def test_a_reply_to_a_seq_that_the_room_lacks_is_message_not_found(enter, codec, room, target):
    ana = enter("ana")
    ana.publish(room, "only one")
    error = ana.refused("publish", room=room, text="answer", reply_to=target)
    assert (error["code"], error["name"]) == (4041, "message_not_found")
    assert ana.publish(room, "next")["seq"] == 2


def test_a_reply_to_0_is_no_reply(enter, codec, room):
    ana = enter("ana")
    ana.publish(room, "plain", reply_to=0)
    assert "reply_to" not in ana.ask("history", room=room)["events"][0]


def test_a_reply_to_2_to_the_53_is_a_bad_request(enter, codec, room):
    assert enter().refused("publish", room=room, text="x", reply_to=2**53)["code"] == 4000


def test_a_thousand_publishes_in_a_second_are_no_flood_in_development_mode(enter, codec, room):
    ana = enter("ana")
    ids = [ana.start("publish", room=room, text="x") for n in range(1000)]
    assert len([ana.ack(op_id) for op_id in ids]) == 1000


def test_a_publish_without_an_id_has_no_reply_but_takes_effect(enter, codec, room):
    ana = enter("ana")
    ana.send({"publish": {"room": room, "text": "silent"}})
    ana.send({"id": 7, "publish": {"room": room, "text": "loud"}})
    assert ana.ack(7)["seq"] == 2
    assert not ana.replies and not ana.errors


def test_a_refused_publish_without_an_id_comes_back_with_its_room_and_key(enter, codec, room):
    ana = enter("ana")
    ana.send({"publish": {"room": room, "text": "x", "client_msg_id": "k-1", "reply_to": 9}})
    error = ana.error()
    assert (error["code"], error["room"], error["client_msg_id"]) == (4041, room, "k-1")
    assert error["retryable"] is False and error["message"]


def test_as_many_publishes_as_a_frame_holds_meet_no_rate(enter, codec, room):
    """In development mode there is none. A slow machine may be late for some (`unavailable`), in order all the same."""
    ana, ids = enter(), range(1001, 7001)
    ana.send(*[{"id": op_id, "publish": {"room": room, "text": "x"}} for op_id in ids])
    answers = [ana.reply(op_id, patience_s=60) for op_id in ids]
    assert {answer["name"] for kind, answer in answers if kind == "error"} <= {"unavailable", "outcome_unknown"}
    seqs = [answer["seq"] for kind, answer in answers if kind == "published"]
    assert seqs == list(range(1, len(seqs) + 1)) and len(seqs) >= 1000
    assert ana.ask("ping") == {}
