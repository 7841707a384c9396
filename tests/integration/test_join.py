"""docs/protocol.md, "join" and "Pushes": a join without `since`, and what follows it."""

import time

import pytest


def write(session, room, count):
    for op_id in [session.start("publish", room=room, text=f"m{n}") for n in range(1, count + 1)]:
        session.ack(op_id)


def position(event):
    return {"term": event["term"], "seq": event["seq"]}


@pytest.mark.G3
def test_a_join_without_options_is_live_only(enter, codec, room):
    ana = enter("ana")
    write(ana, room, 3)
    joined, _ = ana.join(room)
    assert joined["start"] == joined["head"] and joined["head"]["seq"] == 3
    stream = ana.until_live(room)
    assert stream.events == [] and stream.lives == [joined["head"]]
    ack = ana.publish(room, "later")
    assert ana.until_seq(room, 4).seqs == [ack["seq"]]


def test_the_head_and_the_start_of_a_join_carry_the_term_of_their_event(enter, codec, room):
    ana = enter("ana")
    write(ana, room, 5)
    events = ana.ask("history", room=room, view="events")["events"]
    joined, _ = ana.join(room, rewind={"limit": 2})
    assert joined["head"] == position(events[4])
    assert joined["start"] == position(events[2])


@pytest.mark.G3
@pytest.mark.parametrize(
    ("limit", "seqs"),
    [(0, []), (1, [7]), (3, [5, 6, 7]), (7, list(range(1, 8))), (1000, list(range(1, 8)))],
)
def test_a_rewind_sends_that_many_of_the_newest_events_then_live(enter, codec, room, limit, seqs):
    ana = enter("ana")
    write(ana, room, 7)
    joined, stream = ana.join(room, rewind={"limit": limit})
    assert joined["start"]["seq"] == 7 - len(seqs)
    ana.until_live(room)
    assert stream.seqs == seqs
    assert set(stream.phases) <= {"history"} and stream.gaps == []


@pytest.mark.G3
def test_a_rewind_of_a_thousand_comes_whole_and_in_order(enter, codec, long_room):
    ana = enter("ana")
    joined, stream = ana.join(long_room, rewind={"limit": 1000})
    assert joined["start"]["seq"] == 250
    ana.until_live(long_room)
    assert stream.texts == [f"n{n}" for n in range(251, 1251)]


def test_a_join_of_an_unused_room_starts_before_its_first_event(enter, codec, room):
    ana = enter("ana")
    joined, stream = ana.join(room, rewind={"limit": 10})
    assert joined["head"] == {"term": 0, "seq": 0}
    assert joined["start"] == {"term": 0, "seq": 0}
    ana.until_live(room)
    ana.publish(room, "the first")
    ana.until_seq(room, 1)
    assert stream.texts == ["the first"] and stream.phases == ["live"]


@pytest.mark.G3
def test_live_comes_exactly_once_per_join(enter, codec, room):
    ana, bob = enter("ana"), enter("bob")
    bob.join(room)
    write(ana, room, 20)
    bob.until_seq(room, 20)
    assert len(bob.streams[room].lives) == 1
    bob.join(room)
    bob.until_live(room)
    assert len(bob.streams[room].lives) == 1


@pytest.mark.G2
def test_everybody_in_a_room_sees_the_same_events_under_the_same_seqs(enter, codec, room):
    people = [enter(name) for name in ("ana", "bob", "eve")]
    for session in people:
        session.join(room)
    ids = [(s, s.start("publish", room=room, text=f"{k}")) for k in range(10) for s in people]
    for session, op_id in ids:
        session.ack(op_id)
    first, *others = [session.until_seq(room, 30).events for session in people]
    assert others == [first, first]
    assert [event["seq"] for event in first] == list(range(1, 31))


@pytest.mark.G3
def test_a_second_join_replaces_the_first(enter, codec, room):
    ana = enter("ana")
    write(ana, room, 5)
    ana.join(room)
    ana.until_live(room)
    joined, stream = ana.join(room, rewind={"limit": 2})
    assert joined["start"]["seq"] == 3
    ana.until_live(room)
    ana.publish(room, "once")
    ana.until_seq(room, 6)
    ana.ask("ping")
    assert stream.seqs == [4, 5, 6]


def test_after_leave_nothing_of_the_room_comes(enter, codec, room):
    ana, bob, other = enter("ana"), enter("bob"), f"{room}-2"
    for name in (room, other):
        bob.join(name)
        bob.until_live(name)
    assert bob.ask("leave", room=room) == {"room": room}
    bob.pushes.clear()
    ana.publish(room, "unheard")
    ana.publish(other, "heard")
    bob.until_seq(other, 1)
    bob.ask("ping")
    assert [body["room"] for _, body in bob.pushes] == [other]


def test_leaving_a_room_not_joined_is_answered_by_left(enter, codec, room):
    assert enter().ask("leave", room=room) == {"room": room}


def test_a_room_can_be_joined_again_after_leave(enter, codec, room):
    ana = enter("ana")
    write(ana, room, 2)
    ana.join(room)
    ana.ask("leave", room=room)
    _, stream = ana.join(room, rewind={"limit": 1})
    ana.until_live(room)
    assert stream.seqs == [2]


def test_the_options_of_since_mean_nothing_to_a_rewind(enter, codec, room):
    ana = enter("ana")
    write(ana, room, 6)
    _, stream = ana.join(room, rewind={"limit": 4}, on_gap="jump", max=1)
    ana.until_live(room)
    assert stream.seqs == [3, 4, 5, 6] and stream.gaps == []


@pytest.mark.parametrize(
    "options",
    [
        {"rewind": {"limit": 1}, "since": {"term": 1, "seq": 1}},
        {"rewind": {"limit": 1001}},
        {"max": 1001},
        {"since": {"term": 2**53, "seq": 1}},
        {"since": {"term": 1, "seq": 2**53}},
    ],
    ids=["rewind and since", "rewind 1001", "max 1001", "term 2^53", "seq 2^53"],
)
def test_join_options_out_of_bounds_are_a_bad_request_and_join_nothing(enter, codec, room, options):
    ana, bob = enter("ana"), enter("bob")
    assert ana.refused("join", room=room, **options)["name"] == "bad_request"
    bob.publish(room, "unheard")
    ana.ask("ping")
    assert not ana.pushes


def test_the_201st_room_is_a_quota_exceeded_and_the_others_stay(enter, codec, room):
    ana = enter("ana")
    ids = [ana.start("join", room=f"{room}-{n}") for n in range(200)]
    assert {ana.reply(op_id)[0] for op_id in ids} == {"joined"}
    error = ana.refused("join", room=f"{room}-200")
    assert (error["code"], error["name"]) == (4291, "quota_exceeded")
    ana.join(f"{room}-7")  # joined already: replaced, not one more
    ana.ask("leave", room=f"{room}-8")
    ana.join(f"{room}-200")
    ana.publish(f"{room}-200", "in")
    ana.until_seq(f"{room}-200", 1)


@pytest.mark.G3
def test_a_publish_during_a_join_appears_once(enter, codec, room):
    ana = enter("ana")
    write(ana, room, 3)
    ids = publish_join_publish(ana, room)
    assert [ana.reply(op_id)[0] for op_id in ids] == ["published", "joined", "published"]
    ana.until_seq(room, 5)
    assert ana.streams[room].seqs[-1] == 5  # contiguity is checked by the stream itself


def publish_join_publish(session, room):
    """A publish, a join and a publish in one frame; their ids."""
    ids = [next(session.ids) for _ in range(3)]
    session.send(
        {"id": ids[0], "publish": {"room": room, "text": "before"}},
        {"id": ids[1], "join": {"room": room, "rewind": {"limit": 10}}},
        {"id": ids[2], "publish": {"room": room, "text": "after"}},
    )
    return ids


@pytest.mark.G3
def test_a_join_sees_all_that_was_acked_before_it(enter, codec, room):
    ana, bob = enter("ana"), enter("bob")
    for n in range(1, 31):
        ana.publish(room, f"{n}")
        joined, _ = bob.join(room)
        assert joined["head"]["seq"] >= n


def test_a_batch_arrives_soon_after_the_ack(enter, codec, room):
    ana, bob = enter("ana"), enter("bob")
    bob.join(room)
    bob.until_live(room)
    ana.publish(room, "now")
    acked = time.monotonic()
    bob.until_seq(room, 1, patience_s=2)
    assert time.monotonic() - acked < 2


def test_every_join_and_leave_of_a_room_is_answered_though_they_come_at_once(enter, codec, room):
    ana = enter()
    ana.publish(room, "x")
    ana.send({"id": 51, "join": {"room": room, "rewind": {"limit": 1}}}, {"id": 52, "join": {"room": room}},
             {"id": 53, "leave": {"room": room}}, {"id": 54, "join": {"room": room, "rewind": {"limit": 1}}})
    assert [ana.reply(op_id)[0] for op_id in (51, 52, 53, 54)] == ["joined", "joined", "left", "joined"]
    assert ana.until_live(room).last == 1
    ana.publish(room, "y")
    assert ana.until_seq(room, 2).last == 2
