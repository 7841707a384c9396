/// Older messages, page by page, and every other question for history.
import assert from "node:assert/strict";
import { test } from "node:test";
import { is_json } from "./frames.js";
import { at, events, joined, numbers, settled } from "./world.js";

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
    [{ page: { room: "general", events: [{}], head: at(5) } }, "broken_stream"],
    ...(is_json ? [[{ page: { room: "general", events: [null], head: at(5) } }, "broken_stream"]] : []),
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
  for (const end of [4, 20]) {
    const { world, room } = await joined(20);
    world.live(20);
    const page = room.history.older();
    await settled();
    world.socket.says({ gap: { room: "general", from: 1, to: at(end), reason: "reset" } });
    world.socket.answer("history", { page: { room: "general", events: events(1, 20), head: at(20) } });
    assert.deepEqual(await page, []);
    assert.equal(room.messages.size, 0);
  }
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
