"""HTTP on a plain socket: whole requests as bytes, answers parsed strictly, SSE read as it comes."""

import dataclasses
import json
import socket
import time
import urllib.parse

PATIENCE_S = 10.0


@dataclasses.dataclass
class Answer:
    status: int
    headers: dict
    body: bytes

    def json(self):
        return json.loads(self.body)

    def problem(self):
        """The body of a refusal, after a check that it is one (RFC 9457)."""
        media = self.headers.get("content-type", "").split(";")[0]
        assert media == "application/problem+json", (self.status, media, self.body[:300])
        body = self.json()
        assert body["code"] // 10 == self.status, (self.status, body)
        assert body.get("status", self.status) == self.status, body
        return body


class HttpWire:
    """One HTTP/1.1 connection. `raw` sends anything; `request` a well-formed request."""

    def __init__(self, address):
        self.address = address
        self.socket = socket.create_connection(address, PATIENCE_S)
        self.pending = b""
        self.patience(PATIENCE_S)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def patience(self, seconds):
        """From now on, reads give up after that time."""
        self.deadline = time.monotonic() + seconds

    def raw(self, octets):
        self.socket.settimeout(PATIENCE_S)
        self.socket.sendall(octets)

    def send(self, method, path, headers=(), body=None):
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.address[0]}:{self.address[1]}"]
        lines += [f"{name}: {value}" for name, value in dict(headers).items()]
        if body is not None:
            lines.append(f"Content-Length: {len(body)}")
        self.raw(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + (body or b""))

    def more(self):
        """Reads what comes; b"" at the end of the stream."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("no answer in time")
        self.socket.settimeout(left)
        try:
            octets = self.socket.recv(1 << 20)
        except ConnectionError:
            octets = b""
        self.pending += octets
        return octets

    def head(self):
        while b"\r\n\r\n" not in self.pending:
            if not self.more():
                raise EOFError(f"closed before an answer: {self.pending[:200]!r}")
        head, self.pending = self.pending.split(b"\r\n\r\n", 1)
        first, *rest = head.decode("latin-1").split("\r\n")
        version, status = first.split()[:2]
        assert version in ("HTTP/1.1", "HTTP/1.0"), first
        pairs = (line.split(":", 1) for line in rest)
        return int(status), {name.strip().lower(): value.strip() for name, value in pairs}

    def answer(self):
        self.patience(PATIENCE_S)
        status, headers = self.head()
        if status in (204, 304):  # without a body, whatever they say of it (RFC 9110 §15.3.5, §15.4.5)
            return Answer(status, headers, b"")
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return Answer(status, headers, b"".join(self.chunks()))
        if "content-length" in headers:
            wanted = int(headers["content-length"])
            while len(self.pending) < wanted:
                if not self.more():
                    raise EOFError("closed inside a body")
            body, self.pending = self.pending[:wanted], self.pending[wanted:]
            return Answer(status, headers, body)
        while self.more():
            pass
        body, self.pending = self.pending, b""
        return Answer(status, headers, body)

    def chunks(self):
        """The chunks of a chunked body, each as it arrives."""
        while True:
            while b"\r\n" not in self.pending:
                if not self.more():
                    return
            line, self.pending = self.pending.split(b"\r\n", 1)
            size = int(line.split(b";")[0], 16)
            while len(self.pending) < size + 2:
                if not self.more():
                    return
            chunk, self.pending = self.pending[:size], self.pending[size + 2 :]
            if size == 0:
                return
            yield chunk

    def is_closed(self, within_s):
        """True if the peer ends the stream in that time."""
        self.patience(within_s)
        try:
            while self.more():
                pass
            return True
        except TimeoutError:
            return False


def request(address, method, path, headers=(), body=None):
    """One request on a connection of its own."""
    with HttpWire(address) as wire:
        wire.send(method, path, headers, body)
        return wire.answer()


def room_path(room, rest="messages", **query):
    """/v1/rooms/{room}/{rest}?..., encoded."""
    path = f"/v1/rooms/{urllib.parse.quote(room, safe='')}/{rest}"
    return path + ("?" + urllib.parse.urlencode(query) if query else "")


def post(address, room, message, user=None, **headers):
    """Publishes over HTTP; underscores in a header's name become hyphens."""
    named = {"Content-Type": "application/json"}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    if user:
        named["Parley-User"] = user
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    return request(address, "POST", room_path(room), named, body)


@dataclasses.dataclass
class Push:
    """One server-sent event: its name, its decoded data, and the last id seen so far."""

    name: str
    body: dict
    id: str | None


class EventStream:
    """A reader of text/event-stream as the HTML standard parses it."""

    def __init__(self, address, path, headers=()):
        self.wire = HttpWire(address)
        self.wire.send("GET", path, {"Accept": "text/event-stream"} | dict(headers))
        status, self.headers = self.wire.head()
        assert status == 200, status
        media = self.headers["content-type"].split(";")[0]
        assert media == "text/event-stream", media
        self.chunked = self.headers.get("transfer-encoding", "").lower() == "chunked"
        self.lines = self.read_lines()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.wire.socket.close()

    def octets(self):
        if self.chunked:
            yield from self.wire.chunks()
            return
        while self.wire.pending or self.wire.more():
            octets, self.wire.pending = self.wire.pending, b""
            yield octets

    def read_lines(self):
        rest = b""
        for octets in self.octets():
            *whole, rest = (rest + octets).split(b"\n")
            for line in whole:
                yield line.rstrip(b"\r").decode("utf-8", "strict")

    def next(self, patience_s=PATIENCE_S):
        """The next push; comments and empty events are passed over."""
        self.wire.patience(patience_s)
        name, pieces, last_id = "message", [], None
        for line in self.lines:
            if not line:
                if pieces:
                    return Push(name, json.loads("\n".join(pieces)), last_id)
                name, last_id = "message", None
            elif not line.startswith(":"):
                field, _, value = line.partition(":")
                value = value.removeprefix(" ")
                if field == "event":
                    name = value
                elif field == "data":
                    pieces.append(value)
                elif field == "id":
                    last_id = value
        raise EOFError("the event stream ended")

