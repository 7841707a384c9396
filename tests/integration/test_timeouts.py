"""docs/protocol.md, "Errors and closing": who says nothing in time is closed. All wait at once, since each wait is 5 s."""

import threading
import time

import pytest

from http_wire import HttpWire
from websocket_wire import PING, TEXT, Wire


@pytest.fixture(scope="module")
def silent(node):
    """Connections that stall in different ways, opened together: name -> (opened at, wire)."""
    address = ("127.0.0.1", node.port)
    wires = {}

    def add(name, wire):
        wires[name] = (time.monotonic(), wire)
        return wire

    add("nothing after the upgrade", Wire(address).upgrade())
    add("pings only", Wire(address).upgrade()).send(PING, b"x")
    add("refused operations only", Wire(address).upgrade()).send(TEXT, '{"id":1,"ping":{}}')
    add("a refused connect", Wire(address).upgrade()).send(TEXT, '{"id":1,"connect":{"user":"a b"}}')
    add("half a frame", Wire(address).upgrade()).write(b"\x81\xfe")
    add("half a message", Wire(address).upgrade()).send(TEXT, '{"id":1,', fin=False)
    add("a head that never ends", HttpWire(address)).raw(b"GET /v1/ws HTTP/1.1\r\nHost: x\r\nX-A: b")
    add("no byte at all", HttpWire(address))
    add("connects late", Wire(address).upgrade())
    quiet = add("connects and is quiet", Wire(address).upgrade())
    quiet.send(TEXT, '{"id":1,"connect":{}}')
    dripping = Drip(address)
    wires["a head that drips"] = (dripping.opened, dripping)
    yield wires
    for _, wire in wires.values():
        wire.socket.close()


class Drip:
    """A request whose head goes on, one byte each half second, until the node has had enough."""

    def __init__(self, address):
        self.wire = HttpWire(address)
        self.socket = self.wire.socket
        self.opened, self.closed_after = time.monotonic(), None
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        self.wire.raw(b"GET /v1/ws HTTP/1.1\r\nHost: x\r\nX-A: ")
        while time.monotonic() < self.opened + 8:
            try:
                self.wire.raw(b"a")
            except ConnectionError:
                break
            if self.wire.is_closed(within_s=0.5):
                break
        self.closed_after = time.monotonic() - self.opened


def test_4408_does_not_come_early(silent):
    opened, wire = silent["connects late"]
    with pytest.raises(TimeoutError):
        wire.message(opened + 3.5)
    wire.send(TEXT, '{"id":1,"connect":{}}')
    assert b"connected" in wire.message()[1]


@pytest.mark.parametrize(
    "name",
    ["nothing after the upgrade", "pings only", "refused operations only", "a refused connect",
     "half a frame", "half a message"],
)  # fmt: skip
def test_a_socket_without_connect_closes_after_5_s_with_4408(silent, bystander, name):
    opened, wire = silent[name]
    assert wire.close_code(opened + 8) == 4408


@pytest.mark.parametrize("name", ["a head that never ends", "no byte at all"])
def test_a_request_that_never_ends_is_closed_at_5_s(silent, bystander, name):
    opened, wire = silent[name]
    assert wire.is_closed(within_s=max(0.1, opened + 8 - time.monotonic()))


def test_a_head_that_drips_is_closed_at_5_s_too(silent, bystander):
    _, drip = silent["a head that drips"]
    drip.thread.join(10)
    assert 3 < drip.closed_after < 7.5


def test_a_connected_session_is_not_closed_for_being_quiet(silent):
    opened, wire = silent["connects and is quiet"]
    assert b"connected" in wire.message()[1]
    with pytest.raises(TimeoutError):
        wire.message(opened + 6)
    wire.send(TEXT, '{"id":2,"ping":{}}')
    assert b"pong" in wire.message()[1]
