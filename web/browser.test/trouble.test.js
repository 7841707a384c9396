/// Bad input and bad times: each has an error that says what to do, or a recovery.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
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

const open = (hash = "", prepare) => tab.open(chromium.window, `${server.address}${hash}`, prepare);
const says = (one, selector, pattern) =>
  one.until(`${selector} says ${pattern}`, async () => pattern.test((await one.pane.locator(selector).first().textContent()) ?? ""));

/// The address of a port of this machine where nobody listens.
async function nobody() {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address();
  taken.close();
  await once(taken, "close");
  return encodeURIComponent(`http://127.0.0.1:${port}`);
}

test("a name or a room that is none is refused at once, with what it may be", limit, async () => {
  const one = await open();
  for (const [user, room, what] of [["ana maria", "general", "name"], ["ana", "a/b", "room"], ["", "general", "name"], ["..", "general", "name"]]) {
    await one.pane.locator("input[name=user]").fill(user);
    await one.pane.locator("input[name=room]").fill(room);
    await one.pane.getByRole("button", { name: "Enter", exact: true }).click();
    await says(one, ".entry .wrong", new RegExp(`^The ${what} needs 1 to 128 of`, "u"));
  }
  assert.equal(await one.pane.getAttribute("data-state"), "stopped");
  await one.page.close();
});

test("a wrong URL of a node says what a URL is; one where nobody answers is tried again, and said so", limit, async () => {
  const wrong = await open("#room=general&user=ana&node=ftp%3A%2F%2F127.0.0.1");
  await says(wrong, ".entry .wrong", /begins with none of http, https, ws and wss/u);
  await wrong.page.close();
  const dead = await nobody();
  const one = await open(`#room=general&user=ana&node=${dead}`);
  await says(one, ".state", /Connecting in .*the connection was lost, or could not be made/u);
  await one.page.close();
  const second = await open(`#room=general&user=ana&node=${dead}&node=${encodeURIComponent(server.address)}`);
  await second.is("live");
  await second.page.close();
});

/// A tab whose node is played, wholly or in part, by `change(told, socket)` for each frame that the node sends.
const lied_to = (hash, change) =>
  open(hash, (page) =>
    page.routeWebSocket(/\/v1\/ws$/u, (socket) => {
      const real = socket.connectToServer();
      real.onMessage((frame) => change(frame, socket));
    }),
  );

test("a refused token, or a name that may not enter, closes the pane with the reason, and Go online tries again", limit, async () => {
  let is_refused = true;
  const one = await lied_to("#room=general&user=ana", (frame, socket) => {
    if (!is_refused) return socket.send(frame);
    const [{ id, connected }] = [JSON.parse(frame)].flat();
    if (connected) socket.send(JSON.stringify({ id, error: { code: 4011, name: "token_expired", message: "the token ended at noon", retryable: false } }));
    return undefined;
  });
  await one.is("closed");
  await says(one, ".why", /the token ended at noon/u);
  await one.picture("refused");
  is_refused = false;
  await one.click("Go online");
  await one.is("live");
  await one.page.close();
});

test("a close that says never again is believed; it is not tried again", limit, async () => {
  let tries = 0;
  const one = await open("#room=general&user=ana", async (page) => {
    await page.clock.install();
    await page.routeWebSocket(/\/v1\/ws$/u, (socket) => {
      tries += 1;
      socket.close({ code: 4429, reason: "too many connections of this user" });
    });
  });
  await one.is("closed");
  await says(one, ".why", /too many connections of this user/u);
  await one.page.clock.runFor(60_000); // longer than any pause between attempts
  assert.equal(tries, 1);
  await one.page.close();
});

test("a malformed frame ends that connection alone: the next one goes on where it was", limit, async () => {
  let is_spoilt = false;
  const one = await lied_to("#room=malformed&user=ana", (frame, socket) => {
    socket.send(is_spoilt ? `${frame.slice(0, -5)}<html>` : frame);
    is_spoilt = false;
  });
  await one.is("live");
  is_spoilt = true;
  await server.publish("malformed", "ben", "in a spoilt frame");
  await one.is_green(1);
  await one.is("live");
  assert.match(await one.counts(), /1 resume/u);
  await one.page.close();
});

test("pushes and fields of a later version are passed over", limit, async () => {
  const one = await lied_to("#room=later&user=ana", (frame, socket) => {
    const told = [JSON.parse(frame)].flat();
    for (const { batch } of told) {
      if (batch) Object.assign(batch, { hint: "later" }).events = batch.events.map((event) => ({ ...event, mood: { of: 9 } }));
    }
    socket.send(JSON.stringify([{ a_push_of_version_9: { room: "later" } }, ...told]));
  });
  await one.is("live");
  await server.publish("later", "ben", "understood");
  await one.is_green(1);
  assert.deepEqual(one.alarms, []);
  await one.page.close();
});

test("a node of another version is noticed at the next connection, and the page offers a reload", limit, async () => {
  let version = "";
  const one = await open("#room=version&user=ana", (page) =>
    page.route("**/version", async (route) => {
      const answer = await route.fetch();
      const told = await answer.json();
      await route.fulfill({ json: { ...told, version: version || told.version } });
    }),
  );
  await one.is("live");
  const banner = one.page.locator(".banner");
  await one.click("Cut my socket");
  await one.until("it resumed", async () => /1 resume/u.test(await one.counts()));
  assert.equal(await banner.isVisible(), false, "the same version is no news");
  version = "99.0.0";
  await one.click("Cut my socket");
  await banner.waitFor();
  assert.match(await banner.textContent(), /the node is now 99\.0\.0/u);
  await one.is("live");
  await one.picture("another-version");
  await banner.getByRole("button", { name: "Reload" }).click();
  await one.is("live");
  assert.equal(await one.page.locator(".banner").isVisible(), false);
  await one.page.close();
});

test("a node that does not speak this page's protocol any more is never reached: the page offers a reload", limit, async () => {
  const later = createHttpServer().listen(0, "127.0.0.1"); // refuses each handshake, as a node does that knows only later versions
  later.on("upgrade", (_, socket) => socket.end("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"));
  await once(later, "listening");
  let version = "";
  const hash = `#room=general&user=ana&node=${encodeURIComponent(`http://127.0.0.1:${later.address().port}`)}`;
  const one = await open(hash, (page) =>
    page.route("**/version", async (route) => {
      const told = await (await route.fetch()).json();
      await route.fulfill({ json: { ...told, version: version || told.version } });
    }),
  );
  await says(one, ".state", /Connecting in /u);
  assert.equal(await one.page.locator(".banner").isVisible(), false);
  version = "99.0.0";
  await one.page.locator(".banner").waitFor();
  assert.match(await one.page.locator(".banner").textContent(), /the node is now 99\.0\.0/u);
  await one.page.close();
  later.close();
});

test("a full storage costs no message, and is said", limit, async () => {
  const one = await open("#room=full&user=ana", (page) =>
    page.addInitScript(() => {
      Storage.prototype.setItem = () => {
        throw new DOMException("full", "QuotaExceededError");
      };
    }),
  );
  await one.is("live");
  await one.write();
  await one.say("kept in memory");
  await one.is_green(1);
  await says(one, ".log .note", /storage is full, or may not be used/u);
  await one.press("Colours: auto");
  assert.equal(await one.page.locator("html").getAttribute("data-theme"), "light");
  assert.deepEqual(one.alarms, []);
  await one.page.close();
});

test("two tabs of one user see the same, also when one is a copy of the other", limit, async () => {
  const one = await open("#room=twins&user=ana");
  await one.is("live");
  const [two] = await Promise.all([
    chromium.window.waitForEvent("page"),
    one.page.evaluate(() => void window.open(location.href)), // takes the session's storage along, as "duplicate" does
  ]);
  const twin = Object.assign(new tab(), { page: two, pane: two.locator(".pane").first(), alarms: [] });
  await twin.is("live");
  for (const tab of [one, twin]) {
    await tab.page.bringToFront();
    await tab.write();
    await tab.say(`written in ${tab === one ? "one" : "two"}`);
  }
  for (const tab of [one, twin]) await tab.shows([[1, "ana", "written in one"], [2, "ana", "written in two"]]);
  await one.page.close();
  await twin.page.close();
});

test("a laptop that slept for an hour asks whether the line still stands, and resumes where it was", limit, async () => {
  const one = await open("#room=asleep&user=ana", (page) => page.clock.install());
  await one.is("live");
  await server.publish("asleep", "ben", "before");
  await one.is_green(1);
  await one.page.clock.fastForward("01:00:00"); // as a closed lid: time goes on, no timer acts meanwhile
  await server.publish("asleep", "ben", "after");
  await one.until("another connection was made", async () => {
    await one.page.clock.runFor(1000);
    return /1 resume/u.test(await one.counts());
  });
  await one.is("live");
  await one.is_green(2);
  await one.page.close();
});
