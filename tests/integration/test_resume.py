"""docs/protocol.md, "join", with `since`: what was missed, exactly, or one explicit gap (G8)."""

import pytest

pytestmark = [pytest.mark.G3, pytest.mark.G8]


@pytest.fixture
def twelve(enter, room):
    """Twelve messages in the room; their positions, `twelve[0]` being the one before the first."""
    ana = enter("ana")
    positions = [{"term": 0, "seq": 0}]
    for n in range(1, 13):
        ack = ana.publish(room, f"m{n}")
        positions.append({"term": ack["term"], "seq": ack["seq"]})
    return positions


def resume(session, room, since, **options):
    joined, stream = session.join(room, since=since, **options)
    session.until_live(room)
    return joined, stream


@pytest.mark.parametrize("seq", [0, 1, 5, 11, 12])
def test_a_resume_gets_exactly_what_was_missed(enter, codec, room, twelve, seq):
    joined, stream = resume(enter("bob"), room, twelve[seq])
    assert joined["recovered"] is True and joined["start"] == twelve[seq]
    assert joined["head"] == twelve[12]
    assert stream.seqs == list(range(seq + 1, 13)) and stream.gaps == []


def test_a_resume_goes_on_live_after_what_was_missed(enter, codec, room, twelve):
    bob = enter("bob")
    _, stream = resume(bob, room, twelve[9])
    bob.publish(room, "m13")
    bob.until_seq(room, 13)
    assert stream.texts == ["m10", "m11", "m12", "m13"]
    assert stream.phases[-1] == "live"


@pytest.mark.parametrize("term", [0, 1, 1764000000000])
def test_seq_0_with_any_term_is_the_position_before_the_first_event(
    enter, codec, room, twelve, term
):
    joined, stream = resume(enter("bob"), room, {"term": term, "seq": 0})
    assert joined["recovered"] is True and joined["start"]["seq"] == 0
    assert stream.seqs == list(range(1, 13)) and stream.gaps == []


def test_a_resume_from_the_first_event_of_a_long_room_fills_all_of_it(enter, codec, long_room):
    bob = enter("bob")
    first = bob.ask("history", room=long_room, before=2)["events"][0]
    _, stream = resume(bob, long_room, {"term": first["term"], "seq": 1}, max=10)
    assert stream.seqs == list(range(2, 1251)) and stream.gaps == []


@pytest.mark.parametrize(
    ("term_step", "seq"), [(0, 13), (0, 2**53 - 1), (1, 5), (-1, 5), (1, 12), (1, 13)]
)
def test_a_position_that_the_log_lacks_is_a_reset_and_the_newest_events(
    enter, codec, room, twelve, term_step, seq
):
    since = {"term": twelve[12]["term"] + term_step, "seq": seq}
    joined, stream = resume(enter("bob"), room, since, max=4)
    assert joined["recovered"] is False and joined["start"] == twelve[8]
    assert stream.gaps == [{"room": room, "from": 1, "to": twelve[8], "reason": "reset"}]
    assert stream.seqs == [9, 10, 11, 12]


def test_after_a_reset_a_hundred_events_follow_by_default(enter, codec, long_room):
    joined, stream = resume(enter("bob"), long_room, {"term": 1, "seq": 7})
    assert joined["recovered"] is False and joined["start"]["seq"] == 1150
    assert stream.seqs == list(range(1151, 1251))


def test_a_reset_of_a_short_room_sends_all_of_it(enter, codec, room, twelve):
    _, stream = resume(enter("bob"), room, {"term": 1, "seq": 7})
    zero = stream.gaps[0]["to"]
    assert zero["seq"] == 0 and stream.gaps[0]["reason"] == "reset"
    assert stream.seqs == list(range(1, 13))


def test_a_reset_of_an_empty_room_says_so_even_with_nothing_to_pass_over(enter, codec, room):
    joined, stream = resume(enter("bob"), room, {"term": 9, "seq": 7})
    assert joined["recovered"] is False
    zero = {"term": 0, "seq": 0}
    assert stream.gaps == [{"room": room, "from": 1, "to": zero, "reason": "reset"}]
    assert stream.events == []


def test_on_gap_jump_passes_over_all_but_the_newest_max(enter, codec, room, twelve):
    joined, stream = resume(enter("bob"), room, twelve[2], on_gap="jump", max=3)
    assert joined["recovered"] is True and joined["start"] == twelve[9]
    assert stream.gaps == [{"room": room, "from": 3, "to": twelve[9], "reason": "jump"}]
    assert stream.seqs == [10, 11, 12]


@pytest.mark.parametrize("most", [10, 11, 1000])
def test_on_gap_jump_fills_when_no_more_than_max_were_missed(enter, codec, room, twelve, most):
    joined, stream = resume(enter("bob"), room, twelve[2], on_gap="jump", max=most)
    assert joined["start"] == twelve[2] and stream.gaps == []
    assert stream.seqs == list(range(3, 13))


def test_on_gap_jump_keeps_a_hundred_by_default(enter, codec, long_room):
    bob = enter("bob")
    first = bob.ask("history", room=long_room, before=2)["events"][0]
    since = {"term": first["term"], "seq": first["seq"]}
    joined, stream = resume(bob, long_room, since, on_gap="jump")
    assert joined["start"]["seq"] == 1150 and stream.seqs == list(range(1151, 1251))


def test_max_alone_does_not_limit_a_fill(enter, codec, room, twelve):
    _, stream = resume(enter("bob"), room, twelve[1], max=2)
    assert stream.seqs == list(range(2, 13)) and stream.gaps == []


def test_an_unknown_on_gap_is_a_bad_request(enter_json, room):
    since = {"term": 1, "seq": 1}
    assert enter_json().refused("join", room=room, since=since, on_gap="leap")["code"] == 4000


def test_a_resume_from_each_seq_while_others_publish_is_seamless(enter, codec, room, twelve):
    ana, bob = enter("ana"), enter("bob")
    for seq in range(13):
        due = [ana.start("publish", room=room, text=f"{seq}.{n}") for n in range(5)]
        _, stream = resume(bob, room, twelve[seq])
        acked = [ana.ack(op_id)["seq"] for op_id in due]
        bob.until_seq(room, acked[-1])
        assert stream.seqs == list(range(seq + 1, acked[-1] + 1))
