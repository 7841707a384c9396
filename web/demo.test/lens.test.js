import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.js";

const { Lens, at, events } = await load("../demo/src/lens.ts", "../client/test/world.js");

const batch = (prev, last, phase) => ({ batch: { room: "general", prev, phase, events: events(prev + 1, last) } });
const live = (seq) => ({ live: { room: "general", at: at(seq) } });

/// A lens whose room was joined with that start and head, 10 ms ago.
function joined(start, head) {
  const lens = new Lens("general");
  lens.sent([{ id: 1, connect: { user: "ana", rooms: { general: { rewind: { limit: 50 } } } } }], 1000);
  lens.received([{ id: 1, connected: { rooms: { general: { joined: { head: at(head), start: at(start) } } } } }], 1010);
  return lens;
}

const origins = (lens) => lens.marks.filter(({ kind }) => kind === "event").map(({ seq, origin }) => `${seq} ${origin}`);
const kinds = (lens) => lens.marks.map(({ kind }) => kind);

test("each row says where it came from: history, buffered while joining, or live (G3)", () => {
  const lens = joined(0, 2);
  lens.received([batch(0, 2, "history"), batch(2, 3, "history"), live(3)], 1025);
  lens.received([batch(3, 4, "live")], 1030);
  assert.deepEqual(origins(lens), ["1 history", "2 history", "3 buffered", "4 live"]);
  assert.deepEqual(kinds(lens), ["event", "event", "event", "live", "event"]);
  assert.deepEqual([lens.gaps, lens.twice, lens.msToLive, lens.joins], [0, 0, 25, 1]);
  assert.equal(lens.originOf(3), "buffered");
});

test("the lens counts a hole and a number that came twice, which a reader's library would hide", () => {
  const lens = joined(0, 1);
  lens.received([batch(0, 1, "history"), live(1), batch(4, 6, "live"), batch(4, 6, "live")], 1020);
  assert.deepEqual([lens.gaps, lens.twice], [3, 2]);
  assert.deepEqual(kinds(lens).slice(-2), ["twice", "twice"]);
});

test("a resume goes on where the numbers ended; a number said to be passed over is no gap", () => {
  const lens = joined(0, 3);
  lens.received([batch(0, 3, "history"), live(3)], 1020);
  lens.ended();
  lens.sent([{ id: 1, connect: { rooms: { general: { since: at(3) } } } }], 2000);
  lens.received([{ id: 1, connected: { rooms: { general: { joined: { head: at(9), start: at(5), recovered: true } } } } }], 2001);
  lens.received([{ gap: { room: "general", from: 4, to: at(5), reason: "jump" } }, batch(5, 9, "history"), live(9)], 2008);
  assert.deepEqual([lens.gaps, lens.twice, lens.msToLive, lens.joins], [0, 0, 8, 2]);
  assert.deepEqual(kinds(lens).slice(3, 6), ["live", "cut", "gap"]);
});

test("what a reader asks for again, because it could not take it, is no duplicate", () => {
  const lens = joined(0, 0);
  lens.received([live(0), batch(0, 10, "live")], 1020);
  lens.sent([{ id: 2, join: { room: "general", since: at(4) } }], 1100);
  lens.received([{ id: 2, joined: { room: "general", head: at(10), start: at(4), recovered: true } }, batch(4, 10, "history")], 1101);
  assert.deepEqual([lens.gaps, lens.twice], [0, 0]);
});

test("a reader that falls behind reads on from storage until it is live again", () => {
  const lens = joined(0, 0);
  lens.received([live(0), batch(0, 1, "live"), { catching_up: { room: "general", at: at(1) } }, batch(1, 5, "history"), live(5)], 1020);
  assert.deepEqual(origins(lens).slice(-2), ["4 history", "5 history"]);
});

test("a repeat that was stored before counts as a duplicate removed; other rooms and answers count nothing", () => {
  const lens = joined(0, 0);
  const published = { room: "general", seq: 1, duplicate: true };
  lens.received([{ id: 7, published }, { id: 8, published: { ...published, room: "other" } }, { id: 9, published: { ...published, duplicate: false } }], 1020);
  lens.received([{ batch: { room: "other", prev: 5, phase: "live", events: events(6, 9) } }], 1021);
  assert.deepEqual([lens.duplicatesRemoved, lens.gaps], [1, 0]);
  assert.deepEqual(lens.marks, [{ kind: "repeat", seq: 1 }]);
});

test("the lens keeps a bounded number of marks, and goes on counting", () => {
  const lens = joined(0, 0);
  lens.received([live(0), batch(0, 5000, "live")], 1020);
  assert.equal(lens.marks.length, 400);
  assert.equal(lens.marks.at(-1).seq, 5000);
  assert.equal(lens.gaps, 0);
});
