import assert from "node:assert/strict";
import { test } from "node:test";
import { at, events, reader, term } from "./world.js";

test("the first connect joins the room with its newest events", () => {
  const one = reader();
  one.stream.start();
  assert.equal(one.stream.state, "connecting");
  one.socket.open();
  assert.deepEqual(one.socket.sent[0].connect.rooms, { general: { rewind: { limit: 50 } } });
  assert.equal(one.socket.sent[0].connect.user, "ana");
});

test("history is caught up and then the stream is live", () => {
  const one = reader();
  one.stream.start();
  one.admit(10, { head: 13 });
  assert.equal(one.stream.state, "catching up");
  one.push(10, 12, "history");
  one.push(12, 13, "history");
  one.live(13);
  assert.equal(one.stream.state, "live");
  one.push(13, 15);
  assert.deepEqual(one.shown(), [11, 12, 13, 14, 15]);
  assert.equal(one.checker.verdict(), "11..15 all present, once, in order");
});

test("one frame may carry the reply and the pushes that follow it", () => {
  const one = reader();
  one.stream.start();
  one.socket.open();
  one.socket.says([
    { id: 1, connected: { node: "n1", ping_ms: 0, limits: {}, rooms: { general: { joined: { room: "general", head: at(2), start: at(0), recovered: false } } } } },
    { batch: { room: "general", prev: 0, phase: "history", events: events(1, 2) } },
    { live: { room: "general", at: at(2) } },
  ]);
  one.socket.says([]);
  assert.equal(one.stream.state, "live");
  assert.ok(one.checker.is_ok);
});

test("after a cut it pauses with full jitter, then resumes inside connect from its position", () => {
  const one = reader({ random: 0.5 });
  one.go_live(41);
  one.stream.cut();
  assert.equal(one.stream.state, "resuming");
  assert.equal(one.sockets[0].closed_with, "no code");
  one.clock.pass(249);
  assert.equal(one.sockets.length, 1);
  one.clock.pass(1);
  assert.equal(one.sockets.length, 2);
  one.socket.open();
  assert.deepEqual(one.socket.sent[0].connect.rooms, { general: { since: { term, seq: 41 } } });
});

test("what a cut socket still delivers is not heard", () => {
  const one = reader();
  one.go_live(5);
  const dead = one.socket;
  one.stream.cut();
  dead.says({ batch: { room: "general", prev: 5, phase: "live", events: events(6, 6) } });
  dead.ends(4401);
  assert.deepEqual(one.shown(), [1, 2, 3, 4, 5]);
  assert.equal(one.stream.state, "resuming");
  assert.ok(one.checker.is_ok, one.checker.verdict());
});

test("the rest of a frame that ended the connection is not heard", () => {
  const one = reader();
  one.go_live(2);
  one.socket.says([
    { batch: { room: "general", prev: 3, phase: "live", events: events(4, 4) } },
    { batch: { room: "general", prev: 4, phase: "live", events: events(5, 5) } },
  ]);
  assert.equal(one.checker.evidence_count, 1);
});

test("a cut at every point of a stream loses and doubles nothing", () => {
  for (let cut_after = 0; cut_after <= 20; cut_after += 1) {
    const one = reader();
    one.stream.start();
    one.admit(0, { head: 10 });
    let held = 0;
    const serve = (last, stop) => {
      while (held < last && held !== stop) one.push(held, ++held, held <= 10 ? "history" : "live"), held === 10 && one.live(10);
    };
    serve(20, cut_after);
    one.stream.cut();
    one.clock.pass(10_000);
    one.admit(held, { head: 20, recovered: true });
    while (held < 20) one.push(held, ++held, "history");
    one.live(20);
    assert.deepEqual(one.shown(), Array.from({ length: 20 }, (_, index) => index + 1), `cut after ${cut_after}`);
    assert.ok(one.checker.is_ok, one.checker.verdict());
  }
});

test("the pause doubles with each failure up to a ceiling, and starts anew once live", () => {
  const one = reader({ random: 0.999999 });
  one.stream.start();
  const pauses = [];
  for (let turn = 0; turn < 8; turn += 1) {
    one.socket.ends(1006);
    pauses.push(one.stream.retry_at - one.clock.ms);
    one.clock.pass(15_000);
  }
  assert.deepEqual(pauses, [500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
  one.admit(0);
  one.live(0);
  one.socket.ends(1001);
  assert.equal(one.stream.retry_at - one.clock.ms, 500);
});

test("a hole is evidence, shows nothing beyond it, and is healed by a resume", () => {
  const one = reader();
  one.go_live(5);
  one.push(7, 8);
  assert.deepEqual(one.shown(), [1, 2, 3, 4, 5]);
  assert.match(one.checker.verdict(), /hole: #6 to #7/);
  assert.equal(one.stream.state, "resuming");
  one.clock.pass(1000);
  one.admit(5, { head: 8, recovered: true });
  one.push(5, 8, "history");
  one.live(8);
  assert.deepEqual(one.shown(), [1, 2, 3, 4, 5, 6, 7, 8]);
});

test("a hole inside a batch shows the events before it only", () => {
  const one = reader();
  one.go_live(2);
  one.socket.says({ batch: { room: "general", prev: 2, phase: "live", events: [...events(3, 3), ...events(5, 5)] } });
  assert.deepEqual(one.shown(), [1, 2, 3]);
  assert.match(one.checker.verdict(), /hole: #4/);
});

test("a repeated event is evidence and is not shown twice", () => {
  const one = reader();
  one.go_live(5);
  one.push(4, 6);
  assert.deepEqual(one.shown(), [1, 2, 3, 4, 5, 6]);
  assert.equal(one.checker.is_ok, false);
});

test("markers in the wrong phase or place are evidence", () => {
  const wrong = [
    (one) => one.live(5),
    (one) => one.push(5, 6, "history"),
    (one) => one.socket.says({ catching_up: { room: "general", at: at(4) } }),
    (one) => one.socket.says({ batch: { room: "general", prev: 5, phase: "live", events: [{ ...events(6, 6)[0], term: 7 }] } }),
    (one) => one.socket.says({ gap: { room: "general", from: 9, to: at(12), reason: "retention" } }),
    (one) => one.socket.says({ id: 99, pong: {} }),
    (one) => one.socket.says("{"),
  ];
  for (const act of wrong) {
    const one = reader();
    one.go_live(5);
    assert.ok(one.checker.is_ok);
    act(one);
    assert.equal(one.checker.is_ok, false, act.toString());
  }
});

test("a slow reader catches up in history and is live again", () => {
  const one = reader();
  one.go_live(5);
  one.socket.says({ catching_up: { room: "general", at: at(5) } });
  assert.equal(one.stream.state, "catching up");
  one.push(5, 9, "history");
  one.live(9);
  assert.equal(one.stream.state, "live");
  assert.equal(one.checker.verdict(), "1..9 all present, once, in order");
});

test("a retention gap at a resume passes its numbers over, and says so", () => {
  const one = reader();
  one.go_live(5);
  one.stream.cut();
  one.clock.pass(1000);
  one.admit(20, { head: 22, recovered: false });
  one.socket.says({ gap: { room: "general", from: 6, to: at(20), reason: "retention" } });
  one.push(20, 22, "history");
  one.live(22);
  assert.ok(one.checker.is_ok);
  assert.match(one.checker.verdict(), /passed over by the server: 6\.\.20 \(retention\)/);
});

test("a start that jumps without its gap is evidence", () => {
  const one = reader();
  one.go_live(5);
  one.stream.cut();
  one.clock.pass(1000);
  one.admit(20, { head: 22, recovered: true });
  one.push(20, 22, "history");
  assert.match(one.checker.verdict(), /without the gap/);
});

test("a reset drops what was held and goes on after its end", () => {
  const one = reader();
  one.go_live(50);
  one.stream.cut();
  one.clock.pass(1000);
  one.admit(3, { head: 5, recovered: false });
  one.socket.says({ gap: { room: "general", from: 1, to: at(3), reason: "reset" } });
  one.push(3, 5, "history");
  one.live(5);
  assert.deepEqual(one.told("forget").at(-1), { seq: 3, reset: true });
  assert.equal(one.checker.verdict(), "4..5 all present, once, in order");
});

test("a reset to an empty room and one in the middle of a stream are followed", () => {
  const one = reader();
  one.go_live(4);
  one.socket.says({ gap: { room: "general", from: 1, to: at(0), reason: "reset" } });
  one.push(0, 2);
  one.socket.says({ head: { room: "general", head: at(2) } });  // the head of before the reset was of the lost tail
  assert.equal(one.checker.verdict(), "1..2 all present, once, in order");
});

test("a draining node is left at the moment it asked for, also if it closes before", () => {
  const one = reader({ random: 0.5 });
  one.go_live(3);
  one.socket.says({ reconnect: { after_ms: 1000, jitter_ms: 4000, reason: "drain" } });
  one.clock.pass(2000);
  one.socket.ends(1001);
  one.clock.pass(999);
  assert.equal(one.sockets.length, 1);
  one.clock.pass(1);
  assert.equal(one.sockets.length, 2);

  const two = reader({ random: 0 });
  two.go_live(3);
  two.socket.says({ reconnect: { after_ms: 1000, jitter_ms: 4000, reason: "drain" } });
  two.clock.pass(1000);
  assert.equal(two.sockets[0].closed_with, "no code");
  assert.equal(two.sockets.length, 2);
});

test("a refusal that would only repeat closes for good, everything else is tried again", () => {
  for (const code of [4400, 4401, 4403, 4408, 4429]) {
    const one = reader();
    one.go_live(1);
    one.socket.ends(code);
    one.clock.pass(60_000);
    assert.equal(one.stream.state, "closed", code);
    assert.equal(one.sockets.length, 1, code);
  }
  for (const code of [1000, 1001, 1006, 1009, 1011, 4500, 4508, 4509]) {
    const one = reader();
    one.go_live(1);
    one.socket.ends(code);
    assert.equal(one.stream.state, "resuming", code);
    one.clock.pass(1000);
    assert.equal(one.sockets.length, 2, code);
  }
});

test("an error of connect or of the room decides by retryable", () => {
  const one = reader();
  one.stream.start();
  one.socket.open();
  one.socket.says({ id: 1, error: { code: 4010, name: "unauthenticated", message: "no", retryable: false } });
  assert.equal(one.stream.state, "closed");

  const two = reader({ random: 0 });
  two.stream.start();
  two.socket.open();
  const error = { code: 5030, name: "unavailable", message: "", retryable: true, retry_after_ms: 3000 };
  two.socket.says({ id: 1, connected: { node: "n1", limits: {}, rooms: { general: { error } } } });
  assert.equal(two.stream.state, "connecting");
  two.clock.pass(2999);
  assert.equal(two.sockets.length, 1);
  two.clock.pass(1);
  assert.equal(two.sockets.length, 2);
});

test("an eviction closes, an error push is told and changes nothing", () => {
  const one = reader();
  one.go_live(1);
  one.socket.says({ error: { code: 4000, name: "bad_request", message: "what?", retryable: false } });
  assert.equal(one.stream.state, "live");
  assert.deepEqual(one.told("notice"), ["what?"]);
  one.socket.says({ evicted: { room: "general", error: { name: "forbidden", message: "out" } } });
  assert.equal(one.stream.state, "closed");
  assert.equal(one.stream.why, "out");
});

test("a silent socket is asked, and dropped when it does not answer", () => {
  const one = reader();
  one.go_live(1);
  one.clock.pass(25_000);
  const ping = one.socket.asked("ping");
  one.socket.says({ id: ping.id, pong: {} });
  one.clock.pass(24_999);
  assert.equal(one.sockets.length, 1);
  one.clock.pass(1 + 10_000);
  assert.equal(one.stream.state, "resuming");
});

test("a head that stays ahead of a live stream is a lost tail", () => {
  const one = reader();
  one.go_live(5);
  one.socket.says({ head: { room: "general", head: at(7) } });
  assert.ok(one.checker.is_ok);
  one.socket.says({ head: { room: "general", head: at(7) } });
  assert.match(one.checker.verdict(), /head was #7/);
  assert.equal(one.stream.state, "resuming");
});

test("older history joins on below, one page at a time, down to the first event", () => {
  const one = reader();
  one.stream.start();
  one.admit(80, { head: 81 });
  one.push(80, 81, "history");
  one.live(81);
  assert.equal(one.stream.older(), true);
  assert.equal(one.stream.older(), false);
  const { id, history } = one.socket.asked("history");
  assert.deepEqual(history, { room: "general", before: 81, limit: 50, view: "events" });
  one.socket.says({ id, page: { room: "general", events: events(31, 80), head: at(81), older: 31 } });
  one.stream.older();
  one.socket.says({ id: id + 1, page: { room: "general", events: events(1, 30), head: at(81) } });
  assert.equal(one.stream.older(), false);
  assert.equal(one.checker.verdict(), "1..81 all present, once, in order");
});

test("a page of history with a hole is evidence", () => {
  const one = reader();
  one.stream.start();
  one.admit(80, { head: 81 });
  one.push(80, 81, "history");
  one.live(81);
  one.stream.older();
  const { id } = one.socket.asked("history");
  one.socket.says({ id, page: { room: "general", events: [...events(31, 60), ...events(62, 80)], head: at(81), older: 31 } });
  assert.equal(one.checker.is_ok, false);
});

test("offline stays away until asked back, and resumes then", () => {
  const one = reader();
  one.go_live(2);
  one.stream.go_offline();
  one.clock.pass(60_000);
  assert.equal(one.sockets.length, 1);
  one.stream.start();
  one.socket.open();
  assert.deepEqual(one.socket.asked("connect").connect.rooms.general, { since: at(2) });
});

test("going offline during a pause ends the pause", () => {
  const one = reader();
  one.go_live(2);
  one.stream.cut();
  one.stream.go_offline();
  one.clock.pass(60_000);
  assert.equal(one.sockets.length, 1);
  assert.equal(one.stream.state, "closed");
});

test("news of the network being back ends the pause with an attempt", () => {
  const one = reader();
  one.go_live(2);
  one.stream.hurry();
  assert.equal(one.sockets.length, 1, "there was nothing to hurry");
  one.socket.ends(1006);
  one.stream.hurry();
  assert.equal(one.sockets.length, 2);
});

test("leaving says goodbye and leaves no timer behind", () => {
  const one = reader();
  one.go_live(2);
  one.stream.publish("hello");
  one.stream.stop();
  assert.equal(one.socket.closed_with, 1000);
  one.socket.says([]); // what still arrives winds up no timer
  assert.equal(one.clock.timers.size, 0);
});
