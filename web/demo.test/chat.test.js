/// One user in one room, against scripted sockets: what the panes show of it is `web/browser.test`'s.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.js";

const { Chat, World, at, events, memoryStorage, settled, term } = await load(
  "../demo/src/chat.ts",
  "../client/src/index.ts",
  "../client/test/world.js",
);

/// A chat in its world. `seqs`: what was shown, in order.
function enter(world = new World(), options = {}) {
  const told = [];
  const chat = new Chat({ user: "ana", room: "general", urls: ["http://node:8080"], world: world.world, ...options }, (one) => told.push(one));
  const of = (type) => told.filter((one) => one.type === type);
  return { chat, world, told, of, seqs: () => of("show").map(({ event }) => event.seq) };
}

async function live(head = 3) {
  const one = enter();
  await one.world.admit({ general: { start: at(0), head: at(head) } });
  if (head > 0) one.world.push(0, head, "history");
  one.world.live(head);
  await settled();
  return one;
}

/// Lets promises run until that holds; no time passes.
async function turns(holds) {
  for (let turn = 0; turn < 20_000 && !holds(); turn += 1) await null;
  assert.ok(holds(), `${holds}`);
}

test("a room begins at its start, shows its history and goes live (G3)", async () => {
  const { chat, of, seqs } = await live(3);
  assert.deepEqual(of("begins"), [{ type: "begins", seq: 0 }]);
  assert.deepEqual(seqs(), [1, 2, 3]);
  assert.deepEqual([chat.state, chat.node, chat.olderEnds], ["live", "n1", true]);
  assert.equal(chat.lens.originOf(3), "history");
});

test("a cut socket is gone without a word, and the next one resumes from what is held (G8)", async () => {
  const { chat, world, seqs } = await live(3);
  chat.cut();
  assert.deepEqual([chat.state, chat.cuts], ["resuming", 1]);
  assert.match(chat.why, /connection was lost/u);
  world.sockets[0].says({ batch: { room: "general", prev: 3, phase: "live", events: events(4, 4) } });
  world.clock.pass(20_000);
  await settled();
  world.socket.open();
  assert.deepEqual(world.socket.asked("connect").connect.rooms.general.since, at(3));
  world.socket.answer("connect", { connected: { conn_id: "c", user: "ana", node: "n1", rooms: { general: { joined: { start: at(3), head: at(5), recovered: true } } } } });
  world.push(3, 5, "history");
  world.live(5);
  await settled();
  assert.deepEqual(seqs(), [1, 2, 3, 4, 5]);
  assert.deepEqual([chat.state, chat.resumes, chat.lens.gaps, chat.lens.twice], ["live", 1, 0, 0]);
});

test("offline no socket is made until told otherwise; then it resumes at once", async () => {
  const { chat, world } = await live(1);
  chat.goOffline();
  world.clock.pass(60_000);
  await settled();
  assert.deepEqual([chat.state, world.sockets.length], ["offline", 1]);
  chat.goOnline();
  await settled();
  assert.equal(world.sockets.length, 2);
  await world.admit({ general: { start: at(1), head: at(1), recovered: true } });
  world.live(1);
  assert.equal(chat.state, "live");
});

test("a paused reader takes nothing; past its buffer the stream stops, and goes on from there (G9)", async () => {
  const { chat, world, seqs } = await live(0);
  chat.pause();
  world.push(0, 1000);
  await settled();
  assert.deepEqual(seqs(), []);
  assert.ok(world.socket.asked("leave"), "the stream was stopped");
  chat.resume();
  await turns(() => world.socket.asked("join"));
  const { since } = world.socket.asked("join").join;
  assert.ok(since.seq > 0 && since.seq < 1000);
  world.socket.answer("join", { joined: { room: "general", start: since, head: at(1000), recovered: true } });
  for (let prev = since.seq; prev < 1000; prev = Math.min(1000, prev + 100)) {
    const last = Math.min(1000, prev + 100);
    world.push(prev, last, "history");
    await turns(() => seqs().at(-1) === last);
  }
  assert.deepEqual(seqs(), Array.from({ length: 1000 }, (_, index) => index + 1));
  assert.deepEqual([chat.lens.gaps, chat.lens.twice], [0, 0]);
});

test("what is written waits below the log until the stream brings it", async () => {
  const { chat, world, of } = await live(0);
  assert.equal(await chat.publish("hello"), "");
  await settled();
  const [{ clientMsgId }] = chat.outgoing.list;
  assert.equal(world.socket.asked("publish").publish.client_msg_id, clientMsgId);
  assert.equal(chat.tries().get(clientMsgId), 1);
  world.socket.answer("publish", { published: { room: "general", seq: 1, term, at: term, duplicate: true } });
  await settled();
  assert.equal(chat.outgoing.list[0].seq, 1);
  assert.deepEqual(of("acked"), [{ type: "acked", clientMsgId, seq: 1, duplicate: true }]);
  world.push(0, 1, "live", { sender: "ana", client_msg_id: clientMsgId });
  await settled();
  assert.equal(chat.outgoing.size, 0);
  assert.equal(chat.lens.duplicatesRemoved, 1);
});

test("a refused message says why and can be taken back; what can never be sent is refused at once", async () => {
  const { chat, world } = await live(0);
  await chat.publish("no");
  await settled();
  world.socket.answer("publish", { error: { code: 4030, name: "forbidden", message: "not here", retryable: false } });
  await settled();
  const [{ clientMsgId, refused }] = chat.outgoing.list;
  assert.equal(refused, "not here");
  assert.equal(chat.takeBack(clientMsgId), "no");
  assert.equal(chat.outgoing.size, 0);
  assert.match(await chat.publish("x".repeat(100_000)), /bytes/u);
  assert.equal(chat.outgoing.size, 0);
});

test("what an earlier page left is shown, and sent under its own key", async () => {
  const keep = { storage: memoryStorage(), name: "pane1.ana" };
  const before = enter(new World(), { keep });
  await before.chat.publish("written while nobody was there");
  const [{ clientMsgId }] = before.chat.outgoing.list;
  const { chat, world } = enter(new World(), { keep });
  assert.deepEqual(chat.outgoing.list.map(({ text }) => text), ["written while nobody was there"]);
  await world.admit({ general: { start: at(0), head: at(0) } });
  assert.equal(world.socket.asked("publish").publish.client_msg_id, clientMsgId);
});

test("a storage that is full costs no message, and says so", async () => {
  const storage = { ...memoryStorage(), set: () => { throw new Error("QuotaExceededError"); } };
  const { chat, world, of } = enter(new World(), { keep: { storage, name: "pane1.ana" } });
  await world.admit({ general: { start: at(0), head: at(0) } });
  world.live(0);
  assert.equal(await chat.publish("kept in memory"), "");
  await settled();
  assert.ok(world.socket.asked("publish"));
  assert.match(of("notice")[0].text, /storage is full/u);
});

test("older pages go in front, one at a time, until the room begins", async () => {
  const { chat, world, of } = enter();
  await world.admit({ general: { start: at(60), head: at(62) } });
  world.push(60, 62, "history");
  world.live(62);
  await settled();
  assert.deepEqual([chat.older(), chat.older()], [true, false]);
  const { before, view } = world.socket.asked("history").history;
  assert.deepEqual([before, view], [61, "events"]);
  world.socket.answer("history", { page: { room: "general", events: events(11, 60), head: at(62), older: 11 } });
  await settled();
  assert.equal(chat.older(), true);
  world.socket.answer("history", { page: { room: "general", events: events(1, 10), head: at(62) } });
  await settled();
  assert.deepEqual(of("older").map(({ before, events }) => [before, events.length]), [[61, 50], [11, 10]]);
  assert.deepEqual([chat.older(), chat.olderEnds], [false, true]);
});

test("a reset forgets what was held, and what was acknowledged with it", async () => {
  const { chat, world, of, seqs } = await live(3);
  await chat.publish("on the lost tail");
  await settled();
  world.socket.answer("publish", { published: { room: "general", seq: 4, term, at: term, duplicate: false } });
  await settled();
  world.socket.says({ gap: { room: "general", from: 1, to: at(1), reason: "reset" } });
  world.push(1, 2);
  await settled();
  assert.deepEqual(of("reset"), [{ type: "reset", seq: 1 }]);
  assert.deepEqual(seqs(), [1, 2, 3, 2]);
  assert.equal(chat.outgoing.size, 0);
});

test("a server that breaks its promise is evidence, and the room resumes", async () => {
  const { chat, world, of, seqs } = await live(1);
  world.push(2, 3);
  await settled();
  assert.deepEqual(of("broken").map(({ evidence }) => evidence), ["hole: #2 did not come"]);
  assert.deepEqual(seqs(), [1]);
  assert.equal(chat.lens.gaps, 1);
});

test("a refusal for good closes, and says why; a wrong URL is refused before anything is sent", async () => {
  const { chat, world } = enter();
  await settled();
  world.socket.open();
  world.socket.ends(4401, "token expired");
  await settled();
  assert.deepEqual([chat.state, chat.why], ["closed", "token expired"]);
  assert.throws(() => enter(new World(), { urls: ["ftp://node"] }), /none of http, https, ws and wss/u);
});

test("after a laptop's sleep the old connection is not trusted, and nothing is missed", async () => {
  const { chat, world, seqs } = await live(2);
  world.clock.sleep(3_600_000);
  await settled();
  world.clock.pass(20_000);
  await settled();
  assert.ok(world.sockets.length > 1, "another socket was made");
  await world.admit({ general: { start: at(2), head: at(4), recovered: true } });
  world.push(2, 4, "history");
  world.live(4);
  await settled();
  assert.deepEqual([chat.state, seqs()], ["live", [1, 2, 3, 4]]);
});

test("a frame that is not the protocol's ends the connection, and the next one goes on", async () => {
  const { chat, world, seqs } = await live(2);
  world.socket.says("<html>502 Bad Gateway</html>");
  assert.match(chat.why, /not the protocol/u);
  await world.resume(2);
  world.live(2);
  await settled();
  assert.deepEqual([chat.state, seqs()], ["live", [1, 2]]);
});
