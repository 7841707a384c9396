/// One connection after another: when the client tries again, when it gives up, and when it moves.
import assert from "node:assert/strict";
import { test } from "node:test";
import { World, at, settled, told } from "./world.js";

test("an address may be written in any of its forms; a wrong one is refused at once", async () => {
  const world = new World();
  const forms = {
    "http://h:8080": "ws://h:8080/v1/ws",
    "https://h": "wss://h/v1/ws",
    "ws://h/v1/ws": "ws://h/v1/ws",
    "wss://h/parley/v1/ws?x=1": "wss://h/parley/v1/ws",
  };
  for (const [url, expected] of Object.entries(forms)) {
    await world.connect({ url });
    await settled();
    assert.equal(world.socket.url, expected);
  }
  for (const url of ["", "h:8080", "ftp://h", "http://", "http://ana:secret@h", "/v1/ws"]) {
    assert.throws(() => world.start({ url }), { name: "ParleyError", code: "bad_option", retryable: false }, url);
  }
  const asked = [{ urls: [] }, { urls: ["http://h", "nowhere"] }];
  asked.push({ getToken: () => "t", user: "ana" }, { getToken: () => "t", persist: { outbox: {} } });
  for (const options of asked) assert.throws(() => world.start(options), { code: "bad_option" });
});

test("a page connects to its own origin, unless told otherwise", async (context) => {
  context.after(() => delete globalThis.location);
  globalThis.location = { href: "https://chat.example/app/index.html?x=1" };
  const world = new World();
  for (const [url, expected] of [
    [undefined, "wss://chat.example/v1/ws"],
    ["/parley/v1/ws", "wss://chat.example/parley/v1/ws"],
  ]) {
    await world.connect({ url });
    await settled();
    assert.equal(world.socket.url, expected);
  }
});

test("where there is no WebSocket, the error says what to pass", async () => {
  const { connect } = await import("../dist/index.js");
  const given = Object.getOwnPropertyDescriptor(globalThis, "WebSocket");
  delete globalThis.WebSocket;
  try {
    assert.throws(() => connect({ url: "http://h" }), { code: "bad_option", message: /package ws/u });
  } finally {
    if (given) Object.defineProperty(globalThis, "WebSocket", given);
  }
});

test("a node that is gone is tried again, with pauses that double up to a ceiling", async () => {
  const world = new World({ random: 0.999999 });
  const client = await world.connect();
  await settled();
  const pauses = [];
  for (let turn = 0; turn < 8; turn += 1) {
    world.socket.ends(1006);
    const { cause, retryAt } = told(client, "state").at(-1);
    assert.deepEqual([cause.code, cause.retryable, client.state], ["connection_lost", true, "connecting"]);
    pauses.push(retryAt - world.clock.ms);
    world.clock.pass(15_000);
    await settled();
  }
  assert.deepEqual(pauses, [500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
});

test("pauses begin anew after a connection that held, not after one that was lost at once", async () => {
  for (const [held_ms, next] of [
    [4999, 2000],
    [5000, 500],
  ]) {
    const world = new World({ random: 0.999999 });
    const client = await world.connect();
    await settled();
    (world.socket.ends(1006), world.clock.pass(15_000), await settled());
    (world.socket.ends(1006), world.clock.pass(15_000));
    await world.admit();
    world.clock.pass(held_ms);
    world.socket.ends(1006);
    assert.equal(told(client, "state").at(-1).retryAt - world.clock.ms, next, held_ms);
  }
});

test("of several nodes the next one is tried after a loss, and clients begin at different ones", async () => {
  const urls = ["http://a", "http://b", "http://c"];
  const world = new World();
  await world.connect({ urls });
  for (let turn = 0; turn < 3; turn += 1) {
    await settled();
    world.socket.ends(1006);
    world.clock.pass(20_000);
  }
  const hosts = (of) => of.sockets.map(({ url }) => new URL(url).host);
  assert.deepEqual(hosts(world).slice(0, 3), ["b", "c", "a"]);
  const other = new World({ random: 0.9 });
  await other.connect({ urls });
  await settled();
  assert.deepEqual(hosts(other), ["c"]);
});

test("a socket that cannot even be made is a failed attempt", async () => {
  const world = new World();
  const open = world.world.open;
  world.world.open = () => {
    throw new DOMException("mixed content", "SecurityError");
  };
  const client = await world.connect();
  await settled();
  assert.equal(told(client, "state").at(-1).cause.code, "connection_lost");
  world.world.open = open;
  world.clock.pass(500);
  await world.admit();
  assert.equal(client.state, "connected");
});

test("close codes 4400 to 4429 end it with a typed error, all others are tried again", async () => {
  for (const code of [4400, 4401, 4403, 4408, 4429]) {
    const name = code === 4401 ? "unauthenticated" : "refused";
    const world = new World();
    const { client, room } = await world.liveRoom(1);
    const published = assert.rejects(room.publish({ text: "hi" }), { code: name, number: code });
    world.socket.ends(code, "no");
    await published;
    world.clock.pass(60_000);
    assert.deepEqual([client.state, room.state, world.sockets.length], ["closed", "closed", 1]);
    assert.deepEqual([told(client, "state").at(-1).cause.code, told(room, "state").at(-1).cause.number], [name, code]);
  }
  for (const code of [1000, 1001, 1002, 1006, 1007, 1009, 1011, 4430, 4500, 4508, 4509]) {
    const world = new World();
    const { client } = await world.liveRoom(1);
    world.socket.ends(code);
    assert.equal(client.state, "resuming", code);
    await world.resume(1);
    assert.equal(client.state, "connected", code);
  }
});

test("an error of connect decides by retryable, and its pause is kept", async () => {
  const world = new World({ random: 0 });
  const client = await world.connect();
  await settled();
  world.socket.open();
  world.socket.answer("connect", {
    error: { code: 5030, name: "unavailable", message: "", retryable: true, retry_after_ms: 3000 },
  });
  world.clock.pass(2999);
  assert.equal(world.sockets.length, 1);
  world.clock.pass(1);
  await settled();
  world.socket.open();
  const connected = assert.rejects(client.whenConnected(), { code: "quota_exceeded" });
  world.socket.answer("connect", {
    error: { code: 4291, name: "quota_exceeded", message: "too many", retryable: false },
  });
  await connected;
  assert.equal(client.state, "closed");
  await assert.rejects(client.whenConnected(), { code: "closed" });
  assert.throws(() => client.join("general"), { code: "closed" });
  await assert.rejects(client.publish("general", { text: "hi" }), { code: "closed" });
});

test("a draining node is left at the moment it asked for, also if it closes before", async () => {
  const world = new World({ random: 0.5 });
  const { client } = await world.liveRoom(3);
  world.socket.says({ reconnect: { after_ms: 1000, jitter_ms: 4000, reason: "drain" } });
  assert.equal(told(client, "reconnect")[0].reason, "drain");
  world.clock.pass(2000);
  world.socket.ends(1001);
  world.clock.pass(999);
  assert.equal(world.sockets.length, 1);
  world.clock.pass(1);
  await settled();
  assert.equal(world.sockets.length, 2);

  const other = new World({ random: 0 });
  await other.liveRoom(3, { urls: ["http://a", "http://b"] });
  other.socket.says({ reconnect: { after_ms: 1000, jitter_ms: 4000, reason: "drain" } });
  other.clock.pass(1000);
  await settled();
  assert.equal(other.sockets[0].closedWith, "no code");
  assert.deepEqual(
    other.sockets.map(({ url }) => url),
    ["ws://a/v1/ws", "ws://b/v1/ws"],
  );
  await other.resume(3);
});

test("closing says goodbye, ends loops, and leaves no timer behind", async () => {
  const world = new World();
  const { client, room } = await world.liveRoom(2);
  client.publish("general", { text: "hello" });
  const loop = (async () => {
    for await (const _ of room);
    return "over";
  })();
  await settled();
  client.close();
  assert.equal(world.socket.closedWith, 1000);
  assert.equal(await loop, "over");
  world.socket.says(); // what still arrives winds up no timer
  assert.deepEqual([world.clock.timers.size, room.state], [0, "closed"]);
  client.close();
});

test("a client closed in the turn that made it never connects", async () => {
  const world = new World();
  world.start().close();
  await settled();
  assert.equal(world.sockets.length, 0);
});

test("an error that the server pushes is told and changes nothing", async () => {
  const world = new World();
  const { client } = await world.liveRoom(1);
  world.socket.says({ error: { code: 4000, name: "bad_request", message: "what?", retryable: false } });
  assert.deepEqual(
    told(client, "error").map(({ code, message }) => [code, message]),
    [["bad_request", "what?"]],
  );
  assert.equal(client.state, "connected");
});
