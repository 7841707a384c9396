"""A WebSocket client on a plain socket that can also break every rule of RFC 6455.

Libraries refuse to send what the tests must send: unmasked frames, reserved bits, fragments of a
control frame, a close that never comes. So this client writes each frame as it is told.
"""

import base64
import dataclasses
import hashlib
import os
import socket
import struct
import time

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
ABNORMAL = 1006  # RFC 6455 §7.1.5: the stream ended without a close frame
NO_STATUS = 1005  # §7.4.1: a close frame without a code
ACCEPT_SUFFIX = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
PATIENCE_S = 10.0


class Closed(Exception):
    """The peer ended the WebSocket; `code` is its close code, or 1005 or 1006."""

    def __init__(self, code, reason=""):
        super().__init__(f"closed with {code} {reason}".rstrip())
        self.code = code
        self.reason = reason


class Refused(Exception):
    """The upgrade was answered with something else than 101."""

    def __init__(self, answer):
        super().__init__(f"upgrade refused: {answer.status} {answer.body[:200]!r}")
        self.answer = answer


@dataclasses.dataclass
class Frame:
    fin: bool
    rsv: int
    opcode: int
    payload: bytes


@dataclasses.dataclass
class HttpHead:
    """The head of an HTTP answer; `body` is what a refusal carried."""

    status: int
    headers: dict
    body: bytes = b""


def frame_bytes(opcode, payload=b"", *, fin=True, rsv=0, masked=True, length_form=None):
    """One frame as bytes; `length_form` 126 or 127 forces a longer length than needed."""
    size = len(payload)
    form = length_form or (size if size < 126 else 126 if size < 65536 else 127)
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode, (0x80 if masked else 0) | form])
    if form == 126:
        head += struct.pack("!H", size)
    elif form == 127:
        head += struct.pack("!Q", size)
    if not masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + xor(payload, mask)


def xor(payload, mask):
    """Masks fast enough for frames of a megabyte."""
    size = len(payload)
    whole = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(whole, "big")).to_bytes(size, "big")


class Wire:
    """One WebSocket, frame by frame. Answers pings unless told otherwise."""

    def __init__(self, address, *, receive_buffer_bytes=None):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if receive_buffer_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
        self.socket.settimeout(PATIENCE_S)
        self.socket.connect(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.address = address
        self.pending = b""
        self.answers_pings = True
        self.subprotocol = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.drop()

    def drop(self):
        """Ends the TCP connection without a word, as a lost network does."""
        self.socket.close()

    def close(self, code=1000):
        """The polite close: waits for the peer's answer and returns its code."""
        self.send(CLOSE, struct.pack("!H", code))
        try:
            return self.close_code()
        finally:
            self.drop()

    # --- handshake ---------------------------------------------------------------------------

    def upgrade(self, *, path="/v1/ws", subprotocol=None, headers=()):
        """RFC 6455 §4: sends the request, checks the accept key, keeps what the server echoed."""
        key = base64.b64encode(os.urandom(16))
        lines = [
            f"GET {path} HTTP/1.1",
            f"Host: {self.address[0]}:{self.address[1]}",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {key.decode()}",
        ]
        if subprotocol is not None:
            lines.append(f"Sec-WebSocket-Protocol: {subprotocol}")
        lines += [f"{name}: {value}" for name, value in headers]
        self.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        answer = self.http_head()
        if answer.status != 101:
            raise Refused(answer)
        expected = base64.b64encode(hashlib.sha1(key + ACCEPT_SUFFIX).digest()).decode()
        assert answer.headers.get("sec-websocket-accept") == expected, answer.headers
        assert "sec-websocket-extensions" not in answer.headers, "compression stays off"
        self.subprotocol = answer.headers.get("sec-websocket-protocol")
        return self

    def http_head(self, deadline=None):
        """Reads an HTTP head; for a refusal also its body, as far as Content-Length says."""
        deadline = deadline or time.monotonic() + PATIENCE_S
        while b"\r\n\r\n" not in self.pending:
            self.fill(deadline)
        head, self.pending = self.pending.split(b"\r\n\r\n", 1)
        first, *rest = head.decode("latin-1").split("\r\n")
        pairs = (line.split(":", 1) for line in rest)
        answer = HttpHead(int(first.split()[1]), {k.strip().lower(): v.strip() for k, v in pairs})
        if answer.status != 101:
            wanted = int(answer.headers.get("content-length", 0))
            while len(self.pending) < wanted:
                self.fill(deadline)
            answer.body, self.pending = self.pending[:wanted], self.pending[wanted:]
        return answer

    # --- frames ------------------------------------------------------------------------------

    def write(self, raw):
        self.socket.settimeout(PATIENCE_S)
        self.socket.sendall(raw)

    def send(self, opcode, payload=b"", **form):
        if isinstance(payload, str):
            payload = payload.encode()
        self.write(frame_bytes(opcode, payload, **form))

    def send_if_heard(self, opcode, payload=b"", **form):
        """Sends what the node may refuse by its length, before all of it was sent."""
        try:
            self.send(opcode, payload, **form)
        except ConnectionError:
            pass

    def fill(self, deadline):
        """Reads more bytes; a timeout is a failed test, an end of the stream is `Closed`."""
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the node sent nothing more in time")
        self.socket.settimeout(left)
        try:
            more = self.socket.recv(1 << 20)
        except ConnectionError as lost:
            raise Closed(ABNORMAL, str(lost)) from lost
        except TimeoutError as late:
            raise TimeoutError("the node sent nothing more in time") from late
        if not more:
            raise Closed(ABNORMAL)
        self.pending += more

    def need(self, count, deadline):
        while len(self.pending) < count:
            self.fill(deadline)

    def frame(self, deadline=None):
        """The next frame as it came; a server must not mask (RFC 6455 §5.1)."""
        deadline = deadline or time.monotonic() + PATIENCE_S
        self.need(2, deadline)
        first, second = self.pending[0], self.pending[1]
        assert not second & 0x80, "a server must not mask"
        size, used = second & 0x7F, 2
        if size == 126:
            self.need(4, deadline)
            size, used = struct.unpack_from("!H", self.pending, 2)[0], 4
        elif size == 127:
            self.need(10, deadline)
            size, used = struct.unpack_from("!Q", self.pending, 2)[0], 10
        self.need(used + size, deadline)
        payload, self.pending = self.pending[used : used + size], self.pending[used + size :]
        return Frame(bool(first & 0x80), first >> 4 & 0x7, first & 0xF, payload)

    def message(self, deadline=None):
        """The next whole message as (opcode, payload). Raises `Closed` for a close frame."""
        deadline = deadline or time.monotonic() + PATIENCE_S
        kind, parts = None, []
        while True:
            frame = self.frame(deadline)
            assert frame.rsv == 0, "no extension was agreed"
            if frame.opcode == CLOSE:
                raise Closed(*self.closing(frame.payload))
            if frame.opcode == PING:
                if self.answers_pings:
                    self.send(PONG, frame.payload)
            elif frame.opcode != PONG:
                assert (frame.opcode == CONTINUATION) == (kind is not None), "fragments out of order"
                kind = kind if kind is not None else frame.opcode
                parts.append(frame.payload)
                if frame.fin:
                    return kind, b"".join(parts)

    @staticmethod
    def closing(payload):
        if len(payload) < 2:
            return NO_STATUS, ""
        return struct.unpack("!H", payload[:2])[0], payload[2:].decode()

    def close_code(self, deadline=None):
        """Reads on, past any message, until the peer closes; returns its code."""
        deadline = deadline or time.monotonic() + PATIENCE_S
        try:
            while True:
                self.message(deadline)
        except Closed as end:
            return end.code
