"""The upgrade: subprotocols, Origin, and requests that are none."""

import pytest

from http_wire import HttpWire
from sessions import Session
from websocket_wire import Refused, TEXT, Wire

KEY = "dGhlIHNhbXBsZSBub25jZQ=="


@pytest.fixture
def upgrade(address):
    """Upgrades and returns the wire, which ends with the test."""
    wires = []

    def open_one(**request):
        wire = Wire(address)
        wires.append(wire)
        return wire.upgrade(**request)

    yield open_one
    for wire in wires:
        wire.drop()


@pytest.mark.parametrize("name", ["parley.v1.json", "parley.v1.proto"])
def test_a_known_subprotocol_is_echoed(upgrade, name):
    assert upgrade(subprotocol=name).subprotocol == name


@pytest.mark.parametrize(
    "offer",
    ["parley.v1.json, parley.v1.proto", "parley.v1.proto,parley.v1.json", "chat, parley.v1.json"],
)
def test_of_several_subprotocols_one_known_is_echoed(upgrade, offer):
    echoed = upgrade(subprotocol=offer).subprotocol
    assert echoed in ("parley.v1.json", "parley.v1.proto") and echoed in offer


def test_subprotocols_in_two_headers_are_one_list(upgrade):
    headers = [("Sec-WebSocket-Protocol", "parley.v1.proto")]
    assert upgrade(subprotocol="chat", headers=headers).subprotocol == "parley.v1.proto"


def test_without_a_subprotocol_the_socket_speaks_json_and_none_is_echoed(upgrade):
    wire = upgrade()
    assert wire.subprotocol is None
    wire.send(TEXT, '{"id":1,"connect":{"user":"ana"}}')
    opcode, payload = wire.message()
    assert opcode == TEXT and b'"connected"' in payload


@pytest.mark.parametrize("offer", ["chat", "parley.v2.json", "PARLEY.V1.JSON", "chat, mqtt"])
def test_only_unknown_subprotocols_are_http_400(upgrade, offer):
    with pytest.raises(Refused) as refused:
        upgrade(subprotocol=offer)
    assert refused.value.answer.status == 400


@pytest.mark.parametrize(
    "origin",
    ["http://127.0.0.1", "http://127.0.0.1:8080", "http://localhost:3000", "https://localhost",
     "http://[::1]:8080"],
)  # fmt: skip
def test_any_loopback_origin_may_enter_in_development_mode(upgrade, origin):
    upgrade(headers=[("Origin", origin)])


@pytest.mark.parametrize(
    "origin",
    ["null", "https://evil.com", "http://localhost.evil.com", "http://127.0.0.1.evil.com",
     "http://evil.com/?http://localhost", "http://localhost@evil.com", "http://evil.com:8080",
     "http://127.0.0.1evil.com", "file://", "http://128.0.0.1", "localhost", "", "http://"],
)  # fmt: skip
def test_any_other_origin_is_http_403(upgrade, origin):
    with pytest.raises(Refused) as refused:
        upgrade(headers=[("Origin", origin)])
    assert refused.value.answer.status == 403


def test_compression_is_not_agreed_even_if_offered(upgrade):
    upgrade(headers=[("Sec-WebSocket-Extensions", "permessage-deflate")])  # checked there


def test_the_query_of_the_path_changes_nothing(upgrade):
    wire = upgrade(path="/v1/ws?user=mallory")
    wire.send(TEXT, '{"id":1,"connect":{}}')
    assert b'"guest"' in wire.message()[1]


def head(method="GET", version="HTTP/1.1", path="/v1/ws", without=(), extra=(), **changed):
    """The lines of an upgrade, with headers changed, left out or added."""
    headers = {
        "Host": "127.0.0.1",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": KEY,
    }
    headers |= {name.replace("_", "-"): value for name, value in changed.items()}
    lines = [f"{method} {path} {version}"]
    lines += [f"{name}: {value}" for name, value in headers.items() if name not in without]
    return ("\r\n".join([*lines, *extra]) + "\r\n\r\n").encode()


BAD_UPGRADES = {
    "no Upgrade": (head(without=["Upgrade"]), {400, 426}),
    "no Connection": (head(without=["Connection"]), {400, 426}),
    "Upgrade to h2c": (head(Upgrade="h2c"), {400, 426}),
    "version 8": (head(Sec_WebSocket_Version="8"), {400, 426}),
    "version 14": (head(Sec_WebSocket_Version="14"), {400, 426}),
    "no version": (head(without=["Sec-WebSocket-Version"]), {400, 426}),
    "version of letters": (head(Sec_WebSocket_Version="abc"), {400, 426}),
    "no key": (head(without=["Sec-WebSocket-Key"]), {400}),
    "an empty key": (head(Sec_WebSocket_Key=""), {400}),
    "a key of 15 bytes": (head(Sec_WebSocket_Key="AAAAAAAAAAAAAAAAAAAA"), {400}),
    "a key of 17 bytes": (head(Sec_WebSocket_Key="AAAAAAAAAAAAAAAAAAAAAAA="), {400}),
    "a key that is no base64": (head(Sec_WebSocket_Key="!" * 22 + "=="), {400}),
    "two keys": (head(extra=[f"Sec-WebSocket-Key: {KEY}"]), {400}),
    "POST": (head(method="POST", extra=["Content-Length: 0"]), {405}),
    "HTTP/1.0": (head(version="HTTP/1.0"), {400, 426, 505}),
    "two Hosts": (head(extra=["Host: evil.com"]), {400}),
    "no Host": (head(without=["Host"]), {400}),
    "two Content-Lengths": (head(extra=["Content-Length: 0", "Content-Length: 5"]), {400}),
    "a body": (head(extra=["Content-Length: 4"]) + b"body", {400}),
    "a chunked body": (head(extra=["Transfer-Encoding: chunked"]) + b"0\r\n\r\n", {400}),
    "a header without a colon": (head(extra=["nonsense"]), {400}),
    "a folded header": (head(extra=["X-A: b", " c"]), {400}),
    "a blank before the colon": (head(extra=["X-A : b"]), {400}),
    "a control in a header": (head(extra=["X-A: a\x01b"]), {400}),
    "a header of 64 kB": (head(extra=["X-A: " + "a" * 65536]), {431}),
    "many headers, 64 kB": (head(extra=[f"X-{n}: {'a' * 90}" for n in range(700)]), {431}),
    "a path of 64 kB": (head(path="/v1/ws?" + "a" * 65536), {414, 431}),
}


@pytest.mark.parametrize(("octets", "expected"), BAD_UPGRADES.values(), ids=BAD_UPGRADES.keys())
def test_an_upgrade_that_is_none_is_refused(address, bystander, octets, expected):
    with HttpWire(address) as wire:
        try:
            wire.raw(octets)
        except ConnectionError:
            pass  # refused before all of it was sent
        answer = wire.answer()
        assert answer.status in expected
        if answer.headers.get("content-type") == "application/problem+json":
            problem = answer.json()
            assert (problem["code"], problem["name"]) in {(4000, "bad_request"), (4050, "method_not_allowed")}
        if answer.status == 426:
            assert answer.headers["sec-websocket-version"] == "13"


def test_an_upgrade_to_another_version_names_the_right_one(address):
    with HttpWire(address) as wire:
        wire.raw(head(Sec_WebSocket_Version="8"))
        assert wire.answer().headers.get("sec-websocket-version") == "13"


NOT_HTTP = {
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 200,
    "zeros": b"\0" * 100,
    "blank lines": b"\r\n\r\nhello\r\n\r\n",
    "a cut line": b"GET\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/9.9": b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
    "Redis": b"*1\r\n$4\r\nPING\r\n",
}


@pytest.fixture(scope="module")
def strangers(node):
    """One connection for each; opened together, since some end only after 5 s."""
    wires = {name: HttpWire(("127.0.0.1", node.port)) for name in NOT_HTTP}
    for name, wire in wires.items():
        wire.raw(NOT_HTTP[name])
    yield wires
    for wire in wires.values():
        wire.socket.close()


@pytest.mark.parametrize("name", NOT_HTTP)
def test_bytes_that_are_no_http_are_refused_and_closed(strangers, bystander, name):
    wire = strangers[name]
    assert wire.is_closed(within_s=7)
    refusals = (b"HTTP/1.1 400", b"HTTP/1.1 431", b"HTTP/1.1 408", b"HTTP/1.1 505")
    assert wire.pending == b"" or wire.pending.startswith(refusals)


def test_frames_sent_right_behind_the_upgrade_are_taken(address):
    from websocket_wire import frame_bytes

    with Wire(address) as wire:
        wire.write(head() + frame_bytes(TEXT, b'{"id":1,"connect":{"user":"ana"}}'))
        assert wire.http_head().status == 101
        assert b'"connected"' in wire.message()[1]


def test_two_hundred_sockets_opened_and_cut_leave_the_node_serving(address):
    for _ in range(200):
        Wire(address).drop()
    with Session(address) as session:
        session.connect("ana")
