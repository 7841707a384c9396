"""protocol.md §1: who says nothing in time is closed. All wait at once, since each wait is 5 s."""

import time

import pytest

from http_wire import HttpWire
from websocket_wire import PING, TEXT, Closed, Wire


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
    yield wires
    for _, wire in wires.values():
        wire.socket.close()


@pytest.mark.parametrize(
    "name",
    ["nothing after the upgrade", "pings only", "refused operations only", "a refused connect",
     "half a frame", "half a message"],
)  # fmt: skip
def test_a_socket_without_connect_closes_after_5_s_with_4408(silent, bystander, name):
    opened, wire = silent[name]
    assert wire.close_code(opened + 8) == 4408
    assert time.monotonic() - opened > 0


def test_4408_does_not_come_early(address):
    with Wire(address) as wire:
        wire.upgrade()
        with pytest.raises(TimeoutError):
            wire.message(time.monotonic() + 3.5)
        wire.send(TEXT, '{"id":1,"connect":{}}')
        assert b"connected" in wire.message()[1]


@pytest.mark.parametrize("name", ["a head that never ends", "no byte at all"])
def test_a_request_that_never_ends_is_closed_at_5_s(silent, bystander, name):
    opened, wire = silent[name]
    assert wire.is_closed(within_s=max(0.1, opened + 8 - time.monotonic()))


def test_a_head_that_drips_is_closed_at_5_s_too(address, bystander):
    with HttpWire(address) as wire:
        opened = time.monotonic()
        wire.raw(b"GET /v1/ws HTTP/1.1\r\nHost: x\r\nX-A: ")
        while time.monotonic() < opened + 8:
            try:
                wire.raw(b"a")
            except ConnectionError:
                break
            if wire.is_closed(within_s=0.5):
                break
        assert 3 < time.monotonic() - opened < 7.5


def test_a_connected_session_is_not_closed_for_being_quiet(enter_json):
    ana = enter_json()
    with pytest.raises(TimeoutError):
        ana.wire.message(time.monotonic() + 6)
    try:
        assert ana.ask("ping") == {}
    except Closed as end:
        pytest.fail(f"closed with {end.code}")
