"""SIGTERM drains; a node that comes back goes on with the same rooms, in a new term."""

import signal

import pytest

from codecs_under_test import CODECS
from http_wire import EventStream, post, request, room_path
from sessions import Session
from websocket_wire import Closed


def address_of(node):
    return ("127.0.0.1", node.port)


def drain(node):
    node.child.send(signal.SIGTERM)


@pytest.mark.parametrize("name", CODECS.keys())
def test_sigterm_tells_sessions_to_reconnect_then_closes_with_1001(own_node, room, name):
    node = own_node()
    with Session(address_of(node), CODECS[name]) as ana:
        ana.connect("ana")
        ana.join(room)
        ana.publish(room, "x")
        drain(node)
        _, body = ana.push("reconnect")
        assert set(body) == {"after_ms", "jitter_ms", "reason"}
        assert body["after_ms"] >= 0 and body["jitter_ms"] >= 0
        assert ana.wire.close_code() == 1001
    assert node.child.wait(15) == 0


@pytest.mark.G1
def test_what_was_in_flight_at_sigterm_is_acked_and_stored_or_refused_as_retryable(own_node, room):
    node = own_node()
    with Session(address_of(node)) as ana:
        ana.connect("ana")
        ana.publish(room, "first")
        ids = [ana.start("publish", room=room, text=f"{n}", client_msg_id=f"{n}") for n in range(300)]
        drain(node)
        answers = {}
        try:
            while len(answers) < len(ids):
                op_id = ids[len(answers)]
                answers[op_id] = ana.reply(op_id)
        except Closed as end:
            assert end.code == 1001
    assert node.child.wait(15) == 0
    acked = [body["seq"] for name, body in answers.values() if name == "published"]
    assert all(body["retryable"] for name, body in answers.values() if name == "error")
    node.start()
    with Session(address_of(node)) as ana:
        ana.connect("ana")
        head = ana.ask("history", room=room)["head"]["seq"]
        assert head >= max(acked, default=1)
        for n in range(300):
            answer = ana.publish(room, f"{n}", client_msg_id=f"{n}")
            if n < len(acked):
                assert answer["duplicate"] and answer["seq"] == acked[n]
        assert ana.ask("history", room=room)["head"]["seq"] == 301
    node.stop()


@pytest.mark.G2
@pytest.mark.G5
@pytest.mark.G8
def test_a_restarted_node_goes_on_with_the_same_room(own_node, room):
    node = own_node()
    with Session(address_of(node)) as ana:
        ana.connect("ana")
        acks = [ana.publish(room, f"{n}", client_msg_id=f"k{n}") for n in range(1, 21)]
        before = ana.ask("history", room=room)
    node.restart()
    with Session(address_of(node)) as ana:
        since = {"term": acks[9]["term"], "seq": acks[9]["seq"]}
        answer = ana.connect("ana", rooms={room: {"since": since}})
        assert answer["rooms"][room]["joined"]["recovered"] is True
        stream = ana.until_live(room)
        assert stream.seqs == list(range(11, 21)) and stream.gaps == []
        assert ana.ask("history", room=room) == before
        again = ana.publish(room, "7", client_msg_id="k7")
        assert again == acks[6] | {"duplicate": True}
        ack = ana.publish(room, "21")
        assert ack["seq"] == 21 and ack["term"] > acks[-1]["term"]
        assert ack["at"] >= acks[-1]["at"]
        ana.until_seq(room, 21)
    node.stop()


def test_an_event_stream_ends_at_sigterm_and_resumes_after_it(own_node, room):
    node = own_node()
    post(address_of(node), room, {"text": "one"})
    with EventStream(address_of(node), room_path(room, "stream", rewind=5)) as events:
        last = None
        while last is None or events_left(push):
            push = events.next()
            last = push.id or last
        drain(node)
        with pytest.raises(EOFError):
            while True:
                events.next()
    assert node.child.wait(15) == 0
    node.start()
    post(address_of(node), room, {"text": "two"})
    path = room_path(room, "stream")
    with EventStream(address_of(node), path, {"Last-Event-ID": last}) as events:
        push = events.next()
        assert [event["text"] for event in push.body["events"]] == ["two"]
    node.stop()


def events_left(push):
    """Read on until the stream is live."""
    return push.name != "live"


def test_a_node_without_sessions_ends_at_once_with_0(own_node):
    node = own_node()
    assert request(address_of(node), "GET", "/healthz").status == 200
    drain(node)
    assert node.child.wait(10) == 0
