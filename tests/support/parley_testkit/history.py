"""The history of a run: what sessions asked and what they were told, before any of it is
interpreted. One JSON object per line, in the order of `ns` (this machine's monotonic clock).

    {"op":"publish","phase":"invoke","attempt":7,"session":"w1#2","sender":"ana","room":"r","key":"c-1","hash":"…"}
    {"op":"publish","phase":"ok","attempt":7,"seq":12,"term":1764000000000,"duplicate":false}
    {"op":"publish","phase":"fail","attempt":8,"error":"unavailable"}      answered: not stored
    {"op":"publish","phase":"info","attempt":9,"error":"closed"}           may be stored
    {"op":"join","phase":"invoke","stream":"r3#1/r","reader":"r3","room":"r","since":[term,seq],"rewind":null,…}
    {"op":"join","phase":"ok","stream":…,"head":[term,seq],"start":[term,seq],"recovered":true}
    {"op":"push","kind":"batch","stream":…,"prev":41,"phase":"live","events":[[seq,term,hash,version,deleted],…]}
    {"op":"push","kind":"live"|"catching_up","stream":…,"at":[term,seq]}
    {"op":"push","kind":"gap","stream":…,"from":1,"to":[term,seq],"reason":"reset"}
    {"op":"cut","stream":…}                     the stream ended (socket gone, replaced or left)
    {"op":"stray","session":…,"kind":"batch","room":"r"}   a push of no stream, or a reply to nothing
    {"op":"settled","stream":…}                 the run waited: this stream must be at the head
    {"op":"fault","fault":"kill node","phase":"begin"|"end"}
    {"op":"stored","room":"r","head":[term,seq],"events":[{"seq","term","hash","sender","key","version","deleted"},…]}

`invoke` is written before the request goes out and the answer after it came in, so that
"acknowledged before" is never claimed where it did not hold."""

from __future__ import annotations

import hashlib
import json
import pathlib
import time
from typing import Any, Iterator, Mapping

Record = dict[str, Any]

# An answer with one of these names leaves open whether the attempt is stored (protocol.md §4).
open_errors = frozenset({"internal", "outcome_unknown", "closed", "timeout"})


class Recorder:
    """Collects records in memory, and in a file where one is named."""

    def __init__(self, path: pathlib.Path | None = None) -> None:
        self.records: list[Record] = []
        self._file = open(path, "w", encoding="utf-8") if path else None

    def add(self, op: str, **fields: Any) -> None:
        record = {"ns": time.monotonic_ns(), "op": op, **fields}
        self.records.append(record)
        if self._file:
            self._file.write(json.dumps(record, ensure_ascii=False) + "\n")

    def close(self) -> None:
        if self._file:
            self._file.close()
            self._file = None


def read_history(path: pathlib.Path) -> Iterator[Record]:
    """The records of a file that a `Recorder` wrote."""
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def content_hash(event: Mapping[str, Any], *, sender: str | None = None) -> str:
    """Names everything that an event tells its readers, for a draft (with its sender) and for a
    pushed or stored event alike. Absent and empty count as the same, as on the wire."""
    told = {
        "kind": event.get("kind", "message.created"),
        "sender": sender if sender is not None else event.get("sender"),
    }
    for field in ("client_msg_id", "text", "parts", "metadata", "reply_to", "target"):
        if event.get(field):
            told[field] = event[field]
    # surrogatepass: a broken server may send anything, and the hash must still come out different.
    text = json.dumps(told, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def pushed_event(event: Mapping[str, Any]) -> list:
    """An event of a batch as the history keeps it."""
    return [event.get("seq", -1), event.get("term", -1), content_hash(event), event.get("version", 0),
            bool(event.get("deleted"))]


def stored_event(event: Mapping[str, Any]) -> Record:
    """An event of the final reading as the history keeps it."""
    seq, term, content, version, deleted = pushed_event(event)
    return {"seq": seq, "term": term, "hash": content, "sender": event.get("sender"),
            "key": event.get("client_msg_id"), "version": version, "deleted": deleted}


def pair(position: Mapping[str, Any] | None) -> list | None:
    """A protocol position as [term, seq]."""
    return None if position is None else [position.get("term", 0), position.get("seq", 0)]


def told(position: Mapping[str, Any] | None) -> list:
    """A position that the protocol promises. One that is missing is none that can be right."""
    return pair(position) or [-1, -1]
