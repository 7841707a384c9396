/// The minified files in tabs of a real browser, one user in JSON and one in Protobuf: its WebSocket and storages, a reload
/// while the node is away.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { node } from "../../browser.test/node.js";
import { browser } from "../../browser.test/tab.js";

const files = {
  "": ["text/html", "<!doctype html><title>chat</title><script type=module src=app.js></script>"],
  "client.js": ["text/javascript", readFileSync(new URL("../dist/parley-client.min.js", import.meta.url), "utf8")],
  "protobuf.js": [
    "text/javascript",
    readFileSync(new URL("../dist/parley-client-protobuf.min.js", import.meta.url), "utf8"),
  ],
  "app.js": [
    "text/javascript",
    `import { connect, webStorage } from "./client.js";
     import { protobuf } from "./protobuf.js";
     const [user, url] = ["user", "url"].map((name) => new URL(location).searchParams.get(name));
     const encoding = user === "ben" ? protobuf : undefined;
     const persist = { outbox: webStorage(localStorage), positions: webStorage(sessionStorage) };
     window.client = connect({ url, user, persist, encoding });
     window.room = client.join("general", { rewind: 50 });
     window.seen = [];
     room.on("event", ({ seq, text }) => seen.push(seq + " " + text));`,
  ],
};

// An application's own server, which lives while the node does not.
const pages = createServer(({ url }, answer) => {
  const [type, body] = files[new URL(url, "http://h").pathname.slice(1)] ?? ["text/plain", ""];
  answer.writeHead(200, { "Content-Type": type }).end(body);
});
let server;
let chromium;
before(async () => {
  await once(pages.listen(0, "127.0.0.1"), "listening");
  server = await node.start();
  chromium = await browser();
});
after(async () => {
  await chromium?.close();
  pages.close();
  await server?.stop();
});

async function open(user) {
  const page = await chromium.window.newPage();
  page.errors = [];
  page.on("pageerror", (error) => page.errors.push(`${error}`));
  await page.goto(`http://127.0.0.1:${pages.address().port}/?user=${user}&url=${encodeURIComponent(server.address)}`);
  await page.evaluate(() => window.room.whenLive());
  return page;
}

const shows = (page, lines) => page.waitForFunction((wanted) => window.seen?.join() === wanted, lines.join());

test(
  "a tab reloaded while the node is dead sends what it had written, and goes on where it was",
  { timeout: 90_000 },
  async () => {
    const [ana, ben] = [await open("ana"), await open("ben")];
    await ana.evaluate(() => window.room.publish({ text: "one" }));
    await ben.evaluate(() => window.room.publish({ text: "two" }));
    await Promise.all([ana, ben].map((page) => shows(page, ["1 one", "2 two"])));
    await ana.waitForFunction(() => Object.values(sessionStorage).some((kept) => kept.includes('"seq":2')));

    await server.kill();
    await ana.evaluate(() => ["three", "four"].forEach((text) => void window.room.publish({ text })));
    await ana.reload();
    await ana.waitForFunction(() => window.room?.pending.length === 2);
    await server.run();
    await shows(ana, ["3 three", "4 four"]);
    await shows(ben, ["1 one", "2 two", "3 three", "4 four"]);
    await ana.waitForFunction(() => localStorage.length === 0);
    assert.deepEqual([...ana.errors, ...ben.errors], []);
  },
);

test("a browser's storage that is full costs no message, and says so", { timeout: 60_000 }, async () => {
  const page = await open("cyd");
  await page.evaluate(() => {
    window.errors = [];
    window.client.on("error", ({ code }) => window.errors.push(code));
    for (let size = 1 << 20, number = 0; size >= 1; size >>= 1) {
      try {
        for (;;) localStorage.setItem(`filler ${(number += 1)}`, "x".repeat(size));
      } catch {} // to the last character
    }
  });
  const answer = await page.evaluate(() => window.room.publish({ text: "in memory alone" }));
  assert.ok(answer.seq > 0);
  await page.waitForFunction(() => window.seen.some((line) => line.endsWith("in memory alone")));
  assert.deepEqual([await page.evaluate(() => window.errors), page.errors], [["storage_failed"], []]);
  await page.evaluate(() => localStorage.clear());
});
