import assert from "node:assert/strict";
import { test } from "node:test";
import { ids } from "../page/ids.js";
import { entries_max, outbox } from "../page/outbox.js";
import { events, reader, term } from "./world.js";

const unavailable = { code: 5030, name: "unavailable", message: "no owner", retryable: true };

function texts(socket) {
  return socket.sents("publish").map(({ publish }) => publish.text);
}

function ack(one, { id }, seq, duplicate = false) {
  one.socket.says({ id, published: { room: "general", seq, term, at: term, duplicate } });
}

test("ids are UUIDv7 and grow, also within a millisecond and when the clock steps back", () => {
  let ms = 1_764_000_000_000;
  const some = new ids({ now: () => ms });
  const made = [];
  for (let turn = 0; turn < 10_000; turn += 1) {
    made.push(some.next());
    if (turn === 5000) ms -= 60_000;
    if (turn === 9000) ms += 120_000;
  }
  assert.deepEqual([...made].sort(), made);
  assert.equal(new Set(made).size, made.length);
  for (const id of made) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test("a message written while away waits and goes out, in order, once connected", () => {
  const one = reader();
  one.stream.publish("a");
  one.stream.publish("b");
  one.stream.start();
  one.socket.open();
  assert.deepEqual(texts(one.socket), []);
  one.admit(0);
  assert.deepEqual(texts(one.socket), ["a", "b"]);
});

test("what was not acknowledged goes again after a loss: in order, under the same ids", () => {
  const one = reader();
  for (const text of ["a", "b", "c"]) one.stream.publish(text);
  one.go_live(0);
  ack(one, one.socket.sents("publish")[0], 1);
  const first = one.socket.sents("publish").slice(1).map(({ publish }) => publish);
  one.stream.cut();
  one.stream.publish("d");
  one.clock.pass(1000);
  one.admit(0, { recovered: true });
  assert.deepEqual(texts(one.socket), ["b", "c", "d"]);
  const again = one.socket.sents("publish").map(({ publish }) => publish);
  assert.deepEqual(again.slice(0, 2), first);
  assert.equal(one.outbox.repeats, 2);
});

test("an entry leaves once it is acknowledged and shown, in either order", () => {
  for (const ack_first of [true, false]) {
    const one = reader();
    one.go_live(0);
    one.stream.publish("a");
    const request = one.socket.asked("publish");
    const shows = () => one.push(0, 1, "live", { sender: "ana", client_msg_id: request.publish.client_msg_id });
    if (ack_first) ack(one, request, 1);
    else shows();
    assert.equal(one.outbox.entries.length, 1);
    assert.equal(one.outbox.unseen().length, ack_first ? 1 : 0);
    if (ack_first) shows();
    else ack(one, request, 1);
    assert.deepEqual(one.outbox.entries, []);
    assert.ok(one.checker.is_ok);
  }
});

test("a duplicate's ack that names an event shown long ago ends the entry", () => {
  const one = reader();
  one.go_live(0);
  one.stream.publish("a");
  const { publish } = one.socket.asked("publish");
  one.stream.cut();
  one.clock.pass(1000);
  one.admit(0, { head: 1, recovered: true });
  one.push(0, 1, "history", { sender: "ana", client_msg_id: publish.client_msg_id });
  one.live(1);
  ack(one, one.socket.asked("publish"), 1, true);
  assert.deepEqual(one.outbox.entries, []);
  assert.ok(one.checker.is_ok, one.checker.verdict());
});

test("a duplicate's ack that names an event older than what is shown ends the entry", () => {
  const one = reader({ keep: { load: () => [{ client_msg_id: "a-1", text: "a", at: 0 }], save: () => {} } });
  one.stream.start();
  one.admit(60, { head: 60 });
  one.live(60);
  ack(one, one.socket.asked("publish"), 7, true);
  assert.deepEqual(one.outbox.entries, []);
  assert.ok(one.checker.is_ok, one.checker.verdict());
});

test("a message stored twice, or under another number than its ack's, is evidence", () => {
  const one = reader();
  one.go_live(0);
  one.stream.publish("a");
  const request = one.socket.asked("publish");
  const own = { sender: "ana", client_msg_id: request.publish.client_msg_id };
  ack(one, request, 1);
  one.push(0, 1, "live", own);
  assert.ok(one.checker.is_ok);
  one.push(1, 2, "live", own);
  assert.match(one.checker.verdict(), /shown as #2, but also as #1/);
});

test("after a retryable refusal nothing overtakes: all answers first, a pause, then all again in order", () => {
  const one = reader({ random: 0.5 });
  for (const text of ["a", "b", "c"]) one.stream.publish(text);
  one.go_live(0);
  const [a, b, c] = one.socket.sents("publish");
  ack(one, a, 1);
  one.socket.says({ id: b.id, error: { ...unavailable, retry_after_ms: 700 } });
  one.stream.publish("d");
  assert.deepEqual(texts(one.socket), ["a", "b", "c"]);
  one.socket.says({ id: c.id, error: unavailable });
  one.clock.pass(949);
  assert.deepEqual(texts(one.socket), ["a", "b", "c"]);
  one.clock.pass(1);
  assert.deepEqual(texts(one.socket).slice(3), ["b", "c", "d"]);
});

test("a refusal for good keeps the text for its writer and lets the next one go", () => {
  const one = reader();
  one.stream.publish("a");
  one.stream.publish("b");
  one.go_live(0);
  const [a, b] = one.socket.sents("publish");
  one.socket.says({ id: a.id, error: { code: 4030, name: "forbidden", message: "not here", retryable: false } });
  ack(one, b, 1);
  assert.equal(one.outbox.entries[0].state, "refused");
  assert.equal(one.outbox.discard(a.publish.client_msg_id).text, "a");
  assert.equal(one.outbox.discard(b.publish.client_msg_id)?.text, "b");
  assert.equal(one.outbox.entries.length, 1, "an acknowledged entry cannot be discarded");
});

test("an error push with the message's id counts as its answer", () => {
  const one = reader();
  one.go_live(0);
  one.stream.publish("a");
  const { client_msg_id } = one.socket.asked("publish").publish;
  one.socket.says({ error: { ...unavailable, retryable: false, room: "general", client_msg_id } });
  assert.equal(one.outbox.entries[0].state, "refused");
});

test("writes go in groups of sixteen, each in one frame, the next when all of it is answered; with a rate, one by one", () => {
  for (const [limits, group] of [[{ publishes_per_second: 20 }, 1], [{ publishes_per_second: 0 }, 16]]) {
    const one = reader();
    for (let turn = 0; turn < 30; turn += 1) one.stream.publish(`${turn}`);
    one.stream.start();
    one.admit(0, { limits });
    const first = one.socket.sents("publish");
    assert.equal(first.length, group);
    const frames = one.socket.frames;
    for (const [index, request] of first.entries()) {
      assert.equal(one.socket.frames, frames, "what is still on its way when the last of them fails would pass it");
      ack(one, request, index + 1);
    }
    assert.equal(one.socket.frames, frames + 1);
    assert.equal(one.socket.sents("publish").length, Math.min(2 * group, 30));
  }
});

test("a group of large messages is bounded in bytes: a frame has 1 MiB at most", () => {
  const one = reader();
  for (let turn = 0; turn < 5; turn += 1) one.stream.publish("\u0001".repeat(65_536));
  one.go_live(0);
  assert.equal(one.socket.sents("publish").length, 1);
});

test("a write that is never answered ends the socket, and goes again", () => {
  const one = reader();
  one.go_live(0);
  one.stream.publish("a");
  for (let turn = 0; turn < 20; turn += 1) {
    one.clock.pass(1000);
    if (one.sockets.length === 1 && one.stream.session) one.socket.says([]);
  }
  assert.equal(one.stream.state, "resuming");
  one.clock.pass(1000);
  one.admit(0, { recovered: true });
  assert.deepEqual(texts(one.socket), ["a"]);
});

test("what the server would choke on is refused or cleaned here", () => {
  const box = new outbox({ ids: new ids() });
  assert.match(box.add("  \n ", 10), /nothing/);
  assert.match(box.add("ääääää", 11), /12 bytes of at most 11/);
  assert.equal(box.add("a\ud800b\0c 🚢", 100).text, "a\ufffdbc 🚢");
  for (let turn = box.entries.length; turn < entries_max; turn += 1) box.add("x", 0);
  assert.match(box.add("x", 0), /Too many/);
});

test("a reload of the page brings back what was not acknowledged", () => {
  let stored = [];
  const keep = { load: () => stored, save: (entries) => (stored = structuredClone(entries)) };
  const one = reader({ keep });
  one.go_live(0);
  one.stream.publish("a");
  one.stream.publish("b");
  ack(one, one.socket.sents("publish")[0], 1);
  const two = reader({ keep });
  two.stream.start();
  two.admit(0);
  assert.deepEqual(texts(two.socket), ["b"]);
  assert.equal(two.socket.asked("publish").publish.client_msg_id, one.socket.asked("publish").publish.client_msg_id);
});

test("a reset drops acknowledged messages that the log no longer holds, and keeps the others", () => {
  const one = reader();
  one.go_live(0);
  one.stream.publish("a");
  one.stream.publish("b");
  ack(one, one.socket.sents("publish")[0], 1);
  one.socket.says({ gap: { room: "general", from: 1, to: { term: 0, seq: 0 }, reason: "reset" } });
  assert.deepEqual(one.outbox.entries.map(({ text }) => text), ["b"]);
});

test("another user's equal client_msg_id is not taken for one's own", () => {
  const one = reader();
  one.go_live(0);
  one.stream.publish("a");
  const { client_msg_id } = one.socket.asked("publish").publish;
  one.socket.says({ batch: { room: "general", prev: 0, phase: "live", events: events(1, 1, { sender: "ben", client_msg_id }) } });
  assert.equal(one.outbox.unseen().length, 1);
});
