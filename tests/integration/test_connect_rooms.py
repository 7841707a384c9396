"""docs/protocol.md, "connect", its `rooms`: several rooms joined or resumed in the first round trip."""

import pytest

from http_wire import request


@pytest.mark.G3
@pytest.mark.G8
def test_connect_resumes_several_rooms_each_from_its_own_position(enter, open_session, codec, room):
    rooms = [f"{room}-{n}" for n in range(5)]
    ana, acks = enter("ana"), {}
    for n, name in enumerate(rooms):
        acks[name] = [ana.publish(name, f"{n}.{k}") for k in range(10)]
    asked = {
        name: {"since": {"term": acks[name][n]["term"], "seq": acks[name][n]["seq"]}}
        for n, name in enumerate(rooms)
    }
    bob = open_session(codec)
    answer = bob.connect("bob", rooms=asked)
    assert set(answer["rooms"]) == set(rooms)
    for n, name in enumerate(rooms):
        joined = answer["rooms"][name]["joined"]
        assert joined["recovered"] is True and joined["start"] == asked[name]["since"]
        stream = bob.until_live(name)
        assert stream.texts == [f"{n}.{k}" for k in range(n + 1, 10)]


def test_a_bad_room_in_connect_does_not_spoil_the_others(open_session, codec, room):
    session = open_session(codec)
    answer = session.connect("ana", rooms={room: {}, "not a room": {}, f"{room}-2": {"max": 1001}})
    assert answer["rooms"][room]["joined"]["head"] == {"term": 0, "seq": 0}
    assert answer["rooms"]["not a room"]["error"]["code"] == 4000
    assert answer["rooms"][f"{room}-2"]["error"]["code"] == 4000
    session.until_live(room)
    ack = session.publish(room, "works")
    session.until_seq(room, ack["seq"])


def test_rooms_in_connect_take_the_same_options_as_join(open_session, enter, codec, room):
    ana = enter("ana")
    for n in range(8):
        ana.publish(room, f"{n}")
    first = ana.ask("history", room=room)["events"][0]
    bob = open_session(codec)
    since = {"term": first["term"], "seq": first["seq"]}
    rooms = {room: {"since": since, "on_gap": "jump", "max": 3}}
    bob.connect("bob", rooms=rooms)
    stream = bob.until_live(room)
    assert [gap["reason"] for gap in stream.gaps] == ["jump"]
    assert stream.seqs == [6, 7, 8]


def test_a_room_joined_in_connect_can_be_left(open_session, codec, room):
    session = open_session(codec)
    session.connect("ana", rooms={room: {"rewind": {"limit": 5}}})
    session.until_live(room)
    assert session.ask("leave", room=room) == {"room": room}


@pytest.mark.G3
def test_a_join_behind_connect_replaces_the_join_of_its_room_and_both_are_answered(
    open_session, enter, codec, room
):
    ana = enter("ana")
    last = [ana.publish(room, f"{n}") for n in range(4)][-1]["seq"]
    session = open_session(codec)
    session.send(
        {"id": 1, "connect": {"user": "bob", "rooms": {room: {}, f"{room}-2": {}}}},
        {"id": 2, "join": {"room": room, "rewind": {"limit": 2}}},
        {"id": 3, "leave": {"room": f"{room}-2"}},
    )
    op, answer = session.reply(1)
    assert op == "connected"
    assert all("joined" in outcome for outcome in answer["rooms"].values())
    assert session.reply(2)[1]["start"]["seq"] == last - 2
    assert session.reply(3) == ("left", {"room": f"{room}-2"})
    assert session.until_live(room).texts[-2:] == ["2", "3"]


def test_of_201_rooms_in_connect_one_is_quota_exceeded_and_the_others_are_joined(
    open_session, codec, room
):
    answer = open_session(codec).connect("ana", rooms={f"{room}-{n}": {} for n in range(201)})
    refused = [o["error"]["name"] for o in answer["rooms"].values() if "error" in o]
    assert refused == ["quota_exceeded"]
    assert sum("joined" in outcome for outcome in answer["rooms"].values()) == 200


@pytest.mark.parametrize("options", [5, "x", [], True, {"since": 7}, {"rewind": {"limit": -1}}])
def test_wrong_options_of_a_room_in_connect_are_that_rooms_error(open_session, room, options):
    answer = open_session().connect("ana", rooms={room: options, f"{room}-2": {}})
    assert answer["rooms"][room]["error"]["code"] == 4000
    assert "joined" in answer["rooms"][f"{room}-2"]


@pytest.mark.parametrize("rooms", [5, "x", ["r"], True])
def test_rooms_of_connect_that_are_no_object_are_a_bad_request(open_session, rooms):
    session = open_session()
    assert session.refused("connect", rooms=rooms)["code"] == 4000
    assert session.refused("ping")["code"] == 4010


@pytest.mark.G3
def test_a_connect_without_id_has_no_reply_and_its_rooms_streams_begin(enter, open_session, codec, room):
    enter("ana").publish(room, "before")
    bob = open_session(codec)
    bob.send({"connect": {"user": "bob", "rooms": {room: {"rewind": {"limit": 5}}, "not a room": {}}}})
    error = bob.error()
    assert (error["code"], error["room"]) == (4000, "not a room")
    assert bob.push("batch", room=room)[1]["prev"] == 0
    assert bob.push("live", room=room)[1]["at"]["seq"] == 1
    ack = bob.publish(room, "after")
    assert ack["seq"] == 2
    assert [e["seq"] for e in bob.push("batch", room=room)[1]["events"]] == [2]
    assert not bob.replies and not bob.errors


@pytest.mark.G3
def test_a_join_without_id_that_replaces_another_is_still_proven_whole(enter, address, codec, room):
    ana = enter("ana")
    for n in range(5):
        ana.publish(room, f"{n}")
    ana.join(room)
    ana.until_live(room)
    ana.streams.pop(room)
    ana.send({"join": {"room": room, "rewind": {"limit": 3}}})
    assert ana.push("batch", room=room)[1]["prev"] == 2
    assert ana.push("live", room=room)[1]["at"]["seq"] == 5
    metrics = request(address, "GET", "/metrics").body.decode()
    assert "parley_stream_violations_total 0" in metrics
