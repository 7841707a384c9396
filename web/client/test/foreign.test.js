/// What is not this protocol, or not this version of it: frames, servers, and what a later version adds.
import assert from "node:assert/strict";
import { test } from "node:test";
import { encoding, is_json, later_frame } from "./frames.js";
import { World, at, events, numbers, settled, told } from "./world.js";

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

test("a server of another version that refuses the handshake is told apart where the WebSocket says why", async () => {
  const said = {
    "Server sent no subprotocol": "wrong_version",
    "Server sent an invalid subprotocol": "wrong_version",
    "Unexpected server response: 400": "wrong_version",
    "Unexpected server response: 404": "connection_lost",
    "connect ECONNREFUSED 127.0.0.1:8080": "connection_lost",
  };
  for (const [message, code] of Object.entries(said)) {
    const world = new World();
    const client = await world.connect();
    await settled();
    world.socket.onerror({ message });
    world.socket.ends(1006);
    const { state, cause, retryAt } = told(client, "state").at(-1);
    assert.deepEqual([state, cause.code, cause.message, retryAt > 0], ["connecting", code, message, true]);
  }
  const world = new World(); // as a browser is: it tells nothing
  const client = await world.connect();
  await settled();
  world.socket.onerror({});
  world.socket.ends(1006);
  assert.match(told(client, "state").at(-1).cause.message, /could not be made/u);
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

test("what comes behind a malformed envelope of a frame is not heard", async () => {
  const world = new World();
  const { client } = await world.liveRoom(1);
  world.socket.says({ id: 99, pong: {} }, { error: { code: 5000, name: "internal", message: "", retryable: true } });
  assert.deepEqual(told(client, "error"), []);
});

test("pushes, fields, kinds and rooms that nobody knows are passed over", async () => {
  const world = new World();
  const { client, room } = await world.liveRoom(5);
  world.socket.says({ batch: { room: "elsewhere", prev: 0, phase: "live", events: events(1, 1) } }, {});
  world.socket.says_raw(later_frame("general", events(6, 6)[0]));
  world.push(6, 7);
  assert.deepEqual(room.seqs, numbers(1, 7));
  assert.equal(room.messages.get(6), undefined);
  assert.deepEqual(told(client, "error"), []);
});
