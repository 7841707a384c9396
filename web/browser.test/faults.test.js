/// The buttons that ask a node for a fault. What the page does with each answer is shown by nodes that a test plays
/// (`demo.test/faults.test.js`).
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { cluster } from "./cluster.js";
import { node } from "./node.js";
import { browser, tab } from "./tab.js";

const limit = { timeout: 180_000 };
let server, three, chromium;

before(async () => {
  [server, three, chromium] = await Promise.all([node.start(), cluster.start(), browser()]);
});

after(async () => {
  await chromium?.close();
  await Promise.all([server?.stop(), three?.stop()]);
});

const bench = (one, name) => one.page.locator(".bench").getByRole("button", { name, exact: true });
const bench_says = (one) => one.page.locator(".bench .says").textContent();

/// Only what the browser itself says about sockets to a node that is gone.
const own_alarms = (one) => one.alarms.filter((alarm) => !/WebSocket connection to|ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET|ERR_SOCKET_NOT_CONNECTED/u.test(alarm));

test("a node that offers no faults shows no button for them; those of the page are there", limit, async (t) => {
  const plain = await node.start("--dev-faults=false");
  t.after(() => plain.stop());
  const one = await tab.open(chromium.window, `${plain.address}#room=plain&user=ana`);
  await one.is("live");
  for (const name of ["Cut all sockets", "Pause all readers", "Flood 1,000 messages"]) assert.ok(await bench(one, name).isVisible());
  for (const name of ["Delay history 3 s", "Stop Redis", "Kill the owner node"]) assert.equal(await bench(one, name).count(), 0);
  return one.page.close();
});

test("with history delayed a join takes as long, and loses nothing (G3)", limit, async () => {
  const one = await tab.open(chromium.window, `${server.address}#room=delayed&user=ana&naive=1`);
  await one.is("live");
  await one.press("Flood 1,000 messages");
  await one.is_green(1000);
  await bench(one, "Delay history 3 s").click();
  await bench(one, "History without delay").waitFor();
  const two = await tab.open(chromium.window, `${server.address}#room=delayed&user=ben`);
  await one.write();
  await one.say("written while ben waits for history");
  for (const pane of [one, two]) {
    await pane.is("live");
    assert.match(await pane.verdict(), /^ok: \d+\.\.1001 all present/u);
  }
  await two.picture("history-delayed");
  await bench(one, "History without delay").click();
  await bench(one, "Delay history 3 s").waitFor();
  assert.deepEqual([...own_alarms(one), ...own_alarms(two)], []);
  await one.page.close();
  await two.page.close();
});

test("with Redis stopped messages come by polls, each once and in order (G6)", limit, async () => {
  const [first, second] = three.addresses;
  const one = await tab.open(chromium.window, `${first}#room=polled&user=ana`);
  const two = await tab.open(chromium.window, `${second}#room=polled&user=ben&node=${encodeURIComponent(second)}`);
  for (const pane of [one, two]) await pane.is("live");
  await bench(one, "Stop Redis").click();
  await bench(one, "Start Redis").waitFor();
  await one.press("Flood 1,000 messages");
  for (const pane of [one, two]) await pane.is_green(1000);
  await bench(one, "Start Redis").click();
  await bench(one, "Stop Redis").waitFor();
  await two.write();
  await two.say("over Redis again");
  for (const pane of [one, two]) await pane.is_green(1001);
  await one.page.close();
  await two.page.close();
});

/// Both write all the time; `kill` is called in the middle. At the end both must be green about everything.
async function write_while(panes, kill) {
  const [one, two] = panes;
  let said = 0;
  for (let turn = 1; turn <= 40; turn += 1) {
    if (turn === 10) await kill();
    for (const pane of panes) {
      await pane.write();
      await pane.say(`turn ${turn}`);
      said += 1;
    }
  }
  for (const pane of panes) await pane.is_green(said);
  for (const pane of panes) {
    assert.equal(await pane.pane.locator(".waiting .message").count(), 0);
    assert.equal(await pane.pane.locator(".waiting .refused").count(), 0);
    assert.equal(await pane.pane.locator(".composer .wrong").textContent(), "");
    assert.equal(await pane.pane.locator(".log .note:not(.gap)").count(), 0, "nothing was complained about");
    assert.equal(await pane.counter("gaps"), 0);
  }
  assert.deepEqual([...own_alarms(one), ...own_alarms(two)], []);
}

test("the owner of the room is killed while two people write: no error is shown, nothing is lost (G1, G2, G8)", limit, async () => {
  const nodes = three.addresses.map((address) => `&node=${encodeURIComponent(address)}`).join("");
  const open = (user) => tab.open(chromium.window, `${three.addresses[0]}#room=killed&user=${user}${nodes}`);
  const panes = [await open("ana"), await open("ben")];
  for (const pane of panes) await pane.is("live");
  let owner = 0;
  await write_while(panes, async () => {
    owner = await three.owner_of("killed");
    await three.order("kill", String(owner));
  });
  assert.notEqual(await three.owner_of("killed"), owner);
  await panes[0].picture("owner-was-killed");
  await three.order("heal");
  for (const { page } of panes) await page.close();
});

test("the same by the page's own button", limit, async () => {
  const open = (user, address) => tab.open(chromium.window, `${address}#room=shot&user=${user}`);
  const panes = [await open("ana", three.addresses[0]), await open("ben", three.addresses[1])];
  for (const pane of panes) await pane.is("live");
  await write_while(panes, async () => {
    await bench(panes[0], "Kill the owner node").click();
    await panes[0].until("it was killed", async () => /was killed\. Go on writing\./u.test(await bench_says(panes[0])));
  });
  await panes[0].picture("killed-by-button");
  await three.order("heal");
  for (const { page } of panes) await page.close();
});
