"""Ways to spoil a good history, each with the rules of which at least one must then be broken.

Each takes (records, random) and changes the records in place; it says False where this history has
nothing of the kind to spoil."""

from __future__ import annotations

import random as random_module
from typing import Callable

from parley_testkit.history import Record

Mutation = Callable[[list[Record], random_module.Random], bool]
mutations: dict[str, tuple[Mutation, set[str]]] = {}


def breaks(*rules: str):
    def register(mutation: Mutation) -> Mutation:
        mutations[mutation.__name__] = (mutation, set(rules))
        return mutation
    return register


def _stored(records) -> Record:
    return records[-1]


def _having(records, random, **fields) -> Record | None:
    found = [r for r in records if all(r.get(key) == value for key, value in fields.items())]
    return random.choice(found) if found else None


def _batches(records, least: int = 1) -> list[Record]:
    return [r for r in records if r.get("kind") == "batch" and len(r["events"]) >= least]


def _acked_row(records, random) -> tuple[Record, Record] | None:
    ack = _having(records, random, op="publish", phase="ok")
    return ack and (ack, next(row for row in _stored(records)["events"] if row["seq"] == ack["seq"]))


@breaks("R1")
def remove_an_acked_row(records, random):
    found = _acked_row(records, random)
    return found and (_stored(records)["events"].remove(found[1]), True)[1]


@breaks("R1")
def change_an_acked_row(records, random):
    found = _acked_row(records, random)
    return found and (found[1].update(hash="changed"), True)[1]


@breaks("R1")
def store_an_acked_row_under_another_term(records, random):
    found = _acked_row(records, random)
    return found and (found[1].update(term=found[1]["term"] + 7), True)[1]


@breaks("R1", "R6", "R8", "R9")
def change_the_seq_of_an_ack(records, random):
    ack = _having(records, random, op="publish", phase="ok")
    return ack and (ack.update(seq=ack["seq"] + random.choice((-1, 1, 1000))), True)[1]


@breaks("R2")
def repeat_a_row(records, random):
    rows = _stored(records)["events"]
    return bool(rows) and (rows.insert(0, dict(random.choice(rows))), True)[1]


@breaks("R2")
def swap_two_rows(records, random):
    rows = _stored(records)["events"]
    if len(rows) < 2:
        return False
    at = random.randrange(len(rows) - 1)
    rows[at], rows[at + 1] = rows[at + 1], rows[at]
    return True


@breaks("R2")
def let_the_head_run_ahead(records, random):
    stored = _stored(records)
    stored["head"] = [stored["head"][0], stored["head"][1] + 1]
    return True


@breaks("R4")
def store_what_nobody_published(records, random):
    stored = _stored(records)
    term, seq = stored["head"]
    stored["events"].append({"seq": seq + 1, "term": term, "hash": "phantom", "sender": "x", "key": "y", "version": 1,
                             "deleted": False})
    stored["head"] = [term, seq + 1]
    return True


@breaks("R3")
def drop_a_delivered_event(records, random):
    # Not the last of all: that one could still be on its way, where the stream was cut.
    batches = _batches(records, 2)
    return bool(batches) and (random.choice(batches)["events"].pop(0), True)[1]


@breaks("R3")
def repeat_a_delivered_event(records, random):
    batches = _batches(records)
    if not batches:
        return False
    events = random.choice(batches)["events"]
    at = random.randrange(len(events))
    events.insert(at, list(events[at]))
    return True


@breaks("R3")
def swap_delivered_events(records, random):
    batches = _batches(records, 2)
    return bool(batches) and (random.choice(batches)["events"].reverse(), True)[1]


@breaks("R3")
def send_a_batch_again(records, random):
    batches = _batches(records)
    if not batches:
        return False
    batch = random.choice(batches)
    records.insert(records.index(batch) + 1, dict(batch))
    return True


@breaks("R3")
def lie_about_prev(records, random):
    batches = _batches(records)
    if not batches:
        return False
    random.choice(batches)["prev"] += random.choice((-1, 1))
    return True


@breaks("R3")
def say_live_twice(records, random):
    live = _having(records, random, kind="live")
    return live and (records.insert(records.index(live) + 1, dict(live)), True)[1]


@breaks("R3", "R11")
def never_say_live(records, random):
    live = _having(records, random, kind="live")
    if not live:
        return False
    stream = live["stream"]
    later = [r for r in records[records.index(live) + 1:] if r.get("stream") == stream and r["op"] in ("push", "settled")]
    return bool(later) and (records.remove(live), True)[1]


@breaks("R3")
def resume_one_too_far(records, random):
    """The node skips one event at a resume, and says nothing."""
    for join in random.sample(records, len(records)):
        if join["op"] != "join" or join["phase"] != "ok" or join["recovered"] is None:
            continue
        after = records[records.index(join) + 1:]
        mine = [r for r in after if r.get("stream") == join["stream"]]
        if mine and mine[0].get("kind") == "batch" and len(mine[0]["events"]) > 1:
            event = mine[0]["events"].pop(0)
            mine[0]["prev"] = event[0]
            join["start"] = [event[1], event[0]]
            return True
    return False


@breaks("R3")
def rewind_too_little(records, random):
    for invoke in random.sample(records, len(records)):
        if invoke["op"] == "join" and invoke["phase"] == "invoke" and (invoke["rewind"] or 0) > 0:
            answer = next(r for r in records if r["op"] == "join" and r["phase"] == "ok" and
                          r["stream"] == invoke["stream"])
            if answer["start"][1] < answer["head"][1]:
                row = _stored(records)["events"][answer["start"][1]]
                answer["start"] = [row["term"], row["seq"]]
                return True
    return False


@breaks("R3")
def deny_the_recovery(records, random):
    join = _having(records, random, op="join", phase="ok", recovered=True)
    return join and (join.update(recovered=False), True)[1]


@breaks("R4")
def change_a_delivered_byte(records, random):
    batches = _batches(records)
    if not batches:
        return False
    random.choice(random.choice(batches)["events"])[2] = "changed"
    return True


@breaks("R4")
def deliver_another_term(records, random):
    batches = _batches(records)
    if not batches:
        return False
    random.choice(random.choice(batches)["events"])[1] += 3
    return True


@breaks("R4")
def show_a_phantom(records, random):
    settled = _having(records, random, op="settled")
    term, seq = _stored(records)["head"]
    records.insert(records.index(settled), {
        "ns": settled["ns"], "op": "push", "kind": "batch", "stream": settled["stream"], "prev": seq, "phase": "live",
        "events": [[seq + 1, term, "phantom", 1, False]]})
    return True


@breaks("R5")
def store_what_was_refused(records, random):
    """A key with one attempt only, so that no other can have stored it."""
    invokes = [r for r in records if r["op"] == "publish" and r["phase"] == "invoke"]
    keys = [r["key"] for r in invokes]
    for invoke in random.sample(invokes, len(invokes)):
        end = next(r for r in records if r.get("attempt") == invoke["attempt"] and r["phase"] != "invoke")
        if keys.count(invoke["key"]) == 1 and end["phase"] == "ok":
            end.update(phase="fail", error="unavailable")
            return True
    return False


@breaks("R5")
def answer_a_retry_of_a_refusal_as_a_repeat(records, random):
    """The refused attempt was stored, and its repeat gives that away."""
    by_key: dict[str, list[Record]] = {}
    for record in records:
        if record["op"] == "publish" and record["phase"] == "invoke":
            end = next(r for r in records if r.get("attempt") == record["attempt"] and r["phase"] != "invoke")
            by_key.setdefault(record["key"], []).append(end)
    for ends in by_key.values():
        if [end["phase"] for end in ends] == ["fail", "ok"]:
            ends[1]["duplicate"] = True
            return True
    return False


@breaks("R6")
def give_a_key_two_rows(records, random):
    rows = _stored(records)["events"]
    if len(rows) < 2:
        return False
    one, other = random.sample(rows, 2)
    other.update(sender=one["sender"], key=one["key"])
    return True


@breaks("R6")
def forget_to_say_duplicate(records, random):
    ack = _having(records, random, op="publish", phase="ok", duplicate=False)
    if not ack:
        return False
    number = max(r.get("attempt", 0) for r in records) + 1
    invoke = next(r for r in records if r.get("attempt") == ack["attempt"] and r["phase"] == "invoke")
    at = len(records) - 1
    ns = records[at]["ns"]
    records[at:at] = [{**invoke, "ns": ns, "attempt": number}, {**ack, "ns": ns, "attempt": number}]
    return True


@breaks("R7")
def acknowledge_before_the_join(records, random):
    """A head that is older than an ack from before the join was asked for."""
    acked, floors = 0, {}
    for record in records:
        if record["op"] == "publish" and record["phase"] == "ok":
            acked = max(acked, record["seq"])
        elif record["op"] == "join" and record["phase"] == "invoke":
            floors[record["stream"]] = acked
    answers = [r for r in records if r["op"] == "join" and r["phase"] == "ok" and floors[r["stream"]] > 1]
    if not answers:
        return False
    answer = random.choice(answers)
    row = _stored(records)["events"][floors[answer["stream"]] - 2]
    answer["head"] = [row["term"], row["seq"]]
    return True


@breaks("R8")
def store_a_later_publish_first(records, random):
    """Two publishes of which one was acknowledged before the other was asked for change places."""
    acks = [r for r in records if r["op"] == "publish" and r["phase"] == "ok" and not r["duplicate"]]
    rows = {row["seq"]: row for row in _stored(records)["events"]}
    first_asked = {}
    for record in records:
        if record["op"] == "publish" and record["phase"] == "invoke":
            first_asked.setdefault(record["key"], record)
    key_of = {r["attempt"]: r["key"] for r in records if r["op"] == "publish" and r["phase"] == "invoke"}
    for one, other in zip(acks, acks[1:]):
        asked = first_asked[key_of[other["attempt"]]]
        if asked["ns"] > one["ns"] and one["seq"] < other["seq"]:
            a, b = rows[one["seq"]], rows[other["seq"]]
            for field in ("hash", "sender", "key"):
                a[field], b[field] = b[field], a[field]
            one["seq"], other["seq"] = other["seq"], one["seq"]
            one["term"], other["term"] = other["term"], one["term"]
            return True
    return False


@breaks("R9")
def reorder_a_session(records, random):
    """Two acks of one pipeline change places, and so do their rows."""
    acks = [r for r in records if r["op"] == "publish" and r["phase"] == "ok" and not r["duplicate"]]
    rows = {row["seq"]: row for row in _stored(records)["events"]}
    asked = {r["attempt"]: r for r in records if r["op"] == "publish" and r["phase"] == "invoke"}
    for one, other in zip(acks, acks[1:]):
        if asked[one["attempt"]]["session"] == asked[other["attempt"]]["session"] and \
                asked[other["attempt"]]["ns"] < one["ns"]:
            a, b = rows[one["seq"]], rows[other["seq"]]
            for field in ("hash", "sender", "key"):
                a[field], b[field] = b[field], a[field]
            one["seq"], other["seq"] = other["seq"], one["seq"]
            return True
    return False


@breaks("R10")
def let_the_term_fall(records, random):
    rows = _stored(records)["events"]
    if len(rows) < 2:
        return False
    random.choice(rows[1:])["term"] = 1
    return True


@breaks("R11")
def leave_a_reader_behind(records, random):
    settled = _having(records, random, op="settled")
    last = [r for r in records if r.get("stream") == settled["stream"] and r["op"] == "push"][-1]
    return last["kind"] in ("batch", "live") and (records.remove(last), True)[1]


@breaks("R15")
def reset_for_no_reason(records, random):
    batches = _batches(records, 2)
    if not batches:
        return False
    batch = random.choice(batches)
    seq, term = batch["events"][0][:2]
    records.insert(records.index(batch), {
        "ns": batch["ns"], "op": "push", "kind": "gap", "stream": batch["stream"], "from": seq, "to": [term, seq],
        "reason": "reset"})
    batch["events"].pop(0)
    batch["prev"] = seq
    return True


@breaks("R3")
def jump_unasked(records, random):
    batches = _batches(records, 2)
    if not batches:
        return False
    batch = random.choice(batches)
    seq, term = batch["events"].pop(0)[:2]
    batch["prev"] = seq
    records.insert(records.index(batch), {
        "ns": batch["ns"], "op": "push", "kind": "gap", "stream": batch["stream"], "from": seq, "to": [term, seq],
        "reason": "jump"})
    invoke = next(r for r in records if r["op"] == "join" and r["stream"] == batch["stream"])
    invoke["on_gap"] = "fill"
    return True
