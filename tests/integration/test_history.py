"""docs/protocol.md, "history": pages of a room in every direction."""

import pytest


def page(session, room, **query):
    answer = session.ask("history", room=room, **query)
    assert {"room", "events", "head"} <= set(answer)
    assert set(answer) <= {"room", "events", "head", "older", "newer"}
    assert answer["room"] == room
    seqs = [event["seq"] for event in answer["events"]]
    assert seqs == sorted(set(seqs)), "ascending"
    return seqs, answer.get("older"), answer.get("newer"), answer


def span(first, last):
    return list(range(first, last + 1))


# Of a room with seqs 1 to 1250.
PAGES = {
    "the newest fifty by default": ({}, span(1201, 1250), 1201, None),
    "the newest": ({"limit": 3}, span(1248, 1250), 1248, None),
    "at most 200": ({"limit": 200}, span(1051, 1250), 1051, None),
    "before is exclusive": ({"before": 100, "limit": 3}, span(97, 99), 97, 99),
    "before, default limit": ({"before": 100}, span(50, 99), 50, 99),
    "before near the start": ({"before": 3, "limit": 10}, [1, 2], None, 2),
    "before the first": ({"before": 1}, [], None, None),
    "before head + 1": ({"before": 1251, "limit": 2}, [1249, 1250], 1249, None),
    "before far ahead": ({"before": 2**53 - 1, "limit": 2}, [1249, 1250], 1249, None),
    "after is exclusive": ({"after": 100, "limit": 3}, span(101, 103), 101, 103),
    "after near the end": ({"after": 1248, "limit": 10}, [1249, 1250], 1249, None),
    "after the head": ({"after": 1250}, [], None, None),
    "after far ahead": ({"after": 2**53 - 1}, [], None, None),
    "around, even": ({"around": 100, "limit": 4}, span(98, 101), 98, 101),
    "around, odd": ({"around": 100, "limit": 5}, span(98, 102), 98, 102),
    "around, one": ({"around": 100, "limit": 1}, [100], 100, 100),
    "around the first": ({"around": 1, "limit": 6}, [1, 2, 3], None, 3),
    "around the second": ({"around": 2, "limit": 6}, [1, 2, 3, 4], None, 4),
    "around the head": ({"around": 1250, "limit": 6}, span(1247, 1250), 1247, None),
    "around head + 1": ({"around": 1251, "limit": 6}, span(1248, 1250), 1248, None),
}


@pytest.mark.parametrize("view", ["messages", "events"])
@pytest.mark.parametrize(("query", "seqs", "older", "newer"), PAGES.values(), ids=PAGES.keys())
def test_a_page_holds_exactly_the_range_asked_for(
    enter, codec, long_room, view, query, seqs, older, newer
):
    got = page(enter(), long_room, view=view, **query)
    assert got[:3] == (seqs, older, newer)
    assert [event["text"] for event in got[3]["events"]] == [f"n{seq}" for seq in seqs]


def test_messages_are_the_view_by_default(enter, codec, long_room):
    ana = enter()
    default = ana.ask("history", room=long_room, limit=5)
    assert default == ana.ask("history", room=long_room, limit=5, view="messages")


@pytest.mark.G2
def test_older_leads_back_to_the_first_message_without_a_hole(enter, codec, long_room):
    ana, query, seen = enter(), {}, []
    while True:
        seqs, older, _, _ = page(ana, long_room, limit=200, **query)
        seen = seqs + seen
        if older is None:
            break
        query = {"before": older}
    assert seen == span(1, 1250)


@pytest.mark.G2
def test_newer_leads_on_to_the_head_without_a_hole(enter, codec, long_room):
    ana = enter()
    seen, _, newer, _ = page(ana, long_room, around=1, limit=200)
    while newer is not None:
        seqs, _, newer, _ = page(ana, long_room, limit=200, after=newer)
        seen += seqs
    assert seen == span(1, 1250)


def test_a_page_names_the_head_of_the_room(enter, codec, room):
    ana = enter()
    ack = ana.publish(room, "x")
    answer = ana.ask("history", room=room, before=1)
    assert answer["head"] == {"term": ack["term"], "seq": ack["seq"]}


def test_an_unused_room_is_an_empty_page_with_head_0(enter, codec, room):
    answer = enter().ask("history", room=room)
    assert answer == {"room": room, "events": [], "head": {"term": 0, "seq": 0}}


@pytest.mark.G1
def test_history_shows_a_message_as_soon_as_it_was_acked(enter, codec, room):
    ana, bob = enter("ana"), enter("bob")
    for n in range(1, 31):
        ana.publish(room, f"{n}")
        assert page(bob, room, limit=1)[0] == [n]


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 201},
        {"limit": 10**9},
        {"before": 2**53},
        {"after": 2**53},
        {"around": 2**63},
        {"before": 5, "after": 2},
        {"before": 5, "around": 2},
        {"after": 5, "around": 2},
    ],
    ids=str,
)
def test_history_out_of_bounds_is_a_bad_request(enter, codec, room, query):
    assert enter().refused("history", room=room, **query)["code"] == 4000


@pytest.mark.parametrize(
    "query",
    [
        {"before": -1},
        {"after": -1},
        {"around": -5},
        {"before": 1.5},
        {"before": "7"},
        {"before": [1]},
        {"before": True},
        {"limit": -1},
        {"limit": "5"},
        {"limit": 2.5},
        {"view": "tree"},
        {"view": 7},
        {"view": "MESSAGES"},
    ],
    ids=str,
)
def test_history_with_what_is_no_seq_limit_or_view_is_a_bad_request(enter_json, room, query):
    assert enter_json().refused("history", room=room, **query)["code"] == 4000


def test_null_and_0_in_a_query_are_absent(enter_json, long_room):
    ana = enter_json()
    query = {"before": None, "after": None, "around": None, "limit": 0, "view": None}
    assert page(ana, long_room, **query)[0] == span(1201, 1250)


def test_history_asks_nothing_of_a_subscription(enter, codec, room):
    ana = enter()
    ana.publish(room, "x")
    ana.ask("history", room=room)
    ana.publish(room, "y")
    ana.ask("ping")
    assert not ana.pushes
