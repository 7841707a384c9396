/// Reading a room: by listeners, and by a loop at its own pace.
import assert from "node:assert/strict";
import { test } from "node:test";
import { at, events, joined, numbers, settled, told } from "./world.js";

/// Takes `count` items of a loop.
async function take(loop, count) {
  const taken = [];
  while (taken.length < count) {
    const { done, value } = await loop.next();
    if (done) break;
    taken.push(value.seq ?? value);
  }
  return taken;
}

test("a loop gets every event, whether they come before it or after", async () => {
  const { world, room } = await joined(0);
  world.push(0, 3, "history");
  const loop = room[Symbol.asyncIterator]();
  assert.deepEqual(await take(loop, 3), [1, 2, 3]);
  const next = take(loop, 2);
  await settled();
  world.live(3);
  world.push(3, 5);
  assert.deepEqual(await next, [4, 5]);
});

test("a loop that was left goes on later where it was; two at a time are refused", async () => {
  const { world, room } = await joined(0);
  world.push(0, 5, "history");
  for await (const event of room) if (event.seq === 2) break;
  world.push(5, 6, "history");
  const loop = room[Symbol.asyncIterator]();
  assert.deepEqual(await take(loop, 4), [3, 4, 5, 6]);
  await assert.rejects(room[Symbol.asyncIterator]().next(), { code: "already_reading" });
});

test("a slow loop stops the stream at its bound; the stream goes on from storage as the loop does, and skips nothing", async () => {
  const { world, room } = await joined(0, { buffer: 4 });
  const stops = [];
  room.on("catchingUp", ({ at: { seq } }) => stops.push(seq));
  world.push(0, 3, "history");
  world.push(3, 9, "history"); // one of six fits
  assert.deepEqual([stops, room.position.seq, room.state], [[4], 4, "catchingUp"]);
  assert.deepEqual(world.socket.asked("leave").leave, { room: "general" });
  world.push(9, 12, "history"); // on its way when the room was left
  assert.equal(room.position.seq, 4);

  const loop = room[Symbol.asyncIterator]();
  assert.deepEqual(await take(loop, 1), [1]);
  assert.equal(world.socket.asked("join"), undefined);
  assert.deepEqual(await take(loop, 1), [2]);
  assert.deepEqual(world.socket.asked("join").join, { room: "general", since: at(4) });
  world.socket.answer("join", { joined: { room: "general", start: at(4), head: at(12), recovered: true } });
  world.push(4, 6, "history");
  world.push(6, 12, "history");
  assert.equal(room.position.seq, 6);
  const rest = take(loop, 10);
  await settled();
  for (let turn = 0; turn < 10 && room.position.seq < 12; turn += 1) {
    const from = room.position;
    world.socket.answer("join", { joined: { room: "general", start: from, head: at(12), recovered: true } });
    world.push(from.seq, 12, "history");
    await settled();
  }
  assert.deepEqual(await rest, numbers(3, 12));
});

test("a slow loop over a lost connection resumes only once it took enough", async () => {
  const { world, room } = await joined(0, { buffer: 2 });
  world.push(0, 5, "history");
  world.socket.ends(1006);
  world.clock.pass(500);
  await world.admit({});
  assert.deepEqual(world.socket.asked("connect").connect.rooms, {});
  const loop = room[Symbol.asyncIterator]();
  await take(loop, 1);
  assert.deepEqual(world.socket.asked("join").join.since, at(2));
});

test("a slow loop meets a gap in its place", async () => {
  const { world, room } = await joined(0, { buffer: 2 });
  world.push(0, 2, "history");
  world.socket.says({ gap: { room: "general", from: 3, to: at(7), reason: "retention" } });
  assert.deepEqual([room.position.seq, world.socket.all("leave").length], [2, 1]);
  const items = room.items();
  await items.next();
  world.socket.answer("join", { joined: { room: "general", start: at(7), head: at(8), recovered: false } });
  world.socket.says({ gap: { room: "general", from: 3, to: at(7), reason: "retention" } });
  const second = (await items.next()).value;
  const third = (await items.next()).value;
  assert.deepEqual([second.event.seq, third.type, third.gap.to.seq], [2, "gap", 7]);
});

test("items tell events, gaps, resets and live in order", async () => {
  const { world, room } = await joined(0);
  const seen = [];
  const reading = (async () => {
    for await (const item of room.items()) seen.push(item.type === "event" ? item.event.seq : item.type);
  })();
  await settled();
  world.push(0, 1, "history");
  world.live(1);
  world.push(1, 2);
  world.socket.says({ gap: { room: "general", from: 3, to: at(6), reason: "retention" } });
  world.push(6, 7);
  world.socket.says({ gap: { room: "general", from: 1, to: at(2), reason: "reset" } });
  world.push(2, 3);
  await settled();
  assert.deepEqual(seen, [1, "live", 2, "gap", 7, "reset", 3]);
  room.leave();
  await reading;
});

test("a loop ends when the room is left, and throws what ended the room otherwise", async () => {
  const { world, room } = await joined(0);
  world.push(0, 2, "history");
  const read = async () => {
    const seqs = [];
    for await (const { seq } of room) seqs.push(seq);
    return seqs;
  };
  const reading = read();
  await settled();
  room.leave();
  assert.deepEqual(await reading, [1, 2]);

  const other = await joined(0);
  other.world.push(0, 2, "history");
  other.world.socket.ends(4429, "flooding");
  const seqs = [];
  await assert.rejects(
    async () => {
      for await (const { seq } of other.room) seqs.push(seq);
    },
    { code: "refused", number: 4429 },
  );
  assert.deepEqual(seqs, [1, 2]);
  await assert.rejects(other.room.items().next(), { code: "refused" });
});

test("a listener that comes late is told what was kept; afterwards nothing is kept for a loop", async () => {
  const { world, room } = await joined(0, { buffer: 3 });
  world.push(0, 5, "history");
  assert.equal(room.position.seq, 3);
  const seqs = [];
  room.on("event", ({ seq }) => seqs.push(seq));
  await settled();
  assert.deepEqual(seqs, [1, 2, 3]);
  world.socket.answer("join", { joined: { room: "general", start: at(3), head: at(9), recovered: true } });
  world.push(3, 9, "history");
  assert.deepEqual(seqs, numbers(1, 9));
  const next = take(room[Symbol.asyncIterator](), 1);
  await settled();
  world.push(9, 10, "history");
  assert.deepEqual(await next, [10]);
});

test("a late listener of batches is told them whole, before what comes in the same frame", async () => {
  const { world, room } = await joined(0);
  world.push(0, 2, "history");
  world.socket.says({ gap: { room: "general", from: 3, to: at(4), reason: "retention" } });
  world.push(4, 6, "history");
  const batches = [];
  const listen = () => room.on("batch", ({ prev, events: list }) => batches.push([prev, list.map(({ seq }) => seq)]));
  room.on("live", listen);
  world.socket.says(
    { live: { room: "general", at: at(6) } },
    { batch: { room: "general", prev: 6, phase: "live", events: events(7, 7) } },
  );
  await settled();
  assert.deepEqual(batches, [
    [0, [1, 2]],
    [4, [5, 6]],
    [6, [7]],
  ]);
});

test("a listener that leaves hears nothing more, and the room stays closed", async () => {
  const { world, room } = await joined(0);
  const [seqs, batches] = [[], []];
  room.on("event", ({ seq }) => seqs.push(seq) === 2 && room.leave());
  room.on("batch", ({ events: list }) => batches.push(list));
  world.push(0, 5, "history");
  assert.deepEqual([seqs, batches, room.state], [[1, 2], [], "closed"]);

  const other = await joined(0);
  other.room.on("broken", () => other.room.leave());
  other.world.push(3, 5, "history");
  other.world.clock.pass(60_000);
  assert.deepEqual([other.room.state, other.world.socket.all("join").length], ["closed", 0]);
});
