/// Reading a room: by listeners, by a loop at its own pace, and by its messages, history and kept position.
import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryStorage, webStorage } from "../dist/index.js";
import { World, at, events, numbers, settled, told, watch } from "./world.js";

/// A client with one room that nobody listens to, joined behind `start`.
async function joined(start, room_options = {}, options = {}) {
  const world = new World();
  const client = await world.connect(options);
  const room = client.join("general", room_options);
  await world.admit({ general: { start: at(start), head: at(start) } });
  return { world, client, room };
}

/// Takes `count` items of a loop.
async function take(loop, count) {
  const taken = [];
  while (taken.length < count) {
    const { done, value } = await loop.next();
    if (done) break;
    taken.push(value.seq ?? value);
  }
  return taken;
}

test("a loop gets every event, whether they come before it or after", async () => {
  const { world, room } = await joined(0);
  world.push(0, 3, "history");
  const loop = room[Symbol.asyncIterator]();
  assert.deepEqual(await take(loop, 3), [1, 2, 3]);
  const next = take(loop, 2);
  await settled();
  world.live(3);
  world.push(3, 5);
  assert.deepEqual(await next, [4, 5]);
});

test("a loop that was left goes on later where it was; two at a time are refused", async () => {
  const { world, room } = await joined(0);
  world.push(0, 5, "history");
  for await (const event of room) if (event.seq === 2) break;
  world.push(5, 6, "history");
  const loop = room[Symbol.asyncIterator]();
  assert.deepEqual(await take(loop, 4), [3, 4, 5, 6]);
  await assert.rejects(room[Symbol.asyncIterator]().next(), { code: "already_reading" });
});

test("a slow loop stops the stream at its bound; the stream goes on from storage as the loop does, and skips nothing", async () => {
  const { world, room } = await joined(0, { buffer: 4 });
  const stops = [];
  room.on("catchingUp", ({ at: { seq } }) => stops.push(seq));
  world.push(0, 3, "history");
  world.push(3, 9, "history"); // one of six fits
  assert.deepEqual([stops, room.position.seq, room.state], [[4], 4, "catchingUp"]);
  assert.deepEqual(world.socket.asked("leave").leave, { room: "general" });
  world.push(9, 12, "history"); // on its way when the room was left
  assert.equal(room.position.seq, 4);

  const loop = room[Symbol.asyncIterator]();
  assert.deepEqual(await take(loop, 1), [1]);
  assert.equal(world.socket.asked("join"), undefined);
  assert.deepEqual(await take(loop, 1), [2]);
  assert.deepEqual(world.socket.asked("join").join, { room: "general", since: at(4) });
  world.socket.answer("join", { joined: { room: "general", start: at(4), head: at(12), recovered: true } });
  world.push(4, 6, "history");
  world.push(6, 12, "history");
  assert.equal(room.position.seq, 6);
  const rest = take(loop, 10);
  await settled();
  for (let turn = 0; turn < 10 && room.position.seq < 12; turn += 1) {
    const from = room.position;
    world.socket.answer("join", { joined: { room: "general", start: from, head: at(12), recovered: true } });
    world.push(from.seq, 12, "history");
    await settled();
  }
  assert.deepEqual(await rest, numbers(3, 12));
});

test("a slow loop over a lost connection resumes only once it took enough", async () => {
  const { world, room } = await joined(0, { buffer: 2 });
  world.push(0, 5, "history");
  world.socket.ends(1006);
  world.clock.pass(500);
  await world.admit({});
  assert.deepEqual(world.socket.asked("connect").connect.rooms, {});
  const loop = room[Symbol.asyncIterator]();
  await take(loop, 1);
  assert.deepEqual(world.socket.asked("join").join.since, at(2));
});

test("a slow loop meets a gap in its place", async () => {
  const { world, room } = await joined(0, { buffer: 2 });
  world.push(0, 2, "history");
  world.socket.says({ gap: { room: "general", from: 3, to: at(7), reason: "retention" } });
  assert.deepEqual([room.position.seq, world.socket.all("leave").length], [2, 1]);
  const items = room.items();
  await items.next();
  world.socket.answer("join", { joined: { room: "general", start: at(7), head: at(8), recovered: false } });
  world.socket.says({ gap: { room: "general", from: 3, to: at(7), reason: "retention" } });
  const second = (await items.next()).value;
  const third = (await items.next()).value;
  assert.deepEqual([second.event.seq, third.type, third.gap.to.seq], [2, "gap", 7]);
});

test("items tell events, gaps, resets and live in order", async () => {
  const { world, room } = await joined(0);
  const seen = [];
  const reading = (async () => {
    for await (const item of room.items()) seen.push(item.type === "event" ? item.event.seq : item.type);
  })();
  await settled();
  world.push(0, 1, "history");
  world.live(1);
  world.push(1, 2);
  world.socket.says({ gap: { room: "general", from: 3, to: at(6), reason: "retention" } });
  world.push(6, 7);
  world.socket.says({ gap: { room: "general", from: 1, to: at(2), reason: "reset" } });
  world.push(2, 3);
  await settled();
  assert.deepEqual(seen, [1, "live", 2, "gap", 7, "reset", 3]);
  room.leave();
  await reading;
});

test("a loop ends when the room is left, and throws what ended the room otherwise", async () => {
  const { world, room } = await joined(0);
  world.push(0, 2, "history");
  const read = async () => {
    const seqs = [];
    for await (const { seq } of room) seqs.push(seq);
    return seqs;
  };
  const reading = read();
  await settled();
  room.leave();
  assert.deepEqual(await reading, [1, 2]);

  const other = await joined(0);
  other.world.push(0, 2, "history");
  other.world.socket.ends(4429, "flooding");
  const seqs = [];
  await assert.rejects(
    async () => {
      for await (const { seq } of other.room) seqs.push(seq);
    },
    { code: "refused", number: 4429 },
  );
  assert.deepEqual(seqs, [1, 2]);
  await assert.rejects(other.room.items().next(), { code: "refused" });
});

test("a listener that comes late is told what was kept; afterwards nothing is kept for a loop", async () => {
  const { world, room } = await joined(0, { buffer: 3 });
  world.push(0, 5, "history");
  assert.equal(room.position.seq, 3);
  const seqs = [];
  room.on("event", ({ seq }) => seqs.push(seq));
  await settled();
  assert.deepEqual(seqs, [1, 2, 3]);
  world.socket.answer("join", { joined: { room: "general", start: at(3), head: at(9), recovered: true } });
  world.push(3, 9, "history");
  assert.deepEqual(seqs, numbers(1, 9));
  const next = take(room[Symbol.asyncIterator](), 1);
  await settled();
  world.push(9, 10, "history");
  assert.deepEqual(await next, [10]);
});

test("a late listener of batches is told them whole, before what comes in the same frame", async () => {
  const { world, room } = await joined(0);
  world.push(0, 2, "history");
  world.socket.says({ gap: { room: "general", from: 3, to: at(4), reason: "retention" } });
  world.push(4, 6, "history");
  const batches = [];
  const listen = () => room.on("batch", ({ prev, events: list }) => batches.push([prev, list.map(({ seq }) => seq)]));
  room.on("live", listen);
  world.socket.says(
    { live: { room: "general", at: at(6) } },
    { batch: { room: "general", prev: 6, phase: "live", events: events(7, 7) } },
  );
  await settled();
  assert.deepEqual(batches, [
    [0, [1, 2]],
    [4, [5, 6]],
    [6, [7]],
  ]);
});

test("a listener that leaves hears nothing more, and the room stays closed", async () => {
  const { world, room } = await joined(0);
  const [seqs, batches] = [[], []];
  room.on("event", ({ seq }) => seqs.push(seq) === 2 && room.leave());
  room.on("batch", ({ events: list }) => batches.push(list));
  world.push(0, 5, "history");
  assert.deepEqual([seqs, batches, room.state], [[1, 2], [], "closed"]);

  const other = await joined(0);
  other.room.on("broken", () => other.room.leave());
  other.world.push(3, 5, "history");
  other.world.clock.pass(60_000);
  assert.deepEqual([other.room.state, other.world.socket.all("join").length], ["closed", 0]);
});

// --- messages

test("messages hold the newest version, whatever order the events come in", async () => {
  const world = new World();
  const { room } = await world.liveRoom(3);
  const edit = (seq, target, version, text) => ({
    seq,
    term: at(1).term,
    kind: "message.updated",
    sender: "ben",
    at: seq,
    target,
    version,
    text,
  });
  const changes = [];
  room.on("change", () => changes.push(room.messages.get(2)?.text ?? room.messages.get(2)?.deleted));
  world.push(3, 4, "live", edit(4, 2, 2, "edited"));
  world.push(4, 5, "live", edit(5, 2, 2, "the same version again changes nothing"));
  world.push(5, 6, "live", edit(6, 2, 3, "edited twice"));
  world.push(6, 7, "live", { ...edit(7, 2), kind: "message.deleted" });
  world.push(7, 8, "live", edit(8, 2, 9, "too late"));
  assert.deepEqual(changes, ["edited", "edited twice", true]);
  assert.deepEqual(room.messages.get(2), {
    seq: 2,
    term: at(1).term,
    sender: "ben",
    at: at(1).term + 2,
    version: 4,
    deleted: true,
  });
  assert.deepEqual(
    room.messages.list().map(({ seq }) => seq),
    [1, 2, 3],
  );
  assert.equal(room.seqs.length, 8);
});

test("an edit replaces the whole content, and keeps what is not content", async () => {
  const world = new World();
  const { room } = await world.liveRoom(0);
  world.push(0, 1, "live", { client_msg_id: "k", reply_to: 1, metadata: { a: 1 }, parts: [{ type: "t", url: "u" }] });
  world.push(1, 2, "live", {
    kind: "message.updated",
    target: 1,
    version: 2,
    text: undefined,
    parts: [{ type: "t", url: "v" }],
  });
  assert.deepEqual(room.messages.get(1), {
    seq: 1,
    term: at(1).term,
    sender: "ben",
    at: at(1).term + 1,
    client_msg_id: "k",
    reply_to: 1,
    parts: [{ type: "t", url: "v" }],
    version: 2,
    deleted: false,
  });
});

test("a created event in its newest version beats an older page, and a tombstone stays", async () => {
  const world = new World();
  const { room } = await world.liveRoom(0);
  world.push(0, 1, "live", { version: 3, text: "third" });
  assert.equal(room.messages.apply({ ...events(1, 1)[0], version: 2, text: "second" }), false);
  assert.equal(room.messages.apply({ ...events(1, 1)[0], version: 4, deleted: true, text: undefined }), true);
  assert.equal(room.messages.apply({ ...events(1, 1)[0], version: 5, text: "ghost" }), false);
  assert.equal(room.messages.get(1).deleted, true);
});

test("the newest messages are kept, as many as asked", async () => {
  const world = new World();
  const { room } = await world.liveRoom(0, {}, { keep: 3, rewind: 0 });
  for (let seq = 1; seq <= 10; seq += 1) world.push(seq - 1, seq);
  assert.deepEqual(
    room.messages.list().map(({ seq }) => seq),
    [8, 9, 10],
  );
  assert.equal(room.history.hasOlder, true);
  room.history.older(2);
  await settled();
  assert.deepEqual(world.socket.asked("history").history, { room: "general", before: 8, limit: 2 });
});

// --- history

test("older messages join on below, one page at a time, down to the first", async () => {
  const { world, room } = await joined(80);
  world.push(80, 81, "history");
  assert.equal(room.history.hasOlder, true);
  const [page, same] = [room.history.older(), room.history.older()];
  await settled();
  assert.equal(world.socket.all("history").length, 1);
  assert.deepEqual(world.socket.asked("history").history, { room: "general", before: 81, limit: 50 });
  world.socket.answer("history", { page: { room: "general", events: events(31, 80), head: at(81), older: 31 } });
  assert.deepEqual(
    (await page).map(({ seq }) => seq),
    numbers(31, 80),
  );
  assert.equal((await same).length, 50);
  const rest = room.history.older();
  await settled();
  world.socket.answer("history", { page: { room: "general", events: events(1, 30), head: at(81) } });
  await rest;
  assert.equal(room.history.hasOlder, false);
  assert.deepEqual(await room.history.older(), []);
  assert.deepEqual(
    room.messages.list().map(({ seq }) => seq),
    numbers(1, 81),
  );
  room.history.trim(5);
  assert.deepEqual([room.messages.list()[0].seq, room.history.hasOlder], [77, true]);
});

test("an edit that overtakes a page is not undone by it", async () => {
  const { world, room } = await joined(5);
  world.live(5);
  const page = room.history.older();
  await settled();
  world.push(5, 6, "live", { kind: "message.updated", target: 3, version: 2, text: "edited" });
  world.socket.answer("history", { page: { room: "general", events: events(1, 5), head: at(5) } });
  await page;
  assert.equal(room.messages.get(3).text, "edited");
});

test("a question that a lost connection did not answer is asked again", async () => {
  const { world, room } = await joined(5);
  const page = room.history.page({ around: 3, limit: 2, view: "events" });
  assert.deepEqual(world.socket.asked("history").history, { room: "general", around: 3, limit: 2, view: "events" });
  world.socket.ends(1006);
  await world.resume(5);
  world.socket.answer("history", { page: { room: "general", events: events(2, 3), head: at(5), older: 2, newer: 3 } });
  assert.deepEqual(
    (await page).events.map(({ seq }) => seq),
    [2, 3],
  );
});

test("a question fails with the server's error, with another answer, with a page out of order, and when the client closes", async () => {
  const { world, client, room } = await joined(5);
  const answers = [
    [{ error: { code: 4000, name: "bad_request", message: "no", retryable: false } }, "bad_request"],
    [{ pong: {} }, "broken_frame"],
    [{ page: { room: "general", events: [...events(3, 4), ...events(2, 2)], head: at(5) } }, "broken_stream"],
    [{ page: { room: "general", events: events(5, 6), head: at(5) } }, "broken_stream"],
  ];
  for (const [answer, code] of answers) {
    const failed = assert.rejects(room.history.older(), { code });
    await settled();
    world.socket.answer("history", answer);
    await failed;
  }
  const failed = assert.rejects(room.history.page(), { code: "closed" });
  client.close();
  await failed;
});

test("a page of before a reset is not mixed with what came after", async () => {
  const { world, room } = await joined(20);
  world.live(20);
  const page = room.history.older();
  await settled();
  world.socket.says({ gap: { room: "general", from: 1, to: at(4), reason: "reset" } });
  world.socket.answer("history", { page: { room: "general", events: events(1, 20), head: at(20) } });
  assert.deepEqual(await page, []);
  assert.equal(room.messages.size, 0);
});

test("too many questions and too many older messages are refused", async () => {
  const { world, room } = await joined(50_000);
  await assert.rejects(Promise.all(numbers(0, 100).map(() => room.history.page())), {
    code: "too_many_requests",
    retryable: true,
  });
  for (const { id } of world.socket.all("history"))
    world.socket.says({ id, page: { room: "general", events: [], head: at(1) } });
  for (let before = 50_001; before > 50_001 - 10_000; before -= 200) {
    const page = room.history.older(200);
    await settled();
    world.socket.answer("history", {
      page: { room: "general", events: events(before - 200, before - 1), head: at(50_000), older: before - 200 },
    });
    await page;
  }
  await assert.rejects(room.history.older(200), { code: "store_full" });
});

// --- kept positions

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

test("the browser's storages fit", () => {
  const kept = new Map();
  const web = {
    get length() {
      return kept.size;
    },
    key: (index) => [...kept.keys()][index] ?? null,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, value),
    removeItem: (key) => kept.delete(key),
  };
  const storage = webStorage(web);
  (storage.set("a:1", "x"), storage.set("a:2", "y"), storage.set("b:1", "z"));
  storage.remove("a:2");
  assert.deepEqual([storage.keys("a:"), storage.get("a:1"), storage.get("a:2")], [["a:1"], "x", null]);
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
