"""docs/protocol.md, "history": rooms of the largest messages can be read like any other, and one who reads much delays nobody."""

import time

import pytest

from http_wire import request, room_path

LARGE = 65_536
PARTS = [{"type": "a", "content": "b"}] * (LARGE // 2)  # 885 kB as JSON


@pytest.fixture(scope="module")
def large_room(node):
    """Sixty messages as large as they may be: texts, texts that JSON has to escape, and parts."""
    from conftest import address_of
    from sessions import Session

    contents = [{"text": "x" * LARGE}, {"text": "\u0001" * LARGE}, {"parts": PARTS}, {"text": "x" * LARGE}]
    name = f"large-{time.time_ns()}"
    with Session(address_of(node)) as session:
        session.connect("scribe")
        for n in range(60):
            session.ask("publish", room=name, **contents[n % len(contents)])
    return name


@pytest.mark.G8
def test_a_join_shows_every_large_message(enter, codec, large_room):
    ana = enter()
    ana.join(large_room, since={"term": 0, "seq": 0})
    stream = ana.until_live(large_room, patience_s=60)
    assert stream.last == 60


def test_a_page_of_large_messages_may_be_shorter_and_says_where_it_goes_on(enter, codec, large_room):
    ana = enter()
    seen, query = [], {}
    while True:
        page = ana.ask("history", room=large_room, limit=60, **query)
        assert page["events"]
        seen = [event["seq"] for event in page["events"]] + seen
        if "older" not in page:
            break
        assert page["older"] == page["events"][0]["seq"]
        query = {"before": page["older"]}
    assert seen == list(range(1, 61))
    around = ana.ask("history", room=large_room, around=30, limit=60)
    assert 30 in [event["seq"] for event in around["events"]]
    assert {"older", "newer"} <= set(around)


def test_pages_asked_for_at_once_are_all_answered(enter, codec, large_room):
    ana = enter()
    ids = [ana.start("history", room=large_room, limit=60) for _ in range(4)]
    for op_id in ids:
        name, page = ana.reply(op_id, patience_s=60)
        assert name == "page" and page["events"][-1]["seq"] == 60


def test_a_page_over_http_may_be_shorter_too(address, large_room):
    answer = request(address, "GET", room_path(large_room, limit="60"))
    page = answer.json()
    assert answer.status == 200 and page["events"][-1]["seq"] == 60 and page["older"] == page["events"][0]["seq"]


@pytest.mark.G9
def test_a_session_that_asks_for_many_pages_at_once_delays_nobody(enter, codec, long_room, room, bystander):
    greedy = enter("greedy")
    greedy.send(*[{"id": n, "history": {"room": long_room, "limit": 200}} for n in range(1001, 1301)])
    for n in range(5):
        assert bystander.publish(room, f"{n}")["seq"] == n + 1
        assert bystander.ask("history", room=room)["head"]["seq"] == n + 1
    assert greedy.reply(1300, patience_s=60)[0] == "page"
