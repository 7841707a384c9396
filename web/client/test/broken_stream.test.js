/// Every way to break a stream's promise: a typed error, nothing wrong is shown, and a resume mends it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { is_json } from "./frames.js";
import { World, at, events, numbers, told } from "./world.js";

/// What Protobuf cannot say: an absent list is an empty one, and nothing is no event.
const only_in_json = ["an event that is none", "no events"];

test("every broken promise is a typed error, shows nothing wrong, and is mended by a resume from the last good event", async () => {
  const batch = (prev, list, phase = "live") => ({ batch: { room: "general", prev, phase, events: list } });
  const wrong = {
    "a hole before": [batch(7, events(8, 8)), []],
    "a hole inside": [batch(5, [...events(6, 6), ...events(8, 8)]), [6]],
    "a prev behind": [batch(4, events(6, 6)), []],
    "a repeat": [batch(4, events(5, 6)), []],
    "a repeat inside": [batch(5, [...events(6, 6), ...events(6, 7)]), [6]],
    "a reorder inside": [batch(5, [...events(7, 7), ...events(6, 6)]), []],
    "a term that falls": [batch(5, events(6, 6, { term: 7 })), []],
    "an event without a seq": [batch(5, [{ kind: "message.created" }]), []],
    "an event that is none": [batch(5, [null]), []],
    "no events": [{ batch: { room: "general", prev: 5, phase: "live" } }, []],
    "the wrong phase": [batch(5, events(6, 6), "history"), []],
    "a second live": [{ live: { room: "general", at: at(5) } }, []],
    "catching_up elsewhere": [{ catching_up: { room: "general", at: at(4) } }, []],
    "a gap from elsewhere": [{ gap: { room: "general", from: 9, to: at(12), reason: "retention" } }, []],
    "a gap backwards": [{ gap: { room: "general", from: 6, to: at(3), reason: "retention" } }, []],
    "a gap without an end": [{ gap: { room: "general", from: 6, reason: "retention" } }, []],
  };
  if (!is_json) for (const name of only_in_json) delete wrong[name];
  for (const [name, [push, more]] of Object.entries(wrong)) {
    const world = new World();
    const { client, room } = await world.liveRoom(5);
    world.socket.says(push);
    const shown = [...numbers(1, 5), ...more];
    assert.deepEqual(room.seqs, shown, name);
    assert.deepEqual(
      told(room, "broken").map(({ code, room: of }) => [code, of]),
      [["broken_stream", "general"]],
      name,
    );
    assert.deepEqual([client.state, room.state], ["connected", "resuming"], name);

    world.push(5, 9); // what the old subscription still brings means nothing
    assert.deepEqual(room.seqs, shown, name);
    world.clock.pass(500);
    const { since } = world.socket.asked("join").join;
    assert.deepEqual(since, at(shown.length), name);
    world.socket.answer("join", { joined: { room: "general", start: since, head: at(9), recovered: true } });
    world.push(since.seq, 9, "history");
    world.live(9);
    assert.deepEqual(room.seqs, numbers(1, 9), name);
    assert.equal(room.state, "live", name);
  }
});

test("a join's answer that breaks the promise is met in the same way", async () => {
  const answers = {
    "behind what is held": [{ start: at(3), head: at(5), recovered: true }, null],
    "no start": [{ head: at(5) }, null],
    "a jump without its gap": [
      { start: at(20), head: at(22), recovered: true },
      { batch: { room: "general", prev: 20, phase: "history", events: events(21, 22) } },
    ],
    "not recovered, and events instead of a gap": [
      { start: at(5), head: at(6), recovered: false },
      { batch: { room: "general", prev: 5, phase: "history", events: events(6, 6) } },
    ],
    "catching_up before live": [
      { start: at(5), head: at(7), recovered: true },
      { catching_up: { room: "general", at: at(5) } },
    ],
    "not recovered, and no gap": [
      { start: at(5), head: at(5), recovered: false },
      { live: { room: "general", at: at(5) } },
    ],
    "a gap with another end": [
      { start: at(20), head: at(22), recovered: false },
      { gap: { room: "general", from: 6, to: at(19), reason: "retention" } },
    ],
    "live elsewhere": [{ start: at(5), head: at(7), recovered: true }, { live: { room: "general", at: at(7) } }],
  };
  for (const [name, [joined, push]] of Object.entries(answers)) {
    const world = new World();
    const { room } = await world.liveRoom(5);
    world.socket.ends(1006);
    world.clock.pass(500);
    await world.admit({ general: joined });
    if (push) world.socket.says(push);
    assert.deepEqual(
      told(room, "broken").map(({ code }) => code),
      ["broken_stream"],
      name,
    );
    assert.deepEqual(room.seqs, numbers(1, 5), name);
    world.clock.pass(15_000);
    assert.deepEqual(world.socket.asked("join").join.since, at(5), name);
  }
});

test("a server that goes on breaking it is asked with growing pauses", async () => {
  const world = new World({ random: 0.999999 });
  const { room } = await world.liveRoom(5);
  world.push(7, 8);
  const pauses = [];
  for (let turn = 0; turn < 7; turn += 1) {
    const asked = world.socket.all("join").length;
    let pause = 0;
    while (world.socket.all("join").length === asked) (world.clock.pass(100), (pause += 100));
    pauses.push(pause);
    world.socket.answer("join", { joined: { room: "general", start: at(5), head: at(8), recovered: true } });
    world.push(6, 8, "history");
  }
  assert.deepEqual(pauses, [500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
  assert.deepEqual(room.seqs, numbers(1, 5));
});

test("the error names the numbers that did not come", async () => {
  for (const [prev, list, evidence] of [
    [7, events(8, 8), "hole: #6 to #7 did not come"],
    [5, [...events(6, 6), ...events(8, 8)], "hole: #7 did not come"],
    [5, events(5, 6), "#5 came again, or out of order, after #5"],
  ]) {
    const world = new World();
    const { room } = await world.liveRoom(5);
    world.socket.says({ batch: { room: "general", prev, phase: "live", events: list } });
    assert.equal(told(room, "broken")[0].message, evidence);
  }
});

test("a head that stays ahead of a live stream is a lost tail", async () => {
  const world = new World();
  const { room } = await world.liveRoom(5);
  world.socket.says({ head: { room: "general", head: at(7) } });
  assert.equal(told(room, "broken").length, 0);
  world.socket.says({ head: { room: "general", head: at(7) } });
  assert.match(told(room, "broken")[0].message, /head was #7/u);
});
