"""docs/protocol.md, "Pushes", `head`: the readers of a quiet room are told where it stands, now and then."""

import secrets

import pytest

from conftest import address_of
from http_wire import EventStream, room_path
from sessions import Session
from websocket_wire import PATIENCE_S

pytestmark = pytest.mark.G3


@pytest.fixture(scope="module")
def telling(backend):
    """A node that says heads as often as it can: with each poll of the shards, about once a second."""
    node = backend.node("telling", flags=["--head-period-ms", "1"]).start()
    yield node
    node.stop()


@pytest.fixture
def enter_there(telling, codec):
    opened = []

    def connect(user):
        opened.append(Session(address_of(telling), codec))
        opened[-1].connect(user)
        return opened[-1]

    yield connect
    for session in opened:
        session.wire.drop()


def next_head(session, room):
    """The next `head`; what it must be equal to is checked by the stream (streams.py)."""
    name, body = session.push("head", room=room)
    return body["head"]


def test_a_quiet_room_says_its_head_again_and_again(enter_there, codec, room):
    ana = enter_there("ana")
    ana.join(room)
    ack = ana.publish(room, "the last for a while")
    ana.until_seq(room, 1)
    for _ in range(2):
        assert next_head(ana, room) == {"term": ack["term"], "seq": 1}


def test_every_reader_of_the_room_is_told(enter_there, codec, room):
    readers = [enter_there(name) for name in ("ana", "bob", "eve")]
    readers[0].publish(room, "hello")
    for reader in readers:
        reader.join(room, rewind={"limit": 1})
        reader.until_live(room)
    assert {next_head(reader, room)["seq"] for reader in readers} == {1}


def test_after_an_event_the_head_that_is_said_is_its_position(enter_there, codec, room):
    ana, bob = enter_there("ana"), enter_there("bob")
    ana.join(room)
    for n in (1, 2):
        bob.publish(room, f"{n}")
        ana.until_seq(room, n)
        assert next_head(ana, room)["seq"] == n


def test_the_head_of_a_room_never_used_is_the_beginning(enter_there, codec, room):
    ana = enter_there("ana")
    ana.join(room)
    assert next_head(ana, room) == {"term": 0, "seq": 0}


def test_a_room_that_was_left_says_nothing_more(enter_there, codec, room):
    ana = enter_there("ana")
    ana.join(room)
    ana.join(f"{room}-other")
    next_head(ana, room)
    ana.ask("leave", room=room)
    ana.pushes.clear()
    other = ana.streams[f"{room}-other"]
    heard = len(other.heads)
    ana.until(lambda: len(other.heads) >= heard + 2, f"{room}-other", PATIENCE_S)
    assert {body["room"] for _, body in ana.pushes} == {f"{room}-other"}


def test_an_event_stream_is_told_without_an_id(telling):
    room = f"room-{secrets.token_hex(6)}"
    with EventStream(address_of(telling), room_path(room, "stream")) as events:
        push = events.next()
        while push.name != "head":
            push = events.next()
        assert push.body == {"room": room, "head": {"term": 0, "seq": 0}}
        assert push.id is None
