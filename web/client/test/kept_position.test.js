/// Positions that outlive their page: where its reader stood, the next one goes on.
import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryStorage } from "../dist/index.js";
import { World, at, joined, settled, watch } from "./world.js";

test("a kept position is where a listener stood, and the next page resumes there", async () => {
  const positions = memoryStorage();
  const world = new World();
  await world.liveRoom(5, { persist: { positions } });
  world.push(5, 7);
  world.clock.pass(200);
  const next = new World();
  const client = await next.connect({ persist: { positions } });
  const room = client.join("general", { rewind: 50 });
  watch(room);
  await settled();
  next.socket.open();
  assert.deepEqual(next.socket.asked("connect").connect.rooms.general, { since: at(7) });
});

test("what a gap passed over is not asked for again", async () => {
  const positions = memoryStorage();
  const world = new World();
  await world.liveRoom(5, { persist: { positions } });
  world.socket.says({ gap: { room: "general", from: 6, to: at(9), reason: "retention" } });
  world.clock.pass(200);
  assert.deepEqual(JSON.parse(positions.get("parley:ana@node:8080:position:general")), at(9));
});

test("for a loop it is what its body is done with: after a crash the event under way comes again", async () => {
  const positions = memoryStorage();
  const { world, client, room } = await joined(0, {}, { persist: { positions } });
  world.push(0, 5, "history");
  for await (const { seq } of room) if (seq === 3) break;
  client.close();
  const kept = JSON.parse(positions.get("parley:ana@node:8080:position:general"));
  assert.deepEqual(kept, at(2));
});

test("an unreadable kept position is none, and since wins over a kept one", async () => {
  for (const text of ["{", '{"term":-1,"seq":2}', "7"]) {
    const positions = memoryStorage();
    positions.set("parley:me:position:general", text);
    const { world } = await joined(0, { rewind: 4 }, { persist: { positions, name: "me" } });
    assert.deepEqual(world.socket.asked("connect").connect.rooms.general, { rewind: { limit: 4 } });
  }
  const positions = memoryStorage();
  positions.set("parley:me:position:general", JSON.stringify(at(9)));
  const { world } = await joined(3, { since: at(3) }, { persist: { positions, name: "me" } });
  assert.deepEqual(world.socket.asked("connect").connect.rooms.general, { since: at(3) });
});
