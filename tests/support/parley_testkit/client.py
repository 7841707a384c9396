"""A session of the JSON subprotocol, for tests: it pipelines, and writes each push into the history
as it came, before anything is done with it. It corrects nothing, so that nothing is hidden."""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
from typing import Any, Awaitable, Callable, Mapping

import websockets.client
import websockets.exceptions

from .history import Recorder, content_hash, open_errors, pair, pushed_event, told

subprotocol = "parley.v1.json"
_attempts = itertools.count(1)
_sessions = itertools.count(1)


class ProtocolError(Exception):
    """An `error` answer. `name` is the protocol's; `retryable` as the server says."""

    def __init__(self, error: Mapping[str, Any]) -> None:
        super().__init__(f"{error.get('name')} ({error.get('code')}): {error.get('message', '')}")
        self.error, self.name = dict(error), error.get("name", "?")
        self.retryable = bool(error.get("retryable"))


class Closed(Exception):
    """The connection ended; requests without an answer may have been carried out."""


PushHandler = Callable[[str, dict], Awaitable[None] | None]
JoinedHandler = Callable[[str, dict], None]


class Session:
    """One WebSocket. Open it with `open`; requests are coroutines, `publish` gives a future.

    :ivar limits: what `connected` said
    :ivar close_code: after the end, the code (1006 where there was none)"""

    def __init__(self, name: str, recorder: Recorder | None, on_push: PushHandler | None,
                 on_joined: JoinedHandler | None) -> None:
        self.name, self._recorder, self._on_push, self._on_joined = name, recorder, on_push, on_joined
        self._ids = itertools.count(1)
        self._joins = itertools.count(1)
        self._waiting: dict[int, asyncio.Future] = {}
        self._streams: dict[str, str] = {}  # room -> the stream that its pushes belong to
        self._replies_first: dict[int, Callable[[dict], None]] = {}
        self.user, self.limits, self.close_code = "", {}, None
        self.closed = asyncio.get_running_loop().create_future()

    @classmethod
    async def open(cls, url: str, *, user: str, rooms: Mapping[str, dict] | None = None, name: str | None = None,
                   reader: str | None = None, recorder: Recorder | None = None, on_push: PushHandler | None = None,
                   on_joined: JoinedHandler | None = None, receive_buffer: int | None = None, seconds: float = 10) -> "Session":
        """Connects, says `connect` and waits for `connected`.
        :param rooms: rooms to join in the same request, with their join options
        :param reader: who these streams belong to, across reconnects; default: the session
        :param on_push: told of each push (a coroutine: nothing more is read until it ends)
        :param on_joined: told of each (room, joined) before any push that follows it
        :param receive_buffer: bytes, small for a reader that is to fall behind
        :raises Closed: nobody there, or the connection ended before the answer"""
        session = cls(name or f"{user}#{next(_sessions)}", recorder, on_push, on_joined)
        session.reader = reader or session.name
        try:
            await asyncio.wait_for(session._connect(url, user, rooms or {}, receive_buffer), seconds)
        except (OSError, asyncio.TimeoutError, websockets.exceptions.WebSocketException) as error:
            session.abort()
            raise Closed(f"{type(error).__name__}: {error}") from error
        return session

    async def call(self, body: dict) -> dict:
        """Sends one operation; the reply's body (of whatever name), or ProtocolError, or Closed."""
        return await self._send(body)

    async def join(self, room: str, **options: Any) -> dict:
        """`joined`. Options as in the protocol: since={term, seq}, rewind=50, on_gap, max."""
        body = _join_options(options)
        stream = self._invoke_join(room, body)
        try:
            return await self._send({"join": {"room": room, **body}},
                                    at_reply=lambda reply: self._joined(room, stream, reply))
        except ProtocolError as error:
            self._joined(room, stream, None, error.error)
            raise
        except (Closed, asyncio.CancelledError):
            self._record("join", phase="info", stream=stream)
            raise

    def publish(self, room: str, **draft: Any) -> asyncio.Future:
        """Sends at once and returns the future of `published`; call it again without waiting."""
        attempt = next(_attempts)
        self._record("publish", phase="invoke", attempt=attempt, session=self.name, sender=self.user, room=room,
                     key=draft.get("client_msg_id"), hash=content_hash(draft, sender=self.user))
        answer = asyncio.ensure_future(self._send(
            {"publish": {"room": room, **draft}}, at_reply=lambda reply: self._published(attempt, reply)))
        answer.add_done_callback(lambda done: self._publish_ended(attempt, done))
        return answer

    async def history(self, room: str, **options: Any) -> dict:
        return await self._send({"history": {"room": room, **options}})

    async def leave(self, room: str) -> dict:
        reply = await self._send({"leave": {"room": room}})
        self._cut(room)
        return reply

    async def ping(self) -> dict:
        return await self._send({"ping": {}})

    async def close(self) -> None:
        """Says goodbye properly, where the other side still listens."""
        try:
            await self._socket.close()
        except websockets.exceptions.ConnectionClosed:
            pass
        await asyncio.wait([self._receiver])

    def abort(self) -> None:
        """Drops the socket as a cut cable would: no close frame, nothing more is read."""
        transport = getattr(getattr(self, "_socket", None), "transport", None)
        if transport is not None:
            transport.abort()
            # A reader that fell behind has the library waiting for room in its queue, for ever.
            self._socket.transfer_data_task.cancel()
        self._ended()
        receiver = getattr(self, "_receiver", None)
        if receiver is not None and receiver is not asyncio.current_task():
            receiver.cancel()

    # --- sending

    async def _connect(self, url: str, user: str, rooms: Mapping[str, dict], receive_buffer: int | None) -> None:
        options: dict[str, Any] = {}
        if receive_buffer:
            host, _, port = url.split("/")[2].partition(":")
            link = socket.socket()
            link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            link.setblocking(False)
            try:
                await asyncio.get_running_loop().sock_connect(link, (host, int(port)))
            except BaseException:
                link.close()
                raise
            options = dict(sock=link, max_queue=1, read_limit=receive_buffer)
        self._socket = await websockets.client.connect(
            url, subprotocols=[subprotocol], compression=None, max_size=None, ping_interval=None, **options)
        self._receiver = asyncio.ensure_future(self._receive())
        bodies = {room: _join_options(dict(join)) for room, join in rooms.items()}
        streams = {room: self._invoke_join(room, body) for room, body in bodies.items()}

        def at_reply(reply: dict) -> None:
            self.user = reply["user"]
            for room, outcome in reply.get("rooms", {}).items():
                if room in streams:
                    self._joined(room, streams.pop(room), outcome.get("joined"), outcome.get("error"))

        try:
            reply = await self._send({"connect": {
                "user": user, "client": {"name": "parley_testkit", "version": "1"}, "rooms": bodies}}, at_reply)
        finally:
            for stream in streams.values():
                self._record("join", phase="info", stream=stream)
        self.limits, self.rooms = reply.get("limits", {}), reply.get("rooms", {})

    async def _send(self, body: dict, at_reply: Callable[[dict], None] | None = None) -> dict:
        if self.closed.done():
            raise Closed("sent after the end")
        number = next(self._ids)
        answer = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        if at_reply:
            self._replies_first[number] = at_reply
        try:
            await self._socket.send(json.dumps({"id": number, **body}, ensure_ascii=False))
        except websockets.exceptions.ConnectionClosed:
            self._ended()
        return await answer

    # --- receiving

    async def _receive(self) -> None:
        try:
            async for frame in self._socket:
                content = json.loads(frame)
                for envelope in content if isinstance(content, list) else [content]:
                    if self.closed.done():
                        return  # aborted from within: what still waits here was never received
                    await self._take(envelope)
        except websockets.exceptions.ConnectionClosed:
            pass
        finally:
            self.close_code = self._socket.close_code
            self._ended()

    async def _take(self, envelope: dict) -> None:
        number = envelope.get("id")
        kind, body = next((key, value) for key, value in envelope.items() if key != "id")
        if not number:
            self._record_push(kind, body)
            if self._on_push:
                handled = self._on_push(kind, body)
                if handled is not None:
                    await handled
            return
        answer = self._waiting.pop(number, None)
        at_reply = self._replies_first.pop(number, None)
        if answer is None:
            self._record("stray", session=self.name, kind=kind, room=None)
            return
        if kind == "error":
            if not answer.done():
                answer.set_exception(ProtocolError(body))
            return
        # Here, not where the caller awakes: the pushes that follow belong to what was just joined.
        if at_reply:
            at_reply(body)
        if not answer.done():
            answer.set_result(body)

    def _ended(self) -> None:
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(Closed(f"closed with {self.close_code}"))
        self._waiting.clear()
        for room in list(self._streams):
            self._cut(room)
        if not self.closed.done():
            self.closed.set_result(self.close_code)

    # --- the history

    def _record(self, op: str, **fields: Any) -> None:
        if self._recorder:
            self._recorder.add(op, **fields)

    def _invoke_join(self, room: str, body: dict) -> str:
        stream = f"{self.name}/{next(self._joins)}"
        self._record("join", phase="invoke", stream=stream, reader=self.reader, room=room,
                     since=pair(body.get("since")), rewind=body.get("rewind", {}).get("limit"),
                     on_gap=body.get("on_gap", "fill"), max=body.get("max", 100))
        return stream

    def _joined(self, room: str, stream: str, joined: dict | None, error: dict | None = None) -> None:
        if joined is None:
            self._record("join", phase="fail", stream=stream, error=(error or {}).get("name"))
            return
        self._cut(room)  # a second join replaces the first
        self._streams[room] = stream
        self._record("join", phase="ok", stream=stream, head=told(joined.get("head")),
                     start=told(joined.get("start")), recovered=joined.get("recovered"))
        if self._on_joined:
            self._on_joined(room, joined)

    def _cut(self, room: str) -> None:
        stream = self._streams.pop(room, None)
        if stream:
            self._record("cut", stream=stream)

    def settled(self, room: str) -> None:
        """Says in the history that this stream had all the time it needed."""
        self._record("settled", stream=self._streams[room])

    def _record_push(self, kind: str, body: dict) -> None:
        room = body.get("room")
        stream = self._streams.get(room)
        if stream is None and kind in ("batch", "gap", "live", "catching_up"):
            self._record("stray", session=self.name, kind=kind, room=room)
        elif kind == "batch":
            self._record("push", kind=kind, stream=stream, prev=body.get("prev"), phase=body.get("phase"),
                         events=[pushed_event(event) for event in body.get("events", [])])
        elif kind == "gap":
            self._record("push", kind=kind, stream=stream, to=told(body.get("to")), reason=body.get("reason"),
                         **{"from": body.get("from")})
        elif kind in ("live", "catching_up"):
            self._record("push", kind=kind, stream=stream, at=told(body.get("at")))
        else:
            self._record("push", kind=kind, stream=stream, session=self.name, room=room)

    def _published(self, attempt: int, reply: dict) -> None:
        self._record("publish", phase="ok", attempt=attempt, seq=reply.get("seq", -1), term=reply.get("term", -1),
                     duplicate=bool(reply.get("duplicate")))

    def _publish_ended(self, attempt: int, done: asyncio.Future) -> None:
        if done.cancelled():
            self._record("publish", phase="info", attempt=attempt, error="timeout")
            return
        error = done.exception()
        if isinstance(error, ProtocolError):
            self._record("publish", phase="info" if error.name in open_errors else "fail", attempt=attempt,
                         error=error.name)
        elif error is not None:
            self._record("publish", phase="info", attempt=attempt, error="closed")


def _join_options(options: dict) -> dict:
    """`rewind=50` for short; what is None is left out."""
    body = {key: value for key, value in options.items() if value is not None}
    if isinstance(body.get("rewind"), int):
        body["rewind"] = {"limit": body["rewind"]}
    return body
