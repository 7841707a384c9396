"""docs/protocol.md, "HTTP": the same merge as text/event-stream."""

import pytest

from http_wire import EventStream, post, request, room_path

pytestmark = pytest.mark.G3


@pytest.fixture
def stream(address):
    """Opens event streams that end with the test."""
    opened = []

    def open_one(room, headers=(), **query):
        opened.append(EventStream(address, room_path(room, "stream", **query), headers))
        return opened[-1]

    yield open_one
    for events in opened:
        events.wire.socket.close()


def write(address, room, count):
    """That many messages; their positions as ids of the event stream."""
    bodies = [post(address, room, {"text": f"m{n}"}).json() for n in range(1, count + 1)]
    return ["0:0"] + [f"{body['term']}:{body['seq']}" for body in bodies]


def until(events, seq):
    """Reads pushes until a batch has reached that seq; checks each step; returns the pushes."""
    pushes = []
    while True:
        push = events.next()
        pushes.append(push)
        if push.name == "batch":
            last = push.body["events"][-1]
            assert push.id == f"{last['term']}:{last['seq']}"
            if last["seq"] >= seq:
                return pushes
        elif push.name == "gap":
            assert push.id == f"{push.body['to']['term']}:{push.body['to']['seq']}"
        elif push.name == "live":
            assert push.id == f"{push.body['at']['term']}:{push.body['at']['seq']}"
            if push.body["at"]["seq"] >= seq:
                return pushes


def seqs(pushes):
    found = [e["seq"] for push in pushes if push.name == "batch" for e in push.body["events"]]
    for push in pushes:
        if push.name == "batch":
            numbers = [event["seq"] for event in push.body["events"]]
            assert numbers == list(range(push.body["prev"] + 1, numbers[-1] + 1))
    return found


def test_a_rewind_is_sent_then_live_then_what_comes(address, stream, room):
    write(address, room, 5)
    events = stream(room, rewind=3)
    assert events.headers.get("cache-control", "").startswith("no-")
    pushes = until(events, 5)
    assert seqs(pushes) == [3, 4, 5]
    live = pushes[-1] if pushes[-1].name == "live" else events.next()
    assert live.name == "live" and live.body["at"]["seq"] == 5
    post(address, room, {"text": "m6"})
    (push,) = until(events, 6)
    assert push.body["phase"] == "live" and push.body["room"] == room
    assert push.body["events"][0]["text"] == "m6"


def test_without_a_rewind_the_stream_is_live_only(address, stream, room):
    write(address, room, 3)
    events = stream(room)
    push = events.next()
    assert push.name == "live" and push.body["at"]["seq"] == 3
    post(address, room, {"text": "m4"})
    assert seqs(until(events, 4)) == [4]


@pytest.mark.G8
@pytest.mark.parametrize("seq", [0, 1, 4, 5])
def test_last_event_id_resumes_exactly_and_wins_over_rewind(address, stream, room, seq):
    ids = write(address, room, 5)
    events = stream(room, {"Last-Event-ID": ids[seq]}, rewind=1)
    assert seqs(until(events, 5)) == list(range(seq + 1, 6))


@pytest.mark.G8
def test_each_id_that_the_stream_shows_resumes_right_behind_it(address, stream, room):
    write(address, room, 4)
    pushes = until(stream(room, rewind=4), 4)
    for push in [push for push in pushes if push.id]:
        reached = int(push.id.split(":")[1])
        rest = until(stream(room, {"Last-Event-ID": push.id}), 4)
        assert seqs(rest) == list(range(reached + 1, 5))


@pytest.mark.G8
def test_a_last_event_id_that_the_log_lacks_is_a_reset(address, stream, room):
    write(address, room, 4)
    pushes = until(stream(room, {"Last-Event-ID": "1:3"}), 4)
    assert pushes[0].name == "gap"
    assert (pushes[0].body["from"], pushes[0].body["reason"]) == (1, "reset")
    assert pushes[0].body["to"]["seq"] == 0 and seqs(pushes) == [1, 2, 3, 4]


def test_an_empty_last_event_id_is_absent(address, stream, room):
    write(address, room, 4)
    assert seqs(until(stream(room, {"Last-Event-ID": ""}, rewind=2), 4)) == [3, 4]


@pytest.mark.parametrize(
    "last",
    ["5", "5:", ":5", "a:b", "1:2:3", "-1:5", "1:-5", "1:9007199254740992", "9007199254740992:1",
     "1 :2", "1:2x", "0x1:2", "1.0:2", "+1:2", "99999999999999999999:1", "x" * 500],
)  # fmt: skip
def test_a_malformed_last_event_id_is_400(address, bystander, room, last):
    answer = request(address, "GET", room_path(room, "stream"), {"Last-Event-ID": last})
    assert answer.problem()["code"] == 4000


@pytest.mark.parametrize("rewind", ["1001", "-1", "x", "1.5", "99999999999999999999"])
def test_a_rewind_out_of_bounds_is_400(address, bystander, room, rewind):
    assert request(address, "GET", room_path(room, "stream", rewind=rewind)).problem()["code"] == 4000


@pytest.mark.G2
def test_the_event_stream_carries_the_same_events_as_the_websocket(
    address, stream, enter_json, room
):
    ana = enter_json()
    ana.join(room)
    events = stream(room)
    events.next()
    texts = ("plain", "two\nlines\r\nthree", "data: x\n\nid: 1", "\u2028 é \U0001f680")
    for n, text in enumerate(texts):
        ana.publish(room, text, metadata={"a": text}, client_msg_id=f"k{n}")
    pushed = [e for push in until(events, 4) for e in push.body["events"]]
    assert pushed == ana.until_seq(room, 4).events


def test_two_readers_of_a_room_over_sse_see_the_same(address, stream, room):
    readers = [stream(room) for _ in range(2)]
    for reader in readers:
        assert reader.next().name == "live"
    write(address, room, 10)
    assert [seqs(until(reader, 10)) for reader in readers] == [list(range(1, 11))] * 2


def test_a_stream_that_is_cut_disturbs_nobody(address, stream, bystander, room):
    for _ in range(20):
        stream(room, rewind=5).wire.socket.close()
    post(address, room, {"text": "on"})
    assert seqs(until(stream(room, rewind=5), 1)) == [1]
