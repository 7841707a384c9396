/// The lens shows what the join merge did, and naive mode what is lost without it, under the same buttons.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { node } from "./node.js";
import { browser, tab } from "./tab.js";

const limit = { timeout: 120_000 };
let server, chromium;

before(async () => {
  [server, chromium] = await Promise.all([node.start(), browser()]);
});

after(async () => {
  await chromium?.close();
  await server?.stop();
});

const open = (hash, prepare) => tab.open(chromium.window, `${server.address}${hash}`, prepare);

/// The strip's cells, as [what, number or word].
const strip = (one) =>
  one.pane.locator(".strip .cell").evaluateAll((cells) => cells.map(({ dataset, textContent }) => [dataset.origin ?? dataset.mark, textContent]));

async function write(room, first, last) {
  for (let number = first; number <= last; number += 1) await server.publish(room, "writer", `number ${number}`);
}

test("the lens colours history, what was buffered while joining, the live marker and live rows (G3)", limit, async () => {
  const room = "lens";
  await write(room, 1, 5);
  // Between page and node: the join is answered as it was when only three were written, so that two came meanwhile.
  const one = await open(`#room=${room}&user=ana`, (page) =>
    page.routeWebSocket(/\/v1\/ws$/u, (socket) => {
      const real = socket.connectToServer();
      real.onMessage((frame) => {
        const told = [JSON.parse(frame)].flat();
        for (const { connected } of told) if (connected) connected.rooms[room].joined.head.seq = 3;
        socket.send(JSON.stringify(told));
      });
    }),
  );
  await one.is("live");
  await write(room, 6, 7);
  await one.is_green(7);
  assert.deepEqual(await strip(one), [
    ["history", "1"],
    ["history", "2"],
    ["history", "3"],
    ["buffered", "4"],
    ["buffered", "5"],
    ["live", "live"],
    ["live", "6"],
    ["live", "7"],
  ]);
  assert.deepEqual([await one.counter("gaps"), await one.counter("duplicates removed"), await one.counter("joins")], [0, 0, 1]);
  assert.ok((await one.counter("ms to live")) >= 0);
  const rows = await one.pane.locator(".log .message").evaluateAll((rows) => rows.map(({ dataset }) => dataset.origin));
  assert.deepEqual(rows, ["history", "history", "history", "buffered", "buffered", "live", "live"]);
  await one.picture("lens");
  await one.page.close();
});

test("who joins in the middle of a flood sees every number once, and the lens says what came when (G3)", limit, async () => {
  const one = await open("#room=flooded&user=ana");
  await one.is("live");
  await one.press("Flood 1,000 messages");
  await one.until("some are there", async () => (await one.messages()).length > 50);
  const two = await open("#room=flooded&user=ben");
  for (const tab of [one, two]) await tab.is_green(1000);
  for (const tab of [one, two]) assert.deepEqual([await tab.counter("gaps"), tab.alarms], [0, []]);
  assert.doesNotMatch(await one.counts(), /resume/u, "a flood alone costs no connection");
  const stream = (await strip(two)).map(([what]) => what);
  assert.ok(stream.includes("live"), `${stream}`);
  await two.picture("joined-in-a-flood");
  await one.page.close();
  await two.page.close();
});

test("cut and resumed under load, again and again, the line stays green and the lens shows each cut (G8)", limit, async () => {
  const one = await open("#room=load&user=ana&with=ben");
  await one.is("live");
  const panes = [one, one.beside()];
  await one.press("Flood 1,000 messages");
  for (let cut = 1; cut <= 5; cut += 1) {
    await one.press("Cut all sockets");
    for (const pane of panes) await pane.is("live");
  }
  for (const pane of panes) {
    await pane.is_green(1000);
    assert.equal(await pane.counter("gaps"), 0);
    const counts = await pane.counts();
    assert.match(counts, /5 cuts · 5 resumes/u);
    const acks = Number(counts.match(/(\d+) duplicate ack/u)?.[1] ?? 0);
    assert.equal(await pane.counter("duplicates removed"), acks, "the library and the wire tell the same");
    assert.equal(await pane.pane.locator(".waiting .message").count(), 0);
  }
  const stored = await server.stored("load");
  assert.equal(stored.length, 200);
  assert.equal(stored.at(-1)[0], 1000, "each was stored once, whatever its answer went through");
  await one.picture("cut-under-load");
  await one.page.close();
});

test("a paused reader holds a bounded part of a flood, and then reads on without a gap (G9)", limit, async () => {
  const one = await open("#room=paused&user=ana&with=ben");
  const ben = one.beside();
  for (const pane of [one, ben]) await pane.is("live");
  await ben.click("Pause my reader");
  await one.press("Flood 1,000 messages");
  await one.is_green(1000);
  await ben.is("catching up");
  assert.ok((await ben.messages()).length <= 1);
  await ben.click("Go on reading");
  await ben.is_green(1000);
  await ben.is("live");
  assert.deepEqual([await ben.counter("gaps"), await ben.counter("duplicates removed")], [0, 0]);
  await one.page.close();
});

test("under the same buttons naive mode loses and doubles messages, and Parley does not", limit, async () => {
  const room = "naive";
  await write(room, 1, 30);
  const one = await open(`#room=${room}&user=ana&naive=1`);
  await one.is_green(30);
  await one.until("the naive client is content", async () => (await one.naive()).verdict === "ok");
  // Cut where nothing is written: the last few that it fetches are what it shows already.
  await one.press("Cut all sockets");
  await one.until("it shows them twice", async () => (await one.naive()).doubled >= 20);
  assert.equal((await one.naive()).missing, 0);
  // Cut where others write: the last few are not all that it missed.
  await one.press("Cut all sockets");
  await Promise.all(Array.from({ length: 60 }, (_, index) => server.publish(room, "writer", `while cut ${index}`)));
  await one.is_green(90);
  await one.until("it never shows some", async () => (await one.naive()).missing > 0);
  assert.equal((await one.naive()).verdict, "broken");
  assert.match(await one.page.locator(".naive .verdict").textContent(), /missing, \d+ doubled/u);
  await one.picture("naive");
  await one.page.close();
});

test("a slow reader of naive mode is thrown out; Parley's goes on where it stood", limit, async () => {
  await write("slow", 1, 5);
  const one = await open("#room=slow&user=ana&naive=1");
  await one.is_green(5);
  await one.until("the naive one is live", async () => (await one.page.locator(".naive").getAttribute("data-state")) === "live");
  await one.press("Pause all readers");
  await one.press("Flood 1,000 messages");
  await one.until("it is thrown out", async () => (await one.page.locator(".naive").getAttribute("data-state")) === "offline");
  await one.until("all are acknowledged", async () => (await server.stored("slow")).at(-1)?.[0] === 1005);
  await one.press("Let readers go on");
  await one.is_green(1005);
  await one.until("the naive one has lost most of them", async () => (await one.naive()).missing >= 900);
  await one.picture("slow-readers");
  await one.page.close();
});
