/// "Open it in two browser tabs and chat": the README's promise, in a real browser and against a real node.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { node } from "./node.js";
import { browser, tab } from "./tab.js";

const limit = { timeout: 120_000 };
let server, chromium, ana, ben;

before(async () => {
  [server, chromium] = await Promise.all([node.start(), browser()]);
});

afterEach(async () => {
  for (const one of [ana, ben]) await one?.page.close();
  ana = ben = null;
});

after(async () => {
  await chromium?.close();
  await server?.stop();
});

/// Both are in the room, over the address that the page itself writes.
async function both_in(room) {
  [ana, ben] = await Promise.all(
    ["ana", "ben"].map((user) => tab.open(chromium.window, `${server.address}#room=${room}&user=${user}`)),
  );
  for (const one of [ana, ben]) await one.is("live");
}

/// So many messages come to be stored, and both show what is; and no script, style or policy of the page went wrong.
async function both_show(room, length) {
  let stored = [];
  await ana.until(`${length} messages are stored`, async () => (stored = await server.stored(room)).length >= length);
  assert.equal(stored.length, length);
  for (const one of [ana, ben]) await one.shows(stored);
  for (const one of [ana, ben]) assert.deepEqual(one.alarms, []);
}

test("two people who enter by keyboard alone see the history first and then each other (G3)", limit, async () => {
  for (const text of ["Is anybody here?", "I was here before you.", "See you later."]) await server.publish("general", "chloe", text);
  ana = await tab.open(chromium.window, server.address);
  await ana.picture("entry");
  await ana.enter("ana", "general");
  await ana.say("Hello, I read what chloe wrote.", { key_by_key: true });
  ben = await tab.open(chromium.window, server.address);
  await ben.enter("ben", "general");
  for (let turn = 1; turn <= 4; turn += 1) {
    await ben.say(`Hi ana, this is my message ${turn}.`);
    await ana.say(turn === 2 ? "A longer answer, so that it needs more than one line on this page: every number below is shown once, in order." : `And my answer ${turn}.`);
  }
  await both_show("general", 12);
  await ana.picture("chat-ana");
  await ben.picture("chat-ben");
});

test("who enters in the middle of a burst misses nothing and sees nothing twice (G3)", limit, async () => {
  await server.publish("burst", "ana", "before");
  ana = await tab.open(chromium.window, `${server.address}#room=burst&user=ana`);
  await ana.is("live");
  const written = (async () => {
    for (let n = 1; n <= 30; n += 1) await server.publish("burst", n % 3 ? "dara" : "emil", `burst ${n}`);
  })();
  ben = await tab.open(chromium.window, `${server.address}#room=burst&user=ben`);
  await written;
  await both_show("burst", 31);
});

test("a cut socket resumes: what was said meanwhile is there, once (G8)", limit, async () => {
  await both_in("cut");
  for (const one of [ana, ben]) await one.write();
  await ana.say("before the cut");
  await both_show("cut", 1);
  for (let cut = 1; cut <= 3; cut += 1) {
    await ben.click("Cut my socket");
    await server.publish("cut", "chloe", `said around cut ${cut}`);
    await ben.write();
    await ben.say(`written around cut ${cut}`);
    await ana.say(`ana's answer ${cut}`);
    await ben.is("live");
  }
  await both_show("cut", 10);
  assert.match(await ben.counts(), /3 cuts · 3 resumes/u);
  assert.doesNotMatch(await ana.counts(), /cut/u);
  await ben.picture("after-three-cuts");
});

test("a reload shows the room again and goes on, and the address can be given away (G8)", limit, async () => {
  ana = await tab.open(chromium.window, server.address);
  await ana.enter("ana", "reload");
  for (const text of ["one", "two", "three"]) await ana.say(text);
  await ana.page.reload();
  await server.publish("reload", "chloe", "four");
  await ana.is("live");
  await ana.write();
  await ana.say("five");
  ben = await tab.open(chromium.window, ana.page.url().replace("user=ana", "user=ben"));
  await both_show("reload", 5);
});

test("what is written offline waits, and goes out in order (G2, G5)", limit, async () => {
  await both_in("offline");
  await ana.click("Go offline");
  await ana.is("offline");
  await ana.write();
  for (const text of ["first", "second", "third"]) await ana.say(text);
  await server.publish("offline", "chloe", "said without ana");
  await ana.until("three wait", async () => (await ana.pane.locator(".waiting .message").count()) === 3);
  await ana.picture("offline");
  await ana.click("Go online");
  await both_show("offline", 4);
  assert.deepEqual((await ana.messages()).map(([, , text]) => text), ["said without ana", "first", "second", "third"]);
});

test("both tabs survive the node's kill -9, with nothing lost and nothing twice (G1, G8)", limit, async () => {
  await both_in("killed");
  for (const one of [ana, ben]) await one.write();
  await ana.say("acknowledged before");
  await both_show("killed", 1);
  const dead = server.kill();
  await ana.say("written into a dying node");
  await dead;
  await ben.say("written to nobody");
  await ben.is("resuming");
  await ben.picture("node-is-gone");
  await server.run();
  for (const one of [ana, ben]) await one.is("live");
  const of_the_kill = /^WebSocket connection to|ERR_CONNECTION_(REFUSED|RESET)|ERR_EMPTY_RESPONSE|ERR_SOCKET_NOT_CONNECTED/u; // said by the browser
  for (const one of [ana, ben]) one.alarms = one.alarms.filter((alarm) => !of_the_kill.test(alarm));
  await both_show("killed", 3);
});
