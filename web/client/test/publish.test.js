/// One message: what may be published, under which id, and how the promise ends.
import assert from "node:assert/strict";
import { test } from "node:test";
import { World, at, numbers, settled } from "./world.js";

test("a publish resolves with its place in the log", async () => {
  const world = new World();
  const { room } = await world.liveRoom(1);
  const pending = [];
  room.on("pending", (list) => pending.push(list.length));
  const promise = room.publish({
    text: "hello",
    parts: [{ type: "image/png", url: "u" }],
    metadata: { a: 1 },
    replyTo: 1,
  });
  await settled();
  assert.equal(room.pending[0].content.text, "hello");
  const { publish } = world.socket.asked("publish");
  assert.deepEqual(
    { ...publish, client_msg_id: 0 },
    {
      room: "general",
      client_msg_id: 0,
      text: "hello",
      parts: [{ type: "image/png", url: "u" }],
      metadata: { a: 1 },
      reply_to: 1,
    },
  );
  world.stores(0, 2);
  assert.deepEqual(await promise, { room: "general", seq: 2, term: 1, at: 1, duplicate: false });
  assert.deepEqual([room.pending, pending], [[], [1, 0]]);
});

test("ids are UUIDv7 and grow, also when the clock steps back", async () => {
  const world = new World();
  const { room } = await world.liveRoom(1);
  for (let turn = 0; turn < 10; turn += 1) {
    room.publish({ text: "x" });
    world.clock.ms -= turn * 50;
  }
  await settled();
  const made = world.ids();
  assert.deepEqual(made, [...made].sort());
  assert.equal(new Set(made).size, 10);
  for (const id of made) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/u);
  numbers(0, 9).forEach((index) => world.stores(index, index + 2));
  room.publish({ text: "x", clientMsgId: "my-own" });
  await settled();
  assert.equal(world.ids().at(-1), "my-own");
});

test("a refusal for good fails alone, with the server's words", async () => {
  const world = new World();
  const { room } = await world.liveRoom(1);
  const bad = room.publish({ text: "bad", clientMsgId: "k" });
  const good = room.publish({ text: "good" });
  await settled();
  world.refuses(0, "idempotency_mismatch", { client_msg_id: "k" });
  world.stores(1, 2);
  await assert.rejects(bad, {
    code: "idempotency_mismatch",
    number: 4091,
    retryable: false,
    room: "general",
    clientMsgId: "k",
  });
  assert.equal((await good).seq, 2);
});

test("a full outbox refuses what is new, at once, and says that it may be tried again", async () => {
  const world = new World();
  const client = await world.connect({ outboxMax: 2 });
  await world.admit();
  const kept = [client.publish("r", { text: "1" }), client.publish("s", { text: "2" })];
  await assert.rejects(client.publish("r", { text: "3" }), { code: "outbox_full", retryable: true });
  await settled();
  world.stores(0, 1);
  await kept[0];
  kept.push(client.publish("r", { text: "3" }));
  await settled();
  (world.stores(1, 1), world.stores(2, 2));
  await Promise.all(kept);
});

test("what no server could take is refused here: nothing, too much, too deep, not JSON", async () => {
  const world = new World();
  const { room } = await world.liveRoom(1);
  const deep = (levels) => (levels === 0 ? 1 : { a: deep(levels - 1) });
  const loop = {};
  loop.self = loop;
  const bad = [
    [{}, "bad_request"],
    [{ text: "" }, "bad_request"],
    [{ text: "x", metadata: deep(15) }, "bad_request"],
    [{ text: "x", metadata: loop }, "bad_request"],
    [{ text: "ü".repeat(32_769) }, "message_too_large"],
    [{ parts: [{ type: "t", content: "x".repeat(65_536) }] }, "message_too_large"],
  ];
  for (const [draft, code] of bad) await assert.rejects(room.publish(draft), { code });
  room.publish({ text: "ü".repeat(32_768) });
  room.publish({ text: "x", metadata: deep(14) });
  await settled();
  assert.equal(world.texts().length, 2);
});

test("a lone surrogate becomes U+FFFD, and a pair stays; backslashes are left alone", async () => {
  const world = new World();
  const { room } = await world.liveRoom(1);
  room.publish({ text: "a\ud800b \u{1F600} \\ud800 \\\\ud800", metadata: { "k\udc00": "\udfff" } });
  await settled();
  const { publish } = world.socket.asked("publish");
  assert.equal(publish.text, "a\ufffdb \u{1F600} \\ud800 \\\\ud800");
  assert.deepEqual(publish.metadata, { "k\ufffd": "\ufffd" });
});
