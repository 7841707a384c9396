"""What one subscription has shown so far, checked against docs/protocol.md, "Pushes", as it grows (G3)."""

EVENT_ALWAYS = {"seq", "term", "kind", "sender", "at"}
EVENT_MAYBE = {
    "client_msg_id", "text", "parts", "metadata", "reply_to", "target", "version", "deleted",
}  # fmt: skip


class RoomStream:
    """Raises at the first push that leaves out, repeats or reorders anything without a gap."""

    def __init__(self, joined, asked):
        expected = {"room", "head", "start"} | ({"recovered"} if "since" in asked else set())
        assert set(joined) == expected, joined
        self.room = joined["room"]
        self.joined = joined
        self.asked = asked
        self.start = joined["start"]
        self.last = joined["start"]["seq"]  # a first gap ends at `start`
        self.term = joined["start"]["term"]
        self.is_live = False
        self.was_live = False
        self.has_begun = False
        self.events = []
        self.gaps = []
        self.lives = []
        self.heads = []
        self.catching_ups = []
        self.phases = []

    def take_in(self, name, body):
        steps = {
            "batch": self.batch,
            "gap": self.gap,
            "live": self.live,
            "catching_up": self.catching_up,
            "head": self.head,
        }
        if name in steps:
            steps[name](body)
            self.has_begun = True

    def batch(self, body):
        assert set(body) == {"room", "prev", "phase", "events"}, body
        assert body["prev"] == self.last, f"after {self.last} came a batch with prev {body['prev']}"
        assert body["phase"] == ("live" if self.is_live else "history"), body["phase"]
        assert body["events"], "a batch without events says nothing"
        for event in body["events"]:
            check_event(event)
            assert event["seq"] == self.last + 1, f"after {self.last} came {event['seq']}"
            assert event["term"] >= self.term, "a term never falls as seq grows"
            self.last, self.term = event["seq"], event["term"]
        self.events += body["events"]
        self.phases.append(body["phase"])

    def gap(self, body):
        assert set(body) == {"room", "from", "to", "reason"}, body
        assert body["reason"] in ("retention", "jump", "reset"), body
        if not self.has_begun:
            assert body["to"]["seq"] == self.start["seq"], "a first gap ends at `start`"
            asked = self.asked.get("since", {}).get("seq", 0)
            assert body["from"] == (1 if body["reason"] == "reset" else asked + 1), body
        elif body["reason"] == "retention":
            assert body["from"] == self.last + 1, body
        self.last, self.term = body["to"]["seq"], body["to"]["term"]
        self.gaps.append(body)

    def live(self, body):
        assert set(body) == {"room", "at"}, body
        assert not self.is_live, "`live` comes once per join and once after each catching_up"
        assert body["at"]["seq"] == self.last, (body, self.last)
        self.is_live = self.was_live = True
        self.lives.append(body["at"])

    def catching_up(self, body):
        assert set(body) == {"room", "at"}, body
        assert self.was_live, "catching_up never comes before the first live"
        assert self.is_live, "two catching_up without a live between them"
        assert body["at"]["seq"] == self.last, (body, self.last)
        self.is_live = False
        self.catching_ups.append(body["at"])

    def head(self, body):
        assert set(body) == {"room", "head"}, body
        assert self.is_live, "only a stream that has caught up is told where the room stands"
        assert body["head"] == {"term": self.term, "seq": self.last}, (body, self.term, self.last)
        self.heads.append(body["head"])

    @property
    def seqs(self):
        return [event["seq"] for event in self.events]

    @property
    def texts(self):
        return [event.get("text") for event in self.events]


def check_event(event):
    assert EVENT_ALWAYS <= set(event) <= EVENT_ALWAYS | EVENT_MAYBE, event
    assert event["kind"] == "message.created", event
    assert event["version"] == 1, event
    assert "deleted" not in event and "target" not in event, event
    assert all(event[name] not in ("", 0, [], None) for name in event if name != "at"), event
