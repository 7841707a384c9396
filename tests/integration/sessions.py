"""A session that asks and listens in either encoding, and proves G3 on every stream it reads."""

import collections
import itertools
import time

from codecs_under_test import JsonCodec
from streams import RoomStream
from websocket_wire import PATIENCE_S, Wire

PUSHES = {
    "batch", "live", "catching_up", "gap", "head", "ephemeral", "evicted", "reconnect",
}  # fmt: skip


class Session:
    """One WebSocket after its handshake. Everything that arrives passes through `take_in`."""

    def __init__(self, address, codec=JsonCodec, *, headers=(), receive_buffer_bytes=None):
        self.codec = codec
        self.wire = Wire(address, receive_buffer_bytes=receive_buffer_bytes)
        self.wire.upgrade(subprotocol=codec.subprotocol, headers=headers)
        assert self.wire.subprotocol == codec.subprotocol
        self.ids = itertools.count(1)
        self.replies = {}  # id -> envelope not yet asked for
        self.joining = {}  # id -> (room, asked) of joins whose reply is due
        self.streams = {}  # room -> RoomStream
        self.pushes = collections.deque()  # (name, body) not yet looked at
        self.errors = collections.deque()  # errors that came without an id

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.wire.drop()

    # --- asking ------------------------------------------------------------------------------

    def send(self, *envelopes):
        """Sends envelopes in one frame, as they are."""
        for envelope in envelopes:
            if "join" in envelope:
                self.joining[envelope.get("id", 0)] = (envelope["join"]["room"], envelope["join"])
            if "connect" in envelope:
                self.asked_rooms = envelope["connect"].get("rooms") or {}
            if "leave" in envelope:
                self.streams.pop(envelope["leave"].get("room"), None)
        self.wire.send(self.codec.opcode, self.codec.encode(list(envelopes)))

    def start(self, op, **body):
        """Sends one operation and returns its id; `reply` collects the answer."""
        op_id = next(self.ids)
        self.send({"id": op_id, op: body})
        return op_id

    def reply(self, op_id, patience_s=PATIENCE_S):
        """The reply with that id: (name, body)."""
        deadline = time.monotonic() + patience_s
        while op_id not in self.replies:
            self.read(deadline)
        return self.replies.pop(op_id)

    def ask(self, op, **body):
        """Sends one operation and returns the body of its reply, which must not be an error."""
        name, answer = self.reply(self.start(op, **body))
        assert name != "error", answer
        return answer

    def refused(self, op, **body):
        """Sends one operation and returns the error that answers it."""
        name, answer = self.reply(self.start(op, **body))
        assert name == "error", (name, answer)
        return answer

    def ack(self, op_id, patience_s=PATIENCE_S):
        """The body of the reply with that id, which must be `published`: a failure says what came instead."""
        name, answer = self.reply(op_id, patience_s)
        assert name == "published", f"{op_id} was answered with {name}: {answer}"
        return answer

    def connect(self, user=None, **body):
        if user is not None:
            body["user"] = user
        return self.ask("connect", **body)

    def join(self, room, **options):
        """Joins and returns (reply, stream)."""
        answer = self.ask("join", room=room, **options)
        return answer, self.streams[room]

    def publish(self, room, text, **rest):
        return self.ask("publish", room=room, text=text, **rest)

    # --- listening ---------------------------------------------------------------------------

    def read(self, deadline):
        """Reads one message and takes in what it carries."""
        opcode, payload = self.wire.message(deadline)
        assert opcode == self.codec.opcode, opcode
        for envelope in self.codec.decode(payload):
            self.take_in(dict(envelope))

    def take_in(self, envelope):
        op_id = envelope.pop("id", 0)
        assert len(envelope) == 1, f"an envelope has exactly one body: {envelope}"
        ((name, body),) = envelope.items()
        if name == "joined" and op_id in self.joining:
            room, asked = self.joining.pop(op_id)
            assert body["room"] == room
            self.streams[room] = RoomStream(body, asked)
        if name == "connected":
            for room, outcome in body["rooms"].items():
                if "joined" in outcome:
                    self.streams[room] = RoomStream(outcome["joined"], self.asked_rooms[room])
        if op_id:
            assert name not in PUSHES, f"a push carries no id: {name}"
            assert op_id not in self.replies, f"two replies to {op_id}"
            self.replies[op_id] = (name, body)
        elif name == "error":
            self.errors.append(body)
        else:
            assert name in PUSHES, f"neither reply nor push: {name}"
            if body.get("room") in self.streams:
                self.streams[body["room"]].take_in(name, body)
            self.pushes.append((name, body))

    def push(self, *names, room=None, patience_s=PATIENCE_S):
        """The next push of one of these names (any, if none is given); others are passed over."""
        deadline = time.monotonic() + patience_s
        while True:
            while self.pushes:
                name, body = self.pushes.popleft()
                if (not names or name in names) and room in (None, body.get("room")):
                    return name, body
            self.read(deadline)

    def error(self, patience_s=PATIENCE_S):
        """The next error that came without an id."""
        deadline = time.monotonic() + patience_s
        while not self.errors:
            self.read(deadline)
        return self.errors.popleft()

    def until_live(self, room, patience_s=PATIENCE_S):
        """Reads until the room's stream is live; returns the stream."""
        return self.until(lambda: self.streams[room].is_live, room, patience_s)

    def until_seq(self, room, seq, patience_s=PATIENCE_S):
        """Reads until the room's stream has reached that seq; returns the stream."""
        return self.until(lambda: self.streams[room].last >= seq, room, patience_s)

    def until(self, is_reached, room, patience_s):
        deadline = time.monotonic() + patience_s
        while not is_reached():
            self.read(deadline)
        return self.streams[room]
