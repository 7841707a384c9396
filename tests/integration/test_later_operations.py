"""Operations that the protocol plans: refused by name where absent, tested with --later."""

import pytest


@pytest.mark.parametrize(
    ("op", "body"),
    [
        ("edit", {"seq": 1, "text": "y"}),
        ("delete", {"seq": 1}),
        ("mark_read", {"seq": 1}),
    ],
)
def test_an_operation_that_is_not_built_yet_is_a_bad_request_and_changes_nothing(
    enter, codec, room, op, body
):
    ana = enter("ana")
    ana.publish(room, "x")
    before = ana.ask("history", room=room, view="events")
    error = ana.refused(op, room=room, **body)
    assert (error["code"], error["name"], error["retryable"]) == (4000, "bad_request", False)
    assert ana.ask("history", room=room, view="events") == before


def test_refresh_is_a_bad_request_in_development_mode(enter, codec):
    ana = enter()
    assert ana.refused("refresh", token="a.b.c")["code"] == 4000
    assert ana.ask("ping") == {}


def test_typing_in_a_room_not_joined_is_a_bad_request(enter, codec, room):
    ana = enter()
    assert ana.refused("typing", room=room, state="started")["code"] == 4000
    assert ana.ask("ping") == {}


def test_an_unknown_typing_state_is_a_bad_request(enter_json, room):
    ana = enter_json()
    ana.join(room)
    assert ana.refused("typing", room=room, state="dancing")["code"] == 4000


@pytest.mark.later
def test_typing_reaches_the_others_of_the_room_and_not_its_own_connection(enter, codec, room):
    ana, bob = enter("ana"), enter("bob")
    for session in (ana, bob):
        session.join(room)
        session.until_live(room)
    ana.pushes.clear()
    assert ana.ask("typing", room=room, state="started") == {}
    _, body = bob.push("ephemeral", room=room)
    assert body == {"room": room, "typing": {"user": "ana", "state": "started"}}
    ana.ask("ping")
    assert all(name != "ephemeral" for name, _ in ana.pushes)


@pytest.mark.later
def test_typing_writes_no_event(enter, codec, room):
    ana = enter("ana")
    ana.join(room)
    ana.ask("typing", room=room, state="started")
    ana.ask("typing", room=room, state="stopped")
    assert ana.ask("history", room=room)["head"]["seq"] == 0
