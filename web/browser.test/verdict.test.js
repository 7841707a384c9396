/// The line at the bottom of a pane is worth what its red is worth: here a liar sits between the page and the node.
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

/// A tab in the room whose node's envelopes pass through `change(envelope)`: null withholds one.
function lied_to(room, change, others = "") {
  return tab.open(chromium.window, `${server.address}#room=${room}&user=ana${others}`, (page) =>
    page.routeWebSocket(/\/v1\/ws$/u, (socket) => {
      const real = socket.connectToServer();
      real.onMessage((frame) => {
        const told = [JSON.parse(frame)].flat().map(change).filter(Boolean);
        if (told.length > 0) socket.send(JSON.stringify(told));
      });
    }),
  );
}

const holds = (envelope, text) => envelope.batch?.events.some((event) => event.text === text);

test("a message that the stream withholds turns the line red, and a resume brings it", limit, async () => {
  let is_withheld = true;
  const ana = await lied_to("withheld", (envelope) => {
    if (!is_withheld || !holds(envelope, "two")) return envelope;
    is_withheld = false;
    return null;
  });
  await ana.is("live");
  for (const text of ["one", "two", "three"]) await server.publish("withheld", "ben", text);
  await ana.until("the line is red", async () => (await ana.verdict()).startsWith("broken: "));
  await ana.until("all are there", async () => (await ana.messages()).length === 3);
  assert.deepEqual(await ana.messages(), await server.stored("withheld"));
  assert.equal(await ana.verdict(), "broken: Broken: hole: #2 did not come");
  assert.equal(await ana.pane.locator(".alarm").textContent(), "Broken: hole: #2 did not come"); // read out to who cannot see red
  await ana.picture("broken");
});

test("two panes that are told different texts under one number turn red", limit, async () => {
  let is_first = true;
  const ana = await lied_to("differs", (envelope) => {
    if (!holds(envelope, "the truth")) return envelope;
    const told = is_first ? envelope : JSON.parse(JSON.stringify(envelope).replace("the truth", "another truth"));
    is_first = false;
    return told;
  }, "&with=ben");
  const panes = [ana, ana.beside()];
  for (const pane of panes) await pane.is("live");
  await server.publish("differs", "chloe", "the truth");
  const verdicts = () => Promise.all(panes.map((pane) => pane.verdict()));
  await ana.until("a line is red", async () => (await verdicts()).some((verdict) => verdict.startsWith("broken: ")));
  assert.match((await verdicts()).join(), /broken: Broken: #1 /u);
});
