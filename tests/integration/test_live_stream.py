"""G3 and G9 at work: joins in the middle of traffic, readers that stall, memory that does not grow."""

import pathlib
import random
import threading
import time

import pytest

from codecs_under_test import JsonCodec, ProtoCodec
from parley_testkit.waiting import wait_until
from sessions import Session
from websocket_wire import Closed


class Traffic:
    """Publishes to a room from its own thread until told to stop."""

    def __init__(self, address, room, codec=JsonCodec):
        self.session = Session(address, codec)
        self.session.connect("traffic")
        self.room = room
        self.positions = []
        self.is_over = threading.Event()
        self.failure = None
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        try:
            while not self.is_over.is_set():
                ids = [self.session.start("publish", room=self.room, text=f"{n}") for n in range(5)]
                for op_id in ids:
                    name, ack = self.session.reply(op_id)
                    assert name == "published", ack
                    self.positions.append({"term": ack["term"], "seq": ack["seq"]})
        except Exception as failure:  # reported by the test's own thread
            self.failure = failure

    def __enter__(self):
        self.thread.start()
        wait_until(lambda: self.positions or self.failure, what="traffic", seconds=10)
        return self

    def __exit__(self, *_):
        self.is_over.set()
        self.thread.join(20)
        self.session.wire.drop()
        assert self.failure is None, self.failure
        assert not self.thread.is_alive()


@pytest.mark.G3
@pytest.mark.G8
def test_joins_in_the_middle_of_traffic_are_seamless(open_session, codec, address, room):
    seed = 4711
    source = random.Random(seed)
    reader = open_session(codec)
    reader.connect("reader")
    joins, until = 0, time.monotonic() + 1.5
    with Traffic(address, room) as traffic:
        while time.monotonic() < until:
            acked = traffic.positions[-1]["seq"]
            options = source.choice(
                [
                    {},
                    {"rewind": {"limit": source.randint(0, 60)}},
                    {"since": source.choice(traffic.positions)},
                    {"since": source.choice(traffic.positions), "on_gap": "jump", "max": 7},
                ]
            )
            joined, stream = reader.join(room, **options)
            assert joined["head"]["seq"] >= acked, seed
            assert joined.get("recovered", True) is True, seed
            reader.until_live(room)
            reader.until_seq(room, acked + source.randint(0, 10))
            joins += 1
    assert joins >= 10
    head = traffic.positions[-1]["seq"]
    assert reader.until_seq(room, head).last == head


@pytest.mark.G2
@pytest.mark.G3
@pytest.mark.G4
def test_what_joiners_saw_is_what_the_room_holds(open_session, codec, address, room):
    readers = []
    with Traffic(address, room) as traffic:
        for n in range(8):
            reader = open_session(codec)
            reader.connect("reader")
            reader.join(room, rewind={"limit": 10 * n})
            readers.append(reader)
            reader.until_live(room)
    head = traffic.positions[-1]["seq"]
    stored, after = {}, 0
    while after < head:
        page = readers[0].ask("history", room=room, view="events", limit=200, around=after + 100)
        for event in page["events"]:
            stored[event["seq"]] = event
        after += 100
    for reader in readers:
        stream = reader.until_seq(room, head)
        assert stream.events == [stored[seq] for seq in stream.seqs]


@pytest.mark.G3
def test_leaving_and_joining_in_the_middle_of_traffic_keeps_the_order(enter_json, address, room):
    reader = enter_json("reader")
    with Traffic(address, room) as traffic:
        since = traffic.positions[0]
        for _ in range(30):
            joined, stream = reader.join(room, since=since)
            reader.until_seq(room, since["seq"] + 3)
            since = {"term": stream.events[-1]["term"], "seq": stream.last}
            reader.ask("leave", room=room)
            assert joined["recovered"] is True
    assert since["seq"] > 60


BIG = "x" * 60000


def stalled_reader(open_session, room, **join):
    reader = open_session(receive_buffer_bytes=4096)
    reader.connect("stalled")
    reader.join(room, **join)
    reader.until_live(room)
    return reader


def publish_big(session, room, count):
    """Megabytes, in steps that do not themselves overrun anybody who reads."""
    last = 0
    for start in range(0, count, 10):
        ids = [session.start("publish", room=room, text=BIG) for _ in range(min(10, count - start))]
        last = [session.ack(op_id)["seq"] for op_id in ids][-1]
    return last


@pytest.mark.G9
@pytest.mark.G3
def test_a_reader_that_stalls_catches_up_seamlessly_or_is_told_so(open_session, enter_json, room):
    reader = stalled_reader(open_session, room)
    head = publish_big(enter_json("ana"), room, 500)  # 30 MB
    try:
        reader.until_seq(room, head, patience_s=30)
        reader.until_live(room)
        stream = reader.streams[room]
        assert len(stream.catching_ups) >= 1 and len(stream.lives) == len(stream.catching_ups) + 1
    except Closed as end:
        assert end.code in (4508, 1006)
    stream = reader.streams[room]
    assert stream.seqs == list(range(1, stream.last + 1)) and stream.gaps == []
    again = enter_json("stalled")
    since = {"term": stream.term, "seq": stream.last}
    _, rest = again.join(room, since=since)
    again.until_live(room)
    assert rest.seqs == list(range(stream.last + 1, head + 1))


def runs_under_a_sanitizer(node):
    """Its memory is then the sanitizer's: shadow and quarantine."""
    maps = pathlib.Path(f"/proc/{node.child.pid}/maps").read_text()
    return "libasan" in maps or "libtsan" in maps or b"__asan_init" in exe(node) or (
        b"__tsan_init" in exe(node)
    )


def exe(node):
    return pathlib.Path(f"/proc/{node.child.pid}/exe").read_bytes()


@pytest.mark.G9
def test_readers_that_stall_neither_fill_memory_nor_slow_another(
    open_session, enter_json, node, room
):
    for _ in range(8):
        stalled_reader(open_session, room)
    fast = enter_json("fast")
    fast.join(room)
    ana = enter_json("ana")
    before = node.rss_bytes()
    for n in range(10):
        head = publish_big(ana, room, 40)  # 2.4 MB a step
        fast.until_seq(room, head, patience_s=5)
    # Unbounded, eight stalled readers would hold 24 MB each.
    if not runs_under_a_sanitizer(node):
        assert node.rss_bytes() - before < 80 * 2**20
    assert ana.ask("ping") == {}


@pytest.mark.G9
def test_a_thousand_bad_frames_leave_the_memory_where_it_was(open_session, enter_json, node, room):
    ana = enter_json()
    bad = ['{"id":1,"shout":{}}', '{"id":-1}', "[5]", '{"id":1,"history":{"room":"a b"}}']

    def refuse_many(count):
        for n in range(count):
            ana.wire.send(JsonCodec.opcode, bad[n % len(bad)])
        ana.ask("ping")
        ana.replies.clear()
        ana.errors.clear()

    ana.take_in = lambda envelope, take=ana.take_in: (
        ana.replies.pop(envelope.get("id", 0), None), take(envelope)
    )  # fmt: skip
    refuse_many(1000)
    before = node.rss_bytes()
    refuse_many(1000)
    if not runs_under_a_sanitizer(node):
        assert node.rss_bytes() - before < 2**20


@pytest.mark.G9
def test_a_slow_reader_of_a_long_history_gets_all_of_it(open_session, codec, enter_json, room):
    head = publish_big(enter_json("ana"), room, 200)  # 12 MB
    reader = open_session(codec, receive_buffer_bytes=4096)
    reader.connect("slow")
    joined, stream = reader.join(room, rewind={"limit": 1000})
    reader.until_live(room, patience_s=30)
    assert stream.seqs == list(range(1, head + 1))
