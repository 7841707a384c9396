/// The outbox: what is published is repeated until it is answered, in order, under one id, and never twice.
import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryStorage } from "../dist/index.js";
import { World, at, numbers, settled, told } from "./world.js";

const texts = (world, first = 0) =>
  world.socket
    .all("publish")
    .slice(first)
    .map(({ publish }) => publish.text);
const ids = (world) => world.socket.all("publish").map(({ publish }) => publish.client_msg_id);

/// Answers the nth publish of the newest connection.
function stores(world, index, seq, duplicate = false) {
  const { id, publish } = world.socket.all("publish")[index];
  world.socket.says({ id, published: { room: publish.room, seq, term: 1, at: 1, duplicate } });
}

function refuses(world, index, name, more = {}) {
  const { id, publish } = world.socket.all("publish")[index];
  const codes = {
    unavailable: 5030,
    outcome_unknown: 5031,
    internal: 5000,
    rate_limited: 4290,
    idempotency_mismatch: 4091,
    message_too_large: 4130,
  };
  const error = {
    code: codes[name],
    name,
    message: name,
    retryable: codes[name] >= 5000 || name === "rate_limited",
    room: publish.room,
    ...more,
  };
  world.socket.says({ id, error });
}

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
  stores(world, 0, 2);
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
  const made = ids(world);
  assert.deepEqual(made, [...made].sort());
  assert.equal(new Set(made).size, 10);
  for (const id of made) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/u);
  numbers(0, 9).forEach((index) => stores(world, index, index + 2));
  room.publish({ text: "x", clientMsgId: "my-own" });
  await settled();
  assert.equal(ids(world).at(-1), "my-own");
});

test("what was not answered goes again after a loss, in order and under the same ids, before what is newer", async () => {
  const world = new World();
  const { room } = await world.liveRoom(1);
  const promises = ["one", "two", "three"].map((text) => room.publish({ text }));
  await settled();
  const first_ids = ids(world);
  stores(world, 0, 2);
  world.socket.ends(1006);
  promises.push(room.publish({ text: "four" }));
  await world.resume(1, 3);
  assert.deepEqual(texts(world), ["two", "three", "four"]);
  assert.deepEqual(ids(world).slice(0, 2), first_ids.slice(1));
  (stores(world, 0, 3, true), stores(world, 1, 4), stores(world, 2, 5));
  assert.deepEqual(
    (await Promise.all(promises)).map(({ seq }) => seq),
    [2, 3, 4, 5],
  );
});

test("what is written before the first connection waits for it", async () => {
  const world = new World();
  const client = await world.connect();
  const promise = client.publish("elsewhere", { text: "early" });
  await world.admit();
  stores(world, 0, 1);
  assert.equal((await promise).seq, 1);
});

test("after unavailable or outcome_unknown nothing goes before all answers of the room have come, then all in order", async () => {
  for (const name of ["unavailable", "outcome_unknown", "internal"]) {
    const world = new World({ random: 0.5 });
    const { room } = await world.liveRoom(1);
    for (const text of ["one", "two", "three"]) room.publish({ text });
    await settled();
    refuses(world, 0, name);
    room.publish({ text: "four" });
    await settled();
    world.clock.pass(15_000);
    assert.equal(texts(world).length, 3, name);
    refuses(world, 1, name);
    refuses(world, 2, name, { retry_after_ms: 2000 });
    world.clock.pass(2249);
    assert.equal(texts(world).length, 3, "a pause of its own on top of the server's");
    world.clock.pass(1);
    assert.deepEqual(texts(world, 3), ["one", "two", "three", "four"], name);
    assert.deepEqual(ids(world).slice(3, 6), ids(world).slice(0, 3));
  }
});

test("one room's failure holds back no other room", async () => {
  const world = new World();
  const { client, room } = await world.liveRoom(1);
  room.publish({ text: "here" });
  client.publish("other", { text: "there" });
  await settled();
  refuses(world, 0, "unavailable");
  stores(world, 1, 1);
  client.publish("other", { text: "there too" });
  await settled();
  assert.deepEqual(texts(world), ["here", "there", "there too"]);
});

test("every pattern of failures keeps the order and stores each message once", async () => {
  // A server that follows the protocol: after a failure it refuses what is already behind it, until all was answered.
  for (let seed = 0; seed < 64; seed += 1) {
    const world = new World({ random: 0 });
    const { room } = await world.liveRoom(0);
    const stored = [];
    let asked = 0;
    let answered = 0;
    let failing = 0; // how many answers are still to fail
    const promises = ["a", "b", "c", "d", "e", "f"].map((text) => room.publish({ text }));
    for (let step = 0; stored.length < 6; step += 1) {
      assert.ok(step < 1000, `seed ${seed} ends`);
      const all = world.socket.all("publish");
      if (answered === all.length) {
        (world.clock.pass(1), await settled());
        asked += 1;
        assert.ok(asked < 500);
        continue;
      }
      if (failing === 0 && step < 6 && (seed >> step) & 1) failing = all.length - answered;
      if (failing > 0) {
        failing -= 1;
        refuses(world, answered, "unavailable");
      } else {
        const { client_msg_id } = all[answered].publish;
        const before = stored.indexOf(client_msg_id);
        if (before < 0) stored.push(client_msg_id);
        stores(world, answered, before < 0 ? stored.length : before + 1, before >= 0);
      }
      answered += 1;
    }
    assert.deepEqual(
      (await Promise.all(promises)).map(({ seq }) => seq),
      [1, 2, 3, 4, 5, 6],
      `seed ${seed}`,
    );
  }
});

test("a refusal for good fails alone, with the server's words", async () => {
  const world = new World();
  const { room } = await world.liveRoom(1);
  const bad = room.publish({ text: "bad", clientMsgId: "k" });
  const good = room.publish({ text: "good" });
  await settled();
  refuses(world, 0, "idempotency_mismatch", { client_msg_id: "k" });
  stores(world, 1, 2);
  await assert.rejects(bad, {
    code: "idempotency_mismatch",
    number: 4091,
    retryable: false,
    room: "general",
    clientMsgId: "k",
  });
  assert.equal((await good).seq, 2);
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
  assert.deepEqual(texts(world), ["one"]);
  refuses(world, 0, "rate_limited", { retry_after_ms: 700 });
  world.clock.pass(699);
  assert.deepEqual(texts(world), ["one"]);
  world.clock.pass(1);
  assert.deepEqual(texts(world), ["one", "one"]);
  stores(world, 1, 1);
  assert.deepEqual(texts(world), ["one", "one", "two"]);
});

test("a room's messages go in groups, each in one frame, the next once all of the former are answered", async () => {
  const world = new World();
  const { room } = await world.liveRoom(1);
  for (let turn = 0; turn < 40; turn += 1) room.publish({ text: `${turn}` });
  await settled();
  assert.deepEqual([world.socket.frames.at(-1).length, texts(world).length], [32, 32]);
  room.publish({ text: "more" });
  await settled();
  for (let index = 0; index < 31; index += 1) stores(world, index, index + 2);
  assert.equal(texts(world).length, 32, "or it could be stored before the repeat of the last one");
  stores(world, 31, 33);
  assert.deepEqual([world.socket.frames.at(-1).length, texts(world).at(-1)], [9, "more"]);
});

test("a group is no larger than a frame may be", async () => {
  const world = new World();
  const { room } = await world.liveRoom(1);
  for (let turn = 0; turn < 6; turn += 1) room.publish({ text: "x".repeat(65_000) });
  await settled();
  assert.equal(texts(world).length, 4);
});

test("a full outbox refuses what is new, at once, and says that it may be tried again", async () => {
  const world = new World();
  const client = await world.connect({ outboxMax: 2 });
  await world.admit();
  const kept = [client.publish("r", { text: "1" }), client.publish("s", { text: "2" })];
  await assert.rejects(client.publish("r", { text: "3" }), { code: "outbox_full", retryable: true });
  await settled();
  stores(world, 0, 1);
  await kept[0];
  kept.push(client.publish("r", { text: "3" }));
  await settled();
  (stores(world, 1, 1), stores(world, 2, 2));
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
  assert.equal(texts(world).length, 2);
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

test("a draft that the application changes later is repeated as it was", async () => {
  const world = new World();
  const { room } = await world.liveRoom(1);
  const draft = { text: "first", metadata: { n: 1 } };
  room.publish(draft);
  draft.text = "second";
  draft.metadata.n = 2;
  await settled();
  world.socket.ends(1006);
  await world.resume(1);
  assert.deepEqual(
    [world.socket.asked("publish").publish.text, world.socket.asked("publish").publish.metadata],
    ["first", { n: 1 }],
  );
});

test("a connection that answers no publish is left for another", async () => {
  const world = new World();
  const { client, room } = await world.liveRoom(1);
  room.publish({ text: "hello?" });
  await settled();
  for (let turn = 0; turn < 19; turn += 1) (world.clock.pass(1000), world.socket.says());
  assert.equal(client.state, "connected");
  world.clock.pass(1000);
  assert.equal(client.state, "resuming");
  await world.resume(1);
  assert.deepEqual(texts(world), ["hello?"]);
});

test("one room's answers do not hide that another room's never come", async () => {
  const world = new World();
  const { client, room } = await world.liveRoom(1);
  room.publish({ text: "hello?" });
  for (let turn = 1; turn < 20; turn += 1) {
    client.publish("other", { text: `${turn}` });
    await settled();
    stores(world, turn, turn);
    world.clock.pass(1000);
  }
  assert.equal(client.state, "connected");
  world.clock.pass(1000);
  assert.equal(client.state, "resuming");
});

test("what was sent and is older than the server's memory of keys is given up, what was never sent is not", async () => {
  const world = new World();
  const { room } = await world.liveRoom(1);
  const sent = room.publish({ text: "sent" });
  await settled();
  world.socket.ends(1006);
  const unsent = room.publish({ text: "unsent" });
  world.clock.sleep(86_400_000);
  await settled();
  await world.admit({ general: { start: at(1), head: at(1), recovered: true } });
  await assert.rejects(sent, { code: "too_old", room: "general" });
  assert.deepEqual(texts(world), ["unsent"]);
  stores(world, 0, 2);
  await unsent;
});

// --- kept across reloads

test("a kept outbox is sent again by the next page, in order and under its ids, and forgotten once answered", async () => {
  const outbox = memoryStorage();
  const world = new World();
  const { client, room } = await world.liveRoom(1, { persist: { outbox } });
  for (const text of ["one", "two", "three"]) room.publish({ text }).catch(() => {});
  await settled();
  const before = ids(world);
  stores(world, 0, 2);
  client.close();
  assert.equal(outbox.keys("parley:ana@node:8080:outbox:").length, 2);

  const next = new World();
  next.clock.ms = world.clock.ms - 5000; // a clock that stepped back: what is new still goes last
  const again = await next.connect({ persist: { outbox } });
  again.publish("general", { text: "four" });
  await next.admit();
  assert.deepEqual(texts(next), ["two", "three", "four"]);
  assert.deepEqual(ids(next).slice(0, 2), before.slice(1));
  assert.ok(ids(next)[2] > ids(next)[1]);
  for (const index of [0, 1, 2]) stores(next, index, index + 3);
  assert.deepEqual(outbox.keys(""), []);
});

test("a kept message that is refused, or too old, is told: nobody waits for it", async () => {
  const outbox = memoryStorage();
  const first = new World();
  const client = await first.connect({ persist: { outbox } });
  client.publish("general", { text: "long ago" });
  first.clock.pass(86_400_000);
  client.publish("general", { text: "refused" });
  client.close();

  const next = new World();
  next.clock.ms = first.clock.ms;
  const again = await next.connect({ persist: { outbox } });
  await next.admit();
  assert.deepEqual(texts(next), ["refused"]);
  refuses(next, 0, "message_too_large");
  assert.deepEqual(
    told(again, "error").map(({ code }) => code),
    ["too_old", "message_too_large"],
  );
  assert.deepEqual(outbox.keys(""), []);
});

test("two tabs of one user share an outbox: none overwrites the other's, and what both send has one id", async () => {
  const outbox = memoryStorage();
  const first = new World();
  const one = await first.connect({ persist: { outbox } });
  one.publish("general", { text: "from one" });
  const second = new World();
  second.clock.pass(10);
  const two = await second.connect({ persist: { outbox } });
  two.publish("general", { text: "from two" });
  assert.equal(outbox.keys("").length, 2);
  await first.admit();
  await second.admit();
  assert.deepEqual([texts(first), texts(second)], [["from one"], ["from one", "from two"]]);
  assert.equal(ids(first)[0], ids(second)[0]);
  stores(first, 0, 1);
  stores(second, 0, 1, true);
  stores(second, 1, 2);
  assert.deepEqual(outbox.keys(""), []);
});

test("a kept message of another user or server is not sent", async () => {
  const outbox = memoryStorage();
  const first = new World();
  (await first.connect({ persist: { outbox } })).publish("general", { text: "ana's" });
  for (const options of [{ user: "ben" }, { url: "http://elsewhere" }]) {
    const world = new World();
    await world.connect({ ...options, persist: { outbox } });
    await world.admit();
    assert.deepEqual(texts(world), []);
  }
});

test("what was kept and is unreadable is removed, and stops nothing", async () => {
  const outbox = memoryStorage();
  for (const [index, text] of ["{", "null", "[]", '{"room":"r"}'].entries())
    outbox.set(`parley:ana@node:8080:outbox:${index}`, text);
  const world = new World();
  await world.connect({ persist: { outbox } });
  await world.admit();
  assert.deepEqual([texts(world), outbox.keys("")], [[], []]);
});

test("a storage that is full or forbidden costs no message, and is told", async () => {
  const full = {
    get: () => null,
    set: () => {
      throw new DOMException("full", "QuotaExceededError");
    },
    remove: () => {},
    keys: () => [],
  };
  const forbidden = Object.fromEntries(
    ["get", "set", "remove", "keys"].map((name) => [
      name,
      () => {
        throw new DOMException("no", "SecurityError");
      },
    ]),
  );
  for (const outbox of [full, forbidden]) {
    const world = new World();
    const client = await world.connect({ persist: { outbox, positions: outbox } });
    const room = client.join("general", { rewind: 1 });
    const promise = room.publish({ text: "hello" });
    room.on("event", () => {});
    await world.admit({ general: { start: at(0), head: at(1) } });
    world.push(0, 1, "history");
    world.clock.pass(1000);
    stores(world, 0, 2);
    assert.equal((await promise).seq, 2);
    const errors = told(client, "error");
    assert.ok(errors.length >= 2 && errors.every(({ code }) => code === "storage_failed"), errors.join());
  }
});
