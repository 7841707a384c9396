/// One connection after another: when the client tries again, when it gives up, and when it moves.
import assert from "node:assert/strict";
import { test } from "node:test";
import { encoding, is_json } from "./frames.js";
import { World, at, numbers, settled, told, watch } from "./world.js";

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
    await assert.rejects(world.connect({ url }), { name: "ParleyError", code: "bad_option" }, url);
  }
  await assert.rejects(world.connect({ urls: [] }), { code: "bad_option" });
  await assert.rejects(world.connect({ getToken: () => "t", user: "ana" }), { code: "bad_option" });
  await assert.rejects(world.connect({ getToken: () => "t", persist: { outbox: {} } }), { code: "bad_option" });
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

test("what is not the protocol is a typed error, and another attempt follows", async () => {
  const bytes = (...all) => new Uint8Array(all).buffer;
  const malformed = is_json
    ? ["{", "7", "null", "[7]", "[[]]", bytes(0x7b, 0x7d)]
    : ["{}", bytes(0x0a), bytes(0x0a, 0x05, 0x08), bytes(0x0f), bytes(0x0a, 0x03, 0x82, 0x05, 0x7f)];
  const unasked = encoding.frame([encoding.envelope({ id: 99, pong: {} })]);
  for (const frame of [...malformed, unasked]) {
    const world = new World();
    const { client } = await world.liveRoom(1);
    world.socket.says_raw(frame);
    assert.deepEqual(
      [client.state, told(client, "state").at(-1).cause.code],
      ["resuming", "broken_frame"],
      String(frame),
    );
    await world.resume(1);
    assert.equal(client.state, "connected");
  }
  const world = new World();
  const client = await world.connect();
  await settled();
  world.socket.open();
  world.socket.answer("connect", { pong: {} });
  assert.equal(told(client, "state").at(-1).cause.code, "broken_frame");
});

test("what comes behind a malformed envelope of a frame is not heard", async () => {
  const world = new World();
  const { client } = await world.liveRoom(1);
  world.socket.says({ id: 99, pong: {} }, { error: { code: 5000, name: "internal", message: "", retryable: true } });
  assert.deepEqual(told(client, "error"), []);
});

test("what comes before a malformed envelope of a frame is not lost", async () => {
  const world = new World();
  const { room } = await world.liveRoom(1);
  world.socket.says();
  world.socket.says(
    {
      batch: {
        room: "general",
        prev: 1,
        phase: "live",
        events: [{ seq: 2, term: at(1).term, kind: "message.created", sender: "b", at: 1 }],
      },
    },
    { id: 99, pong: {} },
  );
  assert.deepEqual(room.seqs, [1, 2]);
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

test("a server of another version is a typed error, and the next address is tried", async () => {
  const world = new World({ random: 0 });
  const client = await world.connect({ urls: ["http://old", "http://new"] });
  client.join("general", { rewind: 5 });
  await settled();
  for (const chosen of ["", "parley.v2.json"]) {
    world.socket.protocol = chosen; // no subprotocol of ours
    world.socket.open();
    const { state, cause } = told(client, "state").at(-1);
    assert.deepEqual([state, cause.code, cause.retryable], ["connecting", "wrong_version", true]);
    assert.match(cause.message, new RegExp(encoding.subprotocol, "u"));
    assert.deepEqual(world.socket.sent, [], "it was told nothing");
    world.clock.pass(500);
    await settled();
  }
  assert.deepEqual(
    world.sockets.map(({ url }) => new URL(url).host),
    ["old", "new", "old"],
  );
  await world.admit({ general: { start: at(0), head: at(0) } });
  assert.equal(client.state, "connected");
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
