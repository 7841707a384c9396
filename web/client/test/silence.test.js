/// Is the other side still there? Silence, sleep, and news of the network.
import assert from "node:assert/strict";
import { test } from "node:test";
import { World, at, numbers, settled, told } from "./world.js";

test("a silent connection is asked, and dropped when it does not answer", async () => {
  const world = new World();
  const { client } = await world.liveRoom(1);
  world.clock.pass(25_000);
  world.socket.answer("ping", { pong: {} });
  world.clock.pass(24_999);
  assert.equal(world.socket.all("ping").length, 1);
  world.clock.pass(1 + 10_000);
  assert.equal(client.state, "resuming");
  assert.match(told(client, "state").at(-1).cause.message, /ping/u);
});

test("a timer that is a minute late, as in a tab that nobody looks at, is no sleep", async () => {
  const world = new World();
  const { client } = await world.liveRoom(1);
  world.clock.sleep(85_000);
  assert.equal(client.state, "connected");
  world.socket.answer("ping", { pong: {} });
  world.clock.pass(20_000);
  assert.equal(client.state, "connected");
});

test("a socket that never opens, or never answers connect, is given up", async () => {
  for (const opens of [false, true]) {
    const world = new World();
    const client = await world.connect();
    await settled();
    if (opens) world.socket.open();
    world.clock.pass(15_000);
    assert.equal(told(client, "state").at(-1).cause.code, "connection_lost");
  }
});

test("a laptop that slept for an hour reconnects at once, resumes, and sends what it wrote in its sleep", async () => {
  const world = new World();
  const { client, room } = await world.liveRoom(5);
  const published = room.publish({ text: "good night" });
  world.clock.sleep(3_600_000);
  assert.equal(client.state, "resuming");
  world.clock.pass(500);
  await world.admit({ general: { start: at(5), head: at(9), recovered: true } });
  world.push(5, 9, "history");
  world.live(9);
  assert.deepEqual(room.seqs, numbers(1, 9));
  const { publish } = world.socket.asked("publish");
  assert.equal(publish.text, "good night");
  world.socket.answer("publish", { published: { room: "general", seq: 6, term: 1, at: 1, duplicate: true } });
  assert.equal((await published).duplicate, true);
});

test("after a sleep the old connection is not even asked", async () => {
  const world = new World();
  const { client } = await world.liveRoom(5);
  world.clock.sleep(3_600_000);
  assert.equal(client.state, "resuming");
  assert.match(told(client, "state").at(-1).cause.message, /nothing was heard/u);
  assert.deepEqual(world.sockets[0].all("ping"), []);
});

test("news of the network ends a pause, and asks a connection that may be dead", async () => {
  const world = new World();
  const { client } = await world.liveRoom(2);
  client.hurry();
  assert.equal(world.socket.all("ping").length, 1);
  world.clock.pass(10_000);
  assert.equal(client.state, "resuming");
  client.hurry();
  await settled();
  assert.equal(world.sockets.length, 2);
  world.clock.pass(14_000);
  assert.equal(world.sockets.length, 2, "the pause itself is over");
});

test("a page listens for the network and for coming to the front, until its client is closed", async () => {
  const listeners = new Map();
  const target = () => ({
    addEventListener: (name, act) => listeners.set(name, act),
    removeEventListener: (name) => listeners.delete(name),
  });
  Object.assign(globalThis, target(), { document: { ...target(), visibilityState: "visible" } });
  try {
    const world = new World();
    const { client } = await world.liveRoom(1);
    assert.deepEqual([...listeners.keys()], ["online", "pageshow", "visibilitychange"]);
    world.socket.ends(1006);
    listeners.get("online")();
    await settled();
    assert.equal(world.sockets.length, 2);
    client.close();
    assert.equal(listeners.size, 0);
  } finally {
    for (const name of ["addEventListener", "removeEventListener", "document"]) delete globalThis[name];
  }
});
