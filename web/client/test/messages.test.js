/// The store of messages: by seq, each in its newest version, whatever order the events come in.
import assert from "node:assert/strict";
import { test } from "node:test";
import { World, at, events, settled } from "./world.js";

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

test("of changes to a message that is not held the newest counts, and so many are remembered", async () => {
  const world = new World();
  const { room } = await world.liveRoom(0, {}, { rewind: 0 });
  const edit = (seq, target) => ({ ...events(seq, seq)[0], kind: "message.updated", target, version: seq, text: `${seq}` });
  for (let seq = 2001; seq <= 3001; seq += 1) room.messages.apply(edit(seq, seq - 2000)); // one too many
  room.messages.apply(edit(4002, 1000));
  room.messages.apply(edit(4001, 1000));
  for (const seq of [1, 2, 1000, 1001]) room.messages.apply(events(seq, seq)[0]);
  assert.deepEqual(
    [1, 2, 1000, 1001].map((seq) => room.messages.get(seq).text),
    ["text 1", "2002", "4002", "3001"],
  );
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
