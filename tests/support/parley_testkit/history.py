"""The history of a run: what sessions asked and what they were told, before any of it is
interpreted. One JSON object per line, in the order of `ns` (this machine's monotonic clock).
tests/checker/README.md has the format; `parley-check` judges it (verdict.py).

`invoke` is written before the request goes out and the answer after it came in, so that
"acknowledged before" is never claimed where it did not hold."""

from __future__ import annotations

import hashlib
import json
import pathlib
import time
from typing import Any, Iterator, Mapping

Record = dict[str, Any]

# An answer with one of these names leaves open whether the attempt is stored (docs/protocol.md, "Errors and closing").
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
    return _hash(told)


def body_hash(event: Mapping[str, Any]) -> str | None:
    """Names the part that an edit replaces; None where there is none, as in a tombstone."""
    told = {field: event[field] for field in ("text", "parts", "metadata") if event.get(field)}
    return _hash(told) if told else None


def _hash(told: dict) -> str:
    # surrogatepass: a broken server may send anything, and the hash must still come out different.
    text = json.dumps(told, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _change(event: Mapping[str, Any]) -> Record:
    """What only a change, and what was changed, has to tell."""
    kind = event.get("kind", "message.created")
    if kind == "message.created" and event.get("version", 1) <= 1:
        return {}
    return {"kind": kind.rpartition(".")[2] if kind.startswith("message.") else "other",
            "target": event.get("target"), "body": body_hash(event)}


def pushed_event(event: Mapping[str, Any]) -> list:
    """An event of a batch as the history keeps it."""
    return [event.get("seq", -1), event.get("term", -1), content_hash(event), event.get("version", 0),
            bool(event.get("deleted")), *_change(event).values()]


def stored_event(event: Mapping[str, Any]) -> Record:
    """An event of the final reading as the history keeps it."""
    seq, term, content, version, deleted = pushed_event(event)[:5]
    return {"seq": seq, "term": term, "hash": content, "sender": event.get("sender"),
            "key": event.get("client_msg_id"), "version": version, "deleted": deleted,
            **_change(event)}


def pair(position: Mapping[str, Any] | None) -> list | None:
    """A protocol position as [term, seq]."""
    return None if position is None else [position.get("term", 0), position.get("seq", 0)]


def told(position: Mapping[str, Any] | None) -> list:
    """A position that the protocol promises. One that is missing is none that can be right."""
    return pair(position) or [-1, -1]
