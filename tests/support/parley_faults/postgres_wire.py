"""As much of PostgreSQL's protocol as it takes to know where a transaction of the node ends.

The node sends each transaction as one pipeline: Bind and Execute of prepared statements, then one Sync,
at which the server commits; ReadyForQuery answers that Sync. (PostgreSQL 15, chapter 55.)"""

from __future__ import annotations

import dataclasses
from typing import Iterator

_sync, _bind, _simple_query = ord("S"), ord("B"), ord("Q")
_ready, _error = ord("Z"), ord("E")


@dataclasses.dataclass(slots=True)
class Message:
    """:ivar exchange: which Sync (1, 2, ... on this link) ends or has ended what it belongs to; the
    start-up counts as 0"""
    data: bytes
    kind: int  # 0: the start-up packet, which has no type
    exchange: int
    is_end: bool = False  # the request's or the answer's last message
    statement: str = ""   # of a Bind: the prepared statement's name

    @property
    def is_error(self) -> bool:
        return self.kind == _error


class Splitter:
    """Bytes of one direction in, whole messages out.
    :param from_client: requests begin with a packet that has no type byte (no TLS is asked for here)"""

    def __init__(self, *, from_client: bool) -> None:
        self._from_client, self._at_start, self._kept = from_client, from_client, bytearray()
        self._ends = (_sync, _simple_query) if from_client else (_ready,)
        self._exchange = 1 if from_client else 0

    def take(self, data: bytes) -> Iterator[Message]:
        self._kept += data
        while True:
            head = 0 if self._at_start else 1
            if len(self._kept) < head + 4:
                return
            size = head + int.from_bytes(self._kept[head:head + 4], "big")
            if len(self._kept) < size:
                return
            whole = bytes(self._kept[:size])
            del self._kept[:size]
            yield self._message(whole)

    def _message(self, whole: bytes) -> Message:
        if self._at_start:
            self._at_start = False
            return Message(whole, 0, 0)
        kind = whole[0]
        # By direction: a server's S is a ParameterStatus.
        message = Message(whole, kind, self._exchange, kind in self._ends)
        if self._from_client and kind == _bind:
            message.statement = whole[5:].split(b"\0", 2)[1].decode()
        if message.is_end:
            self._exchange += 1
        return message
