/// With which token a client connects, when it asks for the next, and what a refused one does.
import assert from "node:assert/strict";
import { test } from "node:test";
import { World, settled, told } from "./world.js";

const jwt = (exp) => `h.${Buffer.from(JSON.stringify({ exp })).toString("base64url")}.s`;

test("each connection asks for a token, and connect carries it", async () => {
  const world = new World();
  let count = 0;
  const client = await world.connect({ getToken: async () => `token-${++count}` });
  await world.admit();
  assert.deepEqual(
    [world.socket.asked("connect").connect.token, world.socket.asked("connect").connect.user],
    ["token-1", undefined],
  );
  world.socket.ends(1006);
  world.clock.pass(500);
  await world.admit();
  assert.equal(world.socket.asked("connect").connect.token, "token-2");
  client.close();
  assert.equal(world.clock.timers.size, 0);
});

test("a refused token is asked for once more; refused again, the client closes with the server's error", async () => {
  const refuse = {
    close: (world) => world.socket.ends(4401, "token expired"),
    answer: (world) => {
      world.socket.open();
      world.socket.answer("connect", {
        error: { code: 4011, name: "token_expired", message: "old", retryable: false },
      });
    },
  };
  for (const [how, act] of Object.entries(refuse)) {
    const world = new World();
    let count = 0;
    const client = await world.connect({ getToken: () => `token-${++count}` });
    await settled();
    act(world);
    assert.equal(client.state, "connecting", how);
    world.clock.pass(500);
    await settled();
    act(world);
    world.clock.pass(60_000);
    assert.deepEqual([client.state, count, world.sockets.length], ["closed", 2, 2], how);
    assert.equal(told(client, "state").at(-1).cause.code, how === "close" ? "unauthenticated" : "token_expired");
  }
});

test("a token that the server knows not to be good ends the client as `unauthenticated`, whoever waits is told", async () => {
  const world = new World();
  const client = await world.connect({ getToken: () => "forged" });
  const [connected, live] = [client.whenConnected(), client.join("general").whenLive()];
  const kept = client.publish("general", { text: "hello" });
  const refusal = { code: 4010, name: "unauthenticated", message: "the signature is wrong", retryable: false };
  for (const attempt of [1, 2]) {
    await settled();
    assert.equal(world.sockets.length, attempt);
    world.socket.open();
    world.socket.answer("connect", { error: refusal });
    world.clock.pass(500);
  }
  for (const waiting of [connected, live, kept])
    await assert.rejects(waiting, {
      code: "unauthenticated",
      number: 4010,
      retryable: false,
      message: refusal.message,
    });
  assert.equal(client.state, "closed");
  world.clock.pass(3_600_000);
  assert.equal(world.sockets.length, 2);
});

test("a token that is refused long after another one was taken is asked for once more, each time", async () => {
  const world = new World();
  let count = 0;
  const client = await world.connect({ getToken: () => `token-${++count}` });
  await world.admit();
  for (const turn of [1, 2, 3]) {
    world.socket.ends(4401, "token expired");
    assert.equal(client.state, "resuming");
    world.clock.pass(500);
    await world.admit();
    assert.deepEqual([client.state, world.socket.asked("connect").connect.token], ["connected", `token-${turn + 1}`]);
    world.clock.pass(10_000);
  }
});

test("a token's end is foreseen: the connection goes on under a new one, again and again", async () => {
  const world = new World();
  const ends = [600_000, 1_200_000, 1_800_000].map((ms) => world.clock.ms + ms);
  let count = 0;
  const client = await world.connect({ getToken: () => jwt(ends[count++] / 1000) });
  await world.admit();
  for (const turn of [0, 1]) {
    // The server talks now and then, as it does.
    while (world.socket.all("refresh").length === turn && world.clock.ms < ends[turn]) {
      world.clock.pass(10_000);
      world.socket.says();
      await settled();
    }
    assert.equal(ends[turn] - world.clock.ms, 60_000);
    world.socket.answer("refresh", { refreshed: { expires_at: ends[turn + 1] } });
  }
  assert.deepEqual([client.state, world.sockets.length, count], ["connected", 1, 3]);
});

test("a refresh that is refused leads to a new connection with a new token", async () => {
  const world = new World();
  let count = 0;
  const client = await world.connect({
    getToken: () => ({ token: `t${++count}`, expiresAt: world.clock.ms + 10_000 }),
  });
  await world.admit();
  world.clock.pass(9000);
  await settled();
  world.socket.answer("refresh", { error: { code: 4000, name: "bad_request", message: "no", retryable: false } });
  assert.equal(client.state, "resuming");
  world.clock.pass(500);
  await world.admit();
  assert.equal(world.socket.asked("connect").connect.token, "t3");
});

test("a getToken that fails, gives nothing or hangs is a failed attempt", async () => {
  const bad = {
    fails: () => Promise.reject(new Error("offline")),
    throws: () => {
      throw new Error("offline");
    },
    "gives nothing": () => "",
    hangs: () => new Promise(() => {}),
  };
  for (const [how, getToken] of Object.entries(bad)) {
    const world = new World();
    const client = await world.connect({ getToken });
    await settled();
    if (how === "hangs") world.clock.pass(30_000);
    const { cause, retryAt } = told(client, "state").at(-1);
    assert.deepEqual([cause.code, world.sockets.length, retryAt > 0], ["token_failed", 0, true], how);
  }
});

test("a token that arrives after the client was closed opens nothing", async () => {
  const world = new World();
  let give;
  const client = await world.connect({ getToken: () => new Promise((resolve) => (give = resolve)) });
  await settled();
  client.close();
  give("late");
  await settled();
  assert.equal(world.sockets.length, 0);
});
