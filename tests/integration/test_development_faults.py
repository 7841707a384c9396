"""docs/operations.md, "Faults on purpose": on, each effect is what a client sees; off, there is nothing at those paths."""

import json
import re
import time

import pytest

from http_wire import HttpWire, request, room_path
from sessions import Session

KEY = {"Parley-Development": "faults"}
DELAY_S = 2.0
PATHS = [("GET", "/dev/faults"), ("PUT", "/dev/faults/history_delay"), ("PUT", "/dev/faults/fan_out"),
         ("POST", "/dev/faults/kill"), ("GET", "/dev/rooms/general/owner"), ("OPTIONS", "/dev/faults")]


def ask(address, method, path, body=None, headers=KEY):
    return request(address, method, path, headers, None if body is None else json.dumps(body).encode())


@pytest.fixture
def faults(own_node):
    """A node of the test's own: `faults.put("fan_out", state="stopped")`."""

    class Faults:
        def __init__(self):
            self.node = own_node()
            self.address = ("127.0.0.1", self.node.port)

        def put(self, name, **body):
            answer = ask(self.address, "PUT", f"/dev/faults/{name}", body)
            assert answer.status == 200, answer.body
            return answer.json()

        def metric(self, name):
            text = request(self.address, "GET", "/metrics").body.decode()
            return float(re.search(rf"^{name} (\S+)$", text, re.MULTILINE)[1])

        def enter(self, user):
            session = Session(self.address)
            session.connect(user)
            return session

    return Faults()


def test_a_node_in_development_mode_says_which_faults_are_on(faults):
    node = {"node": "n1", "peers": [], "may_kill": False}
    assert ask(faults.address, "GET", "/dev/faults").json() == {"history_delay_ms": 0, "fan_out": "running"} | node
    assert faults.put("history_delay", ms=3000)["history_delay_ms"] == 3000
    assert faults.put("fan_out", state="stopped") == {"history_delay_ms": 3000, "fan_out": "stopped"} | node
    faults.put("history_delay", ms=0)
    assert faults.put("fan_out", state="running") == {"history_delay_ms": 0, "fan_out": "running"} | node


@pytest.mark.G3
def test_a_join_during_a_delay_waits_for_its_history_and_is_whole(faults, room):
    with faults.enter("ana") as ana, faults.enter("ben") as ben:
        # More than the window that the node keeps of a room in use.
        for op_id in [ana.start("publish", room=room, text=f"m{n}") for n in range(1, 301)]:
            ana.ack(op_id)
        faults.put("history_delay", ms=int(DELAY_S * 1000))
        begin = time.monotonic()
        join = ben.start("join", room=room, rewind={"limit": 300})
        acks = [ana.publish(room, f"during {n}")["seq"] for n in range(3)]  # nobody else waits
        assert time.monotonic() - begin < DELAY_S and acks == [301, 302, 303]
        ben.reply(join, patience_s=30)
        stream = ben.until_seq(room, 303, patience_s=30)
        assert time.monotonic() - begin >= DELAY_S
        ben.until_live(room, patience_s=30)
        assert stream.start["seq"] in range(0, 4) and stream.seqs == list(range(stream.start["seq"] + 1, 304))
        assert stream.gaps == []

        ana.publish(room, "live, at once")
        begin = time.monotonic()
        ben.until_seq(room, 304)
        assert time.monotonic() - begin < DELAY_S


def test_a_page_of_history_waits_and_a_node_that_forgets_the_delay_is_quick_again(faults, room):
    with faults.enter("ana") as ana:
        ana.publish(room, "x")
        faults.put("history_delay", ms=int(DELAY_S * 1000))
        begin = time.monotonic()
        assert len(ana.ask("history", room=room)["events"]) == 1
        assert time.monotonic() - begin >= DELAY_S
        begin = time.monotonic()
        answer = request(faults.address, "GET", room_path(room))
        assert answer.status == 200 and time.monotonic() - begin >= DELAY_S
        faults.put("history_delay", ms=0)
        begin = time.monotonic()
        ana.ask("history", room=room)
        assert time.monotonic() - begin < DELAY_S


def test_a_node_stops_in_order_while_pages_wait(faults, room):
    with faults.enter("ana") as ana:
        ana.publish(room, "x")
        faults.put("history_delay", ms=10_000)
        page = ana.start("history", room=room)
        ana.ask("ping")  # what stands before it has been taken up
        assert page not in ana.replies
        faults.node.stop()


@pytest.mark.G3
@pytest.mark.G6
def test_without_its_live_path_a_node_delivers_by_polling_and_with_it_again_at_once(faults, room):
    with faults.enter("ana") as ana, faults.enter("ben") as ben:
        stream = ben.join(room)[1]
        ben.until_live(room)
        ana.publish(room, "through the live path")
        ben.until_seq(room, 1)
        assert faults.metric("parley_fault_messages_dropped") == 0

        faults.put("fan_out", state="stopped")
        filled = faults.metric("parley_hole_events_filled_total")
        for n in range(2, 7):
            ana.publish(room, f"{n}")
        ben.until_seq(room, 6)
        assert faults.metric("parley_fault_messages_dropped") > 0
        assert faults.metric("parley_hole_events_filled_total") >= filled + 5
        late_joiner = faults.enter("eve")
        late_joiner.join(room, rewind={"limit": 10})
        assert late_joiner.until_live(room).seqs == [1, 2, 3, 4, 5, 6]

        faults.put("fan_out", state="running")
        ana.publish(room, "7")
        ben.until_seq(room, 7)
        dropped = faults.metric("parley_fault_messages_dropped")
        filled = faults.metric("parley_hole_events_filled_total")
        for n in range(8, 18):
            ana.publish(room, f"{n}")
            ben.until_seq(room, n)
        assert faults.metric("parley_fault_messages_dropped") == dropped
        assert faults.metric("parley_hole_events_filled_total") == filled
        assert stream.seqs == list(range(1, 18)) and stream.gaps == []


def test_a_room_s_owner_is_named_with_its_address(faults, room):
    answer = ask(faults.address, "GET", f"/dev/rooms/{room}/owner")
    assert answer.json() == {"node": "n1", "address": f"http://127.0.0.1:{faults.node.port}"}


def test_a_lone_node_is_not_killed(faults):
    refused = ask(faults.address, "POST", "/dev/faults/kill")
    assert refused.status == 403 and refused.problem()["name"] == "forbidden"
    assert ask(faults.address, "GET", "/dev/faults").status == 200


def test_only_this_machine_s_own_pages_and_tools_may_ask(faults):
    for headers in ({}, {"Parley-Development": "please"}, KEY | {"Origin": "https://evil.example"},
                    KEY | {"X-Forwarded-For": "192.0.2.1"}):
        for method, path in PATHS[:5]:
            refused = ask(faults.address, method, path, headers=headers)
            assert (refused.status, refused.problem()["code"]) == (403, 4030), (headers, path)
    with HttpWire(faults.address) as wire:
        wire.raw(b"GET /dev/faults HTTP/1.1\r\nHost: evil.example\r\nParley-Development: faults\r\n\r\n")
        assert wire.answer().status == 403


def test_a_page_of_another_loopback_origin_gets_its_preflight_and_may_read(faults):
    page = {"Origin": "http://127.0.0.1:3000"}
    preflight = ask(faults.address, "OPTIONS", "/dev/faults/fan_out",
                    headers=page | {"Access-Control-Request-Method": "PUT",
                                    "Access-Control-Request-Headers": "content-type, parley-development"})
    assert preflight.status == 200 and preflight.body == b""
    assert preflight.headers["access-control-allow-origin"] == page["Origin"]
    assert "PUT" in preflight.headers["access-control-allow-methods"]
    assert "parley-development" in preflight.headers["access-control-allow-headers"].lower()
    for path, status in (("/dev/faults", 200), ("/dev/rooms/general/owner", 200), ("/dev/nothing", 404)):
        answer = ask(faults.address, "GET", path, headers=KEY | page)
        assert (answer.status, answer.headers["access-control-allow-origin"]) == (status, page["Origin"])


@pytest.mark.parametrize(("path", "body"), [("history_delay", b'{"ms":10001}'), ("history_delay", b"{}"),
                                            ("history_delay", b"{"), ("fan_out", b'{"state":"off"}'), ("fan_out", b"")])
def test_a_wrong_body_changes_nothing_and_says_what_to_say(faults, path, body):
    refused = request(faults.address, "PUT", f"/dev/faults/{path}", KEY, body)
    assert refused.status == 400 and "say {" in refused.problem()["detail"]
    now = ask(faults.address, "GET", "/dev/faults").json()
    assert (now["history_delay_ms"], now["fan_out"]) == (0, "running")


@pytest.mark.parametrize("flags", [["--dev-faults=false"], ["--dev-allow-remote", "--listen"]],
                         ids=["the setting off", "not on loopback"])
def test_switched_off_there_is_nothing_at_those_paths(backend, flags):
    node = backend.node("off")
    if flags[-1] == "--listen":
        node.child.argv[node.child.argv.index("--listen") + 1] = f"0.0.0.0:{node.port}"
        flags = flags[:1]
    node.child.argv += flags
    node.start()
    try:
        address = ("127.0.0.1", node.port)
        nothing = request(address, "GET", "/no/such/path").problem()
        for method, path in PATHS:
            answer = ask(address, method, path, body={"ms": 3000, "state": "stopped"})
            assert answer.status == 404 and answer.problem() == nothing, (method, path)
            assert not any(name.startswith("access-control") for name in answer.headers)
        text = request(address, "GET", "/metrics").body.decode()
        assert "parley_fault" not in text  # no decorator was made
    finally:
        node.stop()
