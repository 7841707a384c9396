"""Good histories, drawn from a seed: a perfect room in memory, sessions that publish, lose acks and
repeat, and readers that join, are cut and resume. What a perfect node would have answered."""

from __future__ import annotations

import random

from parley_testkit.history import Record


class Generated:
    """One room's history; `records` is it. Time is the record's number."""

    def __init__(self, seed: int, *, steps: int = 120, room: str = "r") -> None:
        self.random, self.room, self.records = random.Random(seed), room, []
        self.rows: list[Record] = []
        self.by_key: dict[tuple, Record] = {}
        self.term = 1000
        self.attempts = self.drafts = 0
        self.readers = [_Reader(self, f"r{n}") for n in range(self.random.randint(1, 4))]
        for _ in range(steps):
            self._step()
        for reader in self.readers:
            reader.settle()
        self.add("stored", room=room, head=self.head(), events=[dict(row) for row in self.rows])

    def add(self, op: str, **fields) -> None:
        self.records.append({"ns": len(self.records) + 1, "op": op, **fields})

    def head(self, seq: int | None = None) -> list:
        """The position of a seq; of the newest event by default."""
        seq = len(self.rows) if seq is None else seq
        return [self.rows[seq - 1]["term"], seq] if seq else [0, 0]

    def _step(self) -> None:
        what = self.random.random()
        if what < 0.5:
            self._publish(self.random.randint(1, 3))
        elif what < 0.53:
            self.term += self.random.randint(1, 50)  # the owner changed
        else:
            self.random.choice(self.readers).step()

    def _publish(self, count: int) -> None:
        """One session's pipeline: all asked, then all answered, each its own way."""
        session = f"w{self.random.randint(1, 3)}"
        drafts = []
        for _ in range(count):
            self.drafts += 1
            drafts.append({"sender": session, "key": f"k{self.drafts}", "hash": f"h{self.drafts}"})
        self._attempt(drafts, session)

    def _attempt(self, drafts: list[Record], session: str) -> None:
        numbers = []
        for draft in drafts:
            self.attempts += 1
            numbers.append(self.attempts)
            self.add("publish", phase="invoke", attempt=self.attempts, session=session, room=self.room, **draft)
        again = []
        fate = self.random.random()
        for number, draft in zip(numbers, drafts):
            if fate < 0.1:  # refused, and so are those behind
                self.add("publish", phase="fail", attempt=number, error="unavailable")
                again.append(draft)
            elif fate < 0.2:  # the ack is lost; stored or not
                if self.random.random() < 0.5 and not again:
                    self._store(draft)
                self.add("publish", phase="info", attempt=number, error="closed")
                again.append(draft)
            else:
                row, duplicate = self._store(draft)
                self.add("publish", phase="ok", attempt=number, seq=row["seq"], term=row["term"], duplicate=duplicate)
        if again and self.random.random() < 0.8:
            self._attempt(again, session + "'")

    def _store(self, draft: Record) -> tuple[Record, bool]:
        key = (draft["sender"], draft["key"])
        if key in self.by_key:
            return self.by_key[key], True
        row = {"seq": len(self.rows) + 1, "term": self.term, "version": 1, "deleted": False, **draft}
        self.rows.append(row)
        self.by_key[key] = row
        return row, False


class _Reader:
    """Joins, takes what is stored in batches, falls behind, is cut, resumes."""

    def __init__(self, world: Generated, name: str) -> None:
        self.world, self.name, self.joins = world, name, 0
        self.stream = None
        self.at = None  # the seq that it holds; None before the first join
        self.live = False

    def step(self) -> None:
        if self.stream is None:
            self._join()
        elif self.world.random.random() < 0.15:
            self.world.add("cut", stream=self.stream)
            self.stream = None
        elif self.live and self.world.random.random() < 0.1:
            self.world.add("push", kind="catching_up", stream=self.stream, at=self.world.head(self.at))
            self.live = False
        else:
            self._read(self.world.random.randint(1, 8))

    def settle(self) -> None:
        if self.stream is None:
            self._join()
        while self.at < len(self.world.rows) or not self.live:
            self._read(100)
        self.world.add("settled", stream=self.stream)

    def _join(self) -> None:
        world, self.joins = self.world, self.joins + 1
        self.stream, self.live = f"{self.name}/{self.joins}", False
        head = len(world.rows)
        since = rewind = gap = None
        on_gap = "fill"
        if self.at is None and world.random.random() < 0.5:
            rewind = world.random.randint(0, 20)
            self.at = max(0, head - rewind)
        else:
            since = world.head(self.at or 0)
            on_gap = world.random.choice(("fill", "jump"))
            if on_gap == "jump" and head - since[1] > 5:
                gap = world.head(head - 5)
            self.at = gap[1] if gap else since[1]
        world.add("join", phase="invoke", stream=self.stream, reader=self.name, room=world.room, since=since,
                  rewind=rewind, on_gap=on_gap, max=5)
        world.add("join", phase="ok", stream=self.stream, head=world.head(head), start=world.head(self.at),
                  recovered=None if since is None else True)
        if gap:
            world.add("push", kind="gap", stream=self.stream, to=gap, reason="jump", **{"from": since[1] + 1})

    def _read(self, count: int) -> None:
        rows = self.world.rows[self.at:self.at + count]
        if rows:
            self.world.add("push", kind="batch", stream=self.stream, prev=self.at,
                           phase="live" if self.live else "history",
                           events=[[r["seq"], r["term"], r["hash"], r["version"], r["deleted"]] for r in rows])
            self.at += len(rows)
        if not self.live and self.at == len(self.world.rows):
            self.world.add("push", kind="live", stream=self.stream, at=self.world.head(self.at))
            self.live = True
