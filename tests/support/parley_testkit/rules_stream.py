"""The rules about what readers see (reliability.md §4): R3, R4, R7, R11, R15, stream by stream."""

from __future__ import annotations

from typing import Iterator

from .history import Record
from .indexed import Room, Stream
from .verdict import Finding


def check_streams(room: Room, *, gaps_allowed: frozenset[str]) -> Iterator[Finding]:
    """:param gaps_allowed: reasons (`reset`, `retention`) that this run's faults may bring about"""
    for stray in room.strays:
        yield Finding("R3", room.name, "a push that belongs to no stream", [stray])
    for stream in room.streams:
        if stream.ok is None:
            continue
        follower = _Follower(room, stream, gaps_allowed)
        yield from follower.begin()
        for push in stream.pushes:
            yield from follower.take(push)
        yield from follower.finish()


class _Follower:
    """Walks along one stream. After a finding it goes on from what it saw, so that one mistake is
    reported once."""

    def __init__(self, room: Room, stream: Stream, gaps_allowed: frozenset[str]) -> None:
        self.room, self.stream, self.gaps_allowed = room, stream, gaps_allowed
        self.join, self.start, self.head = stream.invoke, stream.ok["start"], stream.ok["head"]
        self.position = list(self.start)
        self.is_live, self.was_live, self.fresh = False, False, True
        self.known: set[str] | None = None

    def begin(self) -> Iterator[Finding]:
        """The answer `joined`, against the request, the stored log and what was acknowledged."""
        since, rewind = self.join["since"], self.join["rewind"]
        if self.head[1] < self.stream.acked_before:
            yield self.finding("R7", f"{self.stream.acked_before} was acknowledged before this join was asked for",
                               self.join, self.stream.ok)
        if self.start[1] > self.head[1]:
            yield self.finding("R3", "starts past the head", self.stream.ok)
        for position in (self.start, self.head):
            yield from self._is_committed(position, self.stream.ok)
        if since is None:
            # The newest `limit` events up to the head that the same answer names.
            due = max(0, self.head[1] - (rewind or 0))
            if self.start[1] != due and due >= self.room.stored.get("floor", 0):
                yield self.finding("R3", f"a rewind of {rewind or 0} starts after {due}", self.join, self.stream.ok)
            return
        if self.stream.ok["recovered"] != self._is_found(since):
            yield self.finding("R3", "recovered is wrong", self.join, self.stream.ok)
        if self.start[1] != since[1] and not (self.stream.pushes and self.stream.pushes[0]["kind"] == "gap") \
                and self.stream.pushes:
            yield self.finding("R3", "the resume starts elsewhere, and no gap says so", self.join, self.stream.ok)

    def take(self, push: Record) -> Iterator[Finding]:
        kind = push["kind"]
        if kind == "batch":
            yield from self._batch(push)
        elif kind == "gap":
            yield from self._gap(push)
        elif kind == "live":
            if self.is_live or not _same(push["at"], self.position):
                yield self.finding("R3", f"live out of place, at {self.position}", push)
            if push["at"][1] < self.stream.acked_before:
                yield self.finding("R7", f"live below {self.stream.acked_before}, acknowledged before", push)
            if not self.was_live and push["at"][1] < self.head[1]:
                yield self.finding("R3", f"live below the joined head {self.head[1]}", push)
            self.is_live = self.was_live = True
        elif kind == "catching_up":
            if not self.is_live or not _same(push["at"], self.position):
                yield self.finding("R3", f"catching_up out of place, at {self.position}", push)
            self.is_live = False
        if kind in ("batch", "gap", "live", "catching_up"):
            self.fresh = False

    def finish(self) -> Iterator[Finding]:
        """R11, for a stream that the run gave all the time it needed."""
        head = self.room.stored["head"]
        if self.stream.settled and (self.position[1] != head[1] or not self.is_live):
            yield self.finding("R11", f"ended at {self.position[1]} ({'live' if self.is_live else 'not live'}), "
                               f"the room at {head[1]}", self.stream.ok)

    def _batch(self, push: Record) -> Iterator[Finding]:
        if push["prev"] != self.position[1]:
            yield self.finding("R3", f"prev is {push['prev']}, the stream had reached {self.position[1]}",
                               _short(push))
        if push["phase"] != ("live" if self.is_live else "history"):
            yield self.finding("R3", f"phase {push['phase']} while {'live' if self.is_live else 'not live'}",
                               _short(push))
        if not push["events"]:
            yield self.finding("R3", "an empty batch", push)
        for event in push["events"]:
            seq, due = event[0], self.position[1] + 1
            if seq != due:
                what = "again" if isinstance(seq, int) and seq < due else f"where {due} was due"
                yield self.finding("R3", f"seq {seq} came {what}", {"event": event}, _short(push))
            yield from self._equals_stored(event, push)
            self.position = [event[1], event[0]]

    def _equals_stored(self, event: list, push: Record) -> Iterator[Finding]:
        """R4: the delivered (term, seq, content) is the stored one, or an older version of it."""
        seq, term, content, version, _ = event
        row = self.room.by_seq.get(seq)
        if row is None:
            if seq > self.room.stored.get("floor", 0):
                yield self.finding("R4", f"seq {seq} was shown, but is not stored", {"event": event}, _short(push))
        elif row["term"] != term:
            yield self.finding("R4", f"seq {seq} was shown with another term", {"event": event}, row)
        elif row["hash"] != content:
            changed_since = row["deleted"] or row["version"] > version
            if not changed_since or content not in self._drafts():
                yield self.finding("R4", f"seq {seq} was shown with another content", {"event": event}, row)

    def _gap(self, push: Record) -> Iterator[Finding]:
        reason, to, begins = push["reason"], push["to"], push["from"]
        if reason == "jump":
            missed = self.head[1] - (self.join["since"] or [0, 0])[1]
            if not self.fresh or self.join["on_gap"] != "jump" or missed <= self.join["max"]:
                yield self.finding("R3", "a jump that was not asked for", self.join, push)
        elif reason not in self.gaps_allowed:
            yield self.finding("R15", f"a gap ({reason}) that nothing in this run justifies", self.join, push)
        if self.fresh:
            due = 1 if reason == "reset" else (self.join["since"] or [0, 0])[1] + 1
            if to[1] != self.start[1]:
                yield self.finding("R3", "a join's gap ends elsewhere than at its start", push, self.stream.ok)
        else:
            due = begins if reason == "reset" else self.position[1] + 1
        if begins != due:
            yield self.finding("R3", f"the gap is from {begins}: {due} was due", push)
        self.position = list(to)

    def _is_committed(self, position: list, where: Record) -> Iterator[Finding]:
        """R4 for a position: below the floor nobody can tell."""
        if not self._is_found(position) and position[1] > self.room.stored.get("floor", 0):
            yield self.finding("R4", f"names {position}, which is not stored", where)

    def _is_found(self, since: list) -> bool:
        row = self.room.by_seq.get(since[1])
        return since[1] == 0 or (row is not None and row["term"] == since[0])

    def _drafts(self) -> set[str]:
        """What was ever asked to be published here: an older version of an edited event is one."""
        if self.known is None:
            self.known = {attempt.invoke["hash"] for attempt in self.room.attempts}
        return self.known

    def finding(self, rule: str, what: str, *evidence: Record) -> Finding:
        reader = f"{self.join['reader']} ({self.join['stream']}): "
        return Finding(rule, self.room.name, reader + what, list(evidence))


def _same(one: list, other: list) -> bool:
    """Equal positions; seq 0 is the same with any term."""
    return one == other or one[1] == other[1] == 0


def _short(push: Record) -> Record:
    """A batch without its events, which may be many."""
    seqs = [event[0] for event in push["events"]]
    return {**push, "events": f"{len(seqs)} from {seqs[0]} to {seqs[-1]}" if seqs else "none"}
