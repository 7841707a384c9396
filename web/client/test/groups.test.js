/// Messages go in groups: how many at a time, and how long each group may wait for its answers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { World, at, settled, told } from "./world.js";

test("a room's messages go in groups, each in one frame, the next once all of the former are answered", async () => {
  const world = new World();
  const { room } = await world.liveRoom(1);
  for (let turn = 0; turn < 40; turn += 1) room.publish({ text: `${turn}` });
  await settled();
  assert.deepEqual([world.socket.frames.at(-1).length, world.texts().length], [32, 32]);
  room.publish({ text: "more" });
  await settled();
  for (let index = 0; index < 31; index += 1) world.stores(index, index + 2);
  assert.equal(world.texts().length, 32, "or it could be stored before the repeat of the last one");
  world.stores(31, 33);
  assert.deepEqual([world.socket.frames.at(-1).length, world.texts().at(-1)], [9, "more"]);
});

test("a group is no larger than a frame may be", async () => {
  const world = new World();
  const { room } = await world.liveRoom(1);
  for (let turn = 0; turn < 6; turn += 1) room.publish({ text: "x".repeat(65_000) });
  await settled();
  assert.equal(world.texts().length, 4);
});

test("a group has its whole time to be answered, also one that holds what is older and what is new", async () => {
  const world = new World();
  const { client, room } = await world.liveRoom(0);
  for (const text of ["one", "two", "three"]) room.publish({ text });
  await settled();
  world.clock.pass(19_000);
  assert.equal(client.state, "connected");
  world.socket.ends(1006);
  room.publish({ text: "four" });
  await world.resume(0);
  assert.deepEqual(world.texts(), ["one", "two", "three", "four"]);
  world.clock.pass(19_000);
  assert.equal(client.state, "connected");
  world.clock.pass(1_000);
  assert.equal(client.state, "resuming");
  assert.equal(told(client, "state").at(-1).cause.message, "a message was not answered");
});

test("where the server limits the rate one write is under way at a time, so that a refused one is not overtaken", async () => {
  const world = new World({ random: 0 });
  const client = await world.connect();
  const room = client.join("general");
  await world.admit(
    { general: { start: at(0), head: at(0) } },
    { limits: { publishes_per_second: 5, publishes_burst: 1 } },
  );
  for (const text of ["one", "two"]) room.publish({ text });
  await settled();
  assert.deepEqual(world.texts(), ["one"]);
  world.refuses(0, "rate_limited", { retry_after_ms: 700 });
  world.clock.pass(699);
  assert.deepEqual(world.texts(), ["one"]);
  world.clock.pass(1);
  assert.deepEqual(world.texts(), ["one", "one"]);
  world.stores(1, 1);
  assert.deepEqual(world.texts(), ["one", "one", "two"]);
});
