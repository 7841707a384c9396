import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.js";

const { Naive, Tally, FakeClock, FakeSocket, events, settled } = await load(
  "../demo/src/naive.ts",
  "../demo/src/tally.ts",
  "../client/test/world.js",
);

/// A naive client, its world, and what it showed, judged as its pane does.
class Stage {
  constructor() {
    this.clock = new FakeClock();
    this.sockets = [];
    this.asked = []; // of history: {limit, answer(events), fail()}
    this.tally = new Tally();
    this.notices = [];
    const world = {
      open: () => this.sockets[this.sockets.push(new FakeSocket()) - 1],
      newest: (limit) => new Promise((answer, fail) => this.asked.push({ limit, answer, fail })),
      after: (ms, act) => this.clock.after(ms, act),
    };
    this.naive = new Naive("naive", "general", world, (told) => {
      if (told.type === "append") this.tally.appended(told.event.seq);
      if (told.type === "prepend") this.tally.prepended(told.events.map(({ seq }) => seq));
      if (told.type === "notice") this.notices.push(told.text);
    });
  }

  open() {
    this.sockets.at(-1).open();
    this.sockets.at(-1).says({ id: 1, connected: {} });
  }

  push(first, last) {
    this.sockets.at(-1).says({ batch: { room: "general", prev: first - 1, phase: "live", events: events(first, last) } });
  }

  async history(first, last) {
    this.asked.at(-1).answer(events(first, last));
    await settled();
  }
}

const counts = ({ tally: { missing, doubled } }) => ({ missing, doubled });

test("the naive client does well where nothing happens between its two questions", async () => {
  const stage = new Stage();
  stage.open();
  await stage.history(1, 10);
  stage.push(11, 12);
  assert.deepEqual(counts(stage), { missing: 0, doubled: 0 });
  assert.ok(stage.tally.isOk);
  assert.deepEqual(stage.sockets[0].asked("connect").connect.rooms, { general: {} }, "it asks for live events alone");
});

test("what is written between its two snapshots is shown twice, or never", async () => {
  const twice = new Stage();
  twice.open();
  twice.push(11, 12);
  await twice.history(1, 12);
  assert.deepEqual(counts(twice), { missing: 0, doubled: 2 });
  const never = new Stage();
  never.open();
  never.push(15, 15); // history's snapshot was taken before 13 and 14, the subscription stood behind them
  await never.history(1, 12);
  assert.deepEqual(counts(never), { missing: 2, doubled: 0 });
});

test("after a cut the last few are what it has, or not all that it missed", async () => {
  const quiet = new Stage();
  quiet.open();
  await quiet.history(1, 30);
  quiet.naive.cut();
  quiet.clock.pass(1000);
  quiet.open();
  assert.equal(quiet.asked.at(-1).limit, 20);
  await quiet.history(11, 30);
  assert.deepEqual(counts(quiet), { missing: 0, doubled: 20 });
  const busy = new Stage();
  busy.open();
  await busy.history(1, 30);
  busy.naive.cut();
  busy.clock.pass(1000);
  busy.open();
  await busy.history(111, 130);
  assert.deepEqual(counts(busy), { missing: 80, doubled: 0 });
});

test("a slow reader is thrown out with what it had not read, and comes back with the last few", async () => {
  const stage = new Stage();
  stage.open();
  await stage.history(1, 10);
  stage.naive.pause();
  stage.push(11, 300);
  assert.equal(stage.naive.state, "offline");
  assert.match(stage.notices[0], /slow reader/u);
  stage.naive.resume();
  stage.open();
  await stage.history(281, 300);
  assert.deepEqual(counts(stage), { missing: 270, doubled: 0 });
});

test("a pause that the reader can bear costs nothing; a fetch that fails is told", async () => {
  const stage = new Stage();
  stage.open();
  stage.asked[0].fail(new Error("503"));
  await settled();
  assert.deepEqual(stage.notices, ["The history could not be fetched"]);
  stage.naive.pause();
  stage.push(1, 100);
  stage.naive.resume();
  assert.deepEqual(counts(stage), { missing: 0, doubled: 0 });
});

test("a tally forgets its oldest numbers as a range, and never calls them missing", () => {
  const tally = new Tally();
  for (let seq = 1; seq <= 30_000; seq += 1) if (seq !== 29_000) tally.appended(seq);
  assert.deepEqual([tally.missing, tally.doubled, tally.last], [1, 0, 30_000]);
  tally.appended(29_000);
  assert.deepEqual([tally.missing, tally.unordered], [0, 1]);
});
