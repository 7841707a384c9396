/// One room's stream over scripted connections: joins, states, resumes, gaps and ends.
import assert from "node:assert/strict";
import { test } from "node:test";
import { limitsDefault } from "../dist/protocol.js";
import { is_json } from "./frames.js";
import { World, at, numbers, settled, told } from "./world.js";

const states = (room) => told(room, "state").map(({ state }) => state);

test("a join rides in connect, shows history, then is live", async () => {
  const world = new World();
  const { client, room } = await world.liveRoom(3);
  assert.equal(world.socket.url, "ws://node:8080/v1/ws");
  assert.equal(world.socket.protocol, is_json ? "parley.v1.json" : "parley.v1.proto");
  const { connect } = world.socket.asked("connect");
  assert.deepEqual(connect.rooms, { general: { rewind: { limit: 50 } } });
  assert.equal(connect.user, "ana");
  assert.deepEqual(room.seqs, [1, 2, 3]);
  assert.deepEqual(states(room), ["catchingUp", "live"]);
  assert.deepEqual(
    told(client, "state").map(({ state }) => state),
    ["connecting", "connected"],
  );
  assert.deepEqual([client.user, client.node, room.position.seq], ["ana", "n1", 3]);
  world.push(3, 4);
  assert.deepEqual(room.seqs, [1, 2, 3, 4]);
});

test("a room joined on a connection that stands is asked for at once", async () => {
  const world = new World();
  const client = await world.connect();
  await world.admit();
  const room = client.join("general", { since: at(5), onGap: "jump", max: 10 });
  await settled();
  assert.deepEqual(world.socket.asked("join").join, { room: "general", since: at(5), on_gap: "jump", max: 10 });
  world.socket.answer("join", { joined: { room: "general", start: at(5), head: at(5), recovered: true } });
  world.live(5);
  await room.whenLive();
  assert.equal(room.state, "live");
});

test("whenLive waits for live, and fails where the room is refused", async () => {
  const world = new World();
  const client = await world.connect();
  const room = client.join("no room!");
  const waits = assert.rejects(room.whenLive(), { code: "bad_request", number: 4000 });
  await world.admit({ "no room!": { error: { code: 4000, name: "bad_request", message: "no", retryable: false } } });
  await waits;
  assert.equal(room.state, "closed");
  assert.equal(client.room("no room!"), undefined);
});

test("a join refused for now is asked again after the server's pause", async () => {
  const world = new World({ random: 0 });
  const client = await world.connect();
  const room = client.join("general", { rewind: 3 });
  const error = { code: 5030, name: "unavailable", message: "", retryable: true, retry_after_ms: 3000 };
  await world.admit({ general: { error } });
  assert.equal(room.state, "connecting");
  world.clock.pass(2999);
  assert.equal(world.socket.asked("join"), undefined);
  world.clock.pass(1);
  assert.deepEqual(world.socket.asked("join").join, { room: "general", rewind: { limit: 3 } });
});

test("after a loss all rooms resume inside connect, each from its position", async () => {
  const world = new World();
  const { client, room } = await world.liveRoom(5);
  const other = client.join("other", { rewind: 0 });
  await settled();
  world.socket.answer("join", { joined: { room: "other", start: at(9), head: at(9) } });
  world.socket.ends(1006);
  assert.deepEqual([client.state, room.state, other.state], ["resuming", "resuming", "resuming"]);
  world.clock.pass(500);
  await settled();
  world.socket.open();
  assert.deepEqual(world.socket.asked("connect").connect.rooms, { general: { since: at(5) }, other: { since: at(9) } });
});

test("a resume that misses nothing says so and goes on where it was", async () => {
  const world = new World();
  const { room } = await world.liveRoom(5);
  world.socket.ends(1006);
  await world.resume(5, 8);
  assert.deepEqual(told(room, "recovered"), [{ since: at(5), head: at(8) }]);
  world.push(5, 8, "history");
  world.live(8);
  assert.deepEqual(room.seqs, numbers(1, 8));
  assert.equal(room.state, "live");
});

test("cut at every event, each resume goes on exactly where it was", async () => {
  for (let cut_after = 1; cut_after < 20; cut_after += 1) {
    const world = new World();
    const client = await world.connect();
    const room = client.join("general", { rewind: 50 });
    const seqs = [];
    room.on("event", ({ seq }) => seqs.push(seq));
    await world.admit({ general: { start: at(0), head: at(10) } });
    for (let seq = 1; seq <= cut_after; seq += 1) {
      world.push(seq - 1, seq, seq <= 10 ? "history" : "live");
      if (seq === 10) world.live(10);
    }
    world.socket.ends(1006);
    await world.resume(cut_after, 20);
    for (let seq = cut_after + 1; seq <= 20; seq += 1) world.push(seq - 1, seq, "history");
    world.live(20);
    assert.deepEqual(seqs, numbers(1, 20), `cut after ${cut_after}`);
  }
});

test("each reason of a gap reaches its listener and moves the position", async () => {
  for (const reason of ["jump", "retention"]) {
    const world = new World();
    const { room } = await world.liveRoom(5);
    world.socket.ends(1006);
    await world.resume(20, 22, { recovered: reason === "jump" });
    world.socket.says({ gap: { room: "general", from: 6, to: at(20), reason } });
    assert.deepEqual(told(room, "recovered"), []);
    assert.deepEqual(
      told(room, "gap").map(({ from, to }) => [from, to.seq]),
      [[6, 20]],
    );
    world.push(20, 22, "history");
    world.live(22);
    assert.deepEqual(room.seqs, [...numbers(1, 5), 21, 22]);
  }
});

test("a resume with a jump tells the newest only, and says what it passed over", async () => {
  const world = new World();
  const { room } = await world.liveRoom(5, {}, { rewind: 50, onGap: "jump", max: 2 });
  world.socket.ends(1006);
  await world.resume(18, 20);
  assert.deepEqual(world.socket.asked("connect").connect.rooms.general, { since: at(5), on_gap: "jump", max: 2 });
  world.socket.says({ gap: { room: "general", from: 6, to: at(18), reason: "jump" } });
  world.push(18, 20, "history");
  world.live(20);
  assert.deepEqual(
    [told(room, "gap").length, told(room, "recovered").length, room.seqs],
    [1, 0, [1, 2, 3, 4, 5, 19, 20]],
  );
});

test("a reset drops what was held and goes on after its end, also to an empty room", async () => {
  for (const end of [3, 0]) {
    const world = new World();
    const { room } = await world.liveRoom(50);
    assert.equal(room.messages.size, 50);
    world.socket.ends(1006);
    await world.resume(end, end + 2, { recovered: false });
    world.socket.says({ gap: { room: "general", from: 1, to: at(end), reason: "reset" } });
    assert.equal(told(room, "reset").length, 1);
    assert.equal(room.messages.size, 0);
    world.push(end, end + 2, "history");
    world.live(end + 2);
    assert.deepEqual(
      room.messages.list().map(({ seq }) => seq),
      [end + 1, end + 2],
    );
    assert.equal(told(room, "broken").length, 0);
  }
});

test("a reset in the middle of a stream is followed, and the old head is no lost tail", async () => {
  const world = new World();
  const { room } = await world.liveRoom(4);
  world.socket.says({ head: { room: "general", head: at(9) } });
  world.socket.says({ gap: { room: "general", from: 1, to: at(0), reason: "reset" } });
  world.push(0, 2);
  world.socket.says({ head: { room: "general", head: at(2) } });
  assert.deepEqual(told(room, "broken"), []);
  assert.deepEqual(room.position, at(2));
});

test("a reader that the server calls slow catches up and is live again", async () => {
  const world = new World();
  const { room } = await world.liveRoom(5);
  world.socket.says({ catching_up: { room: "general", at: at(5) } });
  assert.equal(room.state, "catchingUp");
  world.push(5, 9, "history");
  world.live(9);
  assert.deepEqual(states(room), ["catchingUp", "live", "catchingUp", "live"]);
  assert.deepEqual(room.seqs, numbers(1, 9));
});

test("an eviction ends the room for good, and nothing else", async () => {
  const world = new World();
  const { client, room } = await world.liveRoom(1);
  world.socket.says({
    evicted: { room: "general", error: { name: "forbidden", message: "out", code: 4030, retryable: false } },
  });
  assert.equal(room.state, "closed");
  assert.equal(told(room, "state").at(-1).cause.code, "evicted");
  assert.equal(client.state, "connected");
  await assert.rejects(room.whenLive(), { code: "evicted" });
});

test("leaving tells the server, and the room can be joined anew", async () => {
  const world = new World();
  const { client, room } = await world.liveRoom(3);
  assert.throws(() => client.join("general"), { code: "already_joined" });
  room.leave();
  assert.deepEqual(world.socket.asked("leave").leave, { room: "general" });
  world.push(3, 4);
  assert.deepEqual(room.seqs, [1, 2, 3]);
  assert.notEqual(client.join("general"), room);
});

test("a room left while connect is under way is left on the server too", async () => {
  const world = new World();
  const client = await world.connect();
  const room = client.join("general");
  await settled();
  world.socket.open();
  room.leave();
  const { id } = world.socket.asked("connect");
  world.socket.says({
    id,
    connected: {
      user: "ana",
      node: "n1",
      ping_ms: 1,
      limits: limitsDefault,
      rooms: { general: { joined: { room: "general", start: at(1), head: at(1) } } },
    },
  });
  assert.deepEqual(world.socket.asked("leave").leave, { room: "general" });
});

test("a room joined while connect is under way is asked for afterwards", async () => {
  const world = new World();
  const client = await world.connect();
  await settled();
  world.socket.open();
  client.join("late", { rewind: 1 });
  await settled();
  world.socket.answer("connect", {
    connected: { user: "ana", node: "n1", ping_ms: 25_000, limits: limitsDefault, rooms: {} },
  });
  assert.equal(world.socket.all("join").length, 1);
  assert.deepEqual(world.socket.asked("join").join, { room: "late", rewind: { limit: 1 } });
});

test("a room joined by a listener of the connection's state is asked for once", async () => {
  const world = new World();
  const client = await world.connect();
  client.on("state", ({ state }) => state === "connected" && client.join("general", { rewind: 1 }));
  await world.admit();
  assert.equal(world.socket.all("join").length, 1);
  world.socket.answer("join", { joined: { room: "general", start: at(4), head: at(5) } });
  world.push(4, 5, "history");
  world.live(5);
  assert.equal(client.room("general").state, "live");
});

test("more rooms than fit into one connect are joined one by one after it", async () => {
  const world = new World();
  const client = await world.connect();
  for (let number = 0; number < 600; number += 1) client.join(`${"r".repeat(100)}${number}`, { rewind: 1 });
  await settled();
  world.socket.open();
  const { connect } = world.socket.asked("connect");
  assert.ok(JSON.stringify(connect).length < 65_000);
  const greeted = Object.keys(connect.rooms).length;
  assert.ok(greeted > 300 && greeted < 600, greeted);
  const rooms = Object.fromEntries(
    Object.keys(connect.rooms).map((room) => [room, { joined: { room, start: at(0), head: at(0) } }]),
  );
  world.socket.answer("connect", {
    connected: { user: "ana", node: "n1", ping_ms: 25_000, limits: limitsDefault, rooms },
  });
  assert.equal(world.socket.all("join").length, 600 - greeted);
});

test("a listener that throws disturbs neither its neighbours nor the stream", async (context) => {
  const world = new World();
  const { room } = await world.liveRoom(1);
  room.on("event", () => {
    throw new Error("a bug of the application");
  });
  const heard = [];
  room.on("event", ({ seq }) => heard.push(seq));
  await settled();
  const reported = [];
  const { queueMicrotask } = globalThis;
  context.after(() => (globalThis.queueMicrotask = queueMicrotask));
  globalThis.queueMicrotask = (act) => assert.throws(act, ({ message }) => reported.push(message) > 0);
  world.push(1, 2);
  assert.deepEqual(reported, ["a bug of the application"]);
  assert.deepEqual([heard, room.seqs], [[2], [1, 2]]);
});
