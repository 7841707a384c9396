/// What a visitor does in the first five minutes: by keyboard alone, by the buttons, away and back again.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
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

/// Moves the focus by Tab until it is on that button, as somebody without a mouse does.
async function tab_to(one, name) {
  const focused = () => one.page.evaluate(() => document.activeElement?.textContent.trim());
  for (let step = 0; step < 40; step += 1) {
    if ((await focused()) === name) return;
    await one.page.keyboard.press("Tab");
  }
  assert.fail(`Tab never came to ${name}`);
}

test("everything can be done by keyboard alone, and the focus is seen where it is", limit, async () => {
  const one = await open();
  await one.enter("ana", "keyboard");
  await one.is_focused(".composer textarea");
  await one.say("written by keyboard", { key_by_key: true });
  await one.is_green(1);
  await one.page.keyboard.press("Shift+Tab"); // back to the log, which scrolls by keys
  assert.equal(await one.page.evaluate(() => document.activeElement.getAttribute("role")), "log");
  await one.page.evaluate(() => document.activeElement.blur());
  await tab_to(one, "Naive mode");
  const outline = await one.page.evaluate(() => getComputedStyle(document.activeElement).outlineWidth);
  assert.notEqual(outline, "0px");
  await one.page.keyboard.press("Space");
  await one.page.locator(".naive").waitFor();
  await tab_to(one, "Flood 1,000 messages");
  await one.page.keyboard.press("Enter");
  await one.is_green(1001);
  await tab_to(one, "Cut my socket");
  await one.page.keyboard.press("Enter");
  await one.is("live");
  await tab_to(one, "Leave");
  await one.page.keyboard.press("Enter");
  await one.is_focused("input[name=user]");
  assert.equal(await one.pane.getAttribute("data-state"), "stopped");
  await one.page.keyboard.press("Shift+Tab");
  await tab_to(one, "Code");
  await one.page.keyboard.press("Enter");
  await one.page.locator("#code[open]").waitFor();
  await one.page.keyboard.press("Escape");
  assert.equal(await one.page.evaluate(() => document.activeElement.textContent), "Code", "the focus comes back");
  await one.page.close();
});

test("a screen reader is told who says what, the state, and what each control does", limit, async () => {
  for (const text of ["first", "second"]) await server.publish("reader", "ben", text);
  const one = await open("#room=reader&user=ana&naive=1");
  await one.is_green(2);
  await one.write();
  await one.say("mine");
  await one.is_green(3);
  const unnamed = await one.page.evaluate(() =>
    [...document.querySelectorAll("button, input, textarea, select")]
      .filter((control) => control.checkVisibility())
      .filter((control) => !(control.textContent.trim() || control.getAttribute("aria-label") || control.labels?.length))
      .map((control) => control.outerHTML),
  );
  assert.deepEqual(unnamed, []);
  assert.equal(await one.page.getByRole("log", { name: "Messages in reader" }).count(), 1);
  assert.equal(await one.page.getByRole("textbox", { name: "Message to reader, as ana" }).count(), 1);
  assert.equal(await one.page.getByRole("region", { name: "ana in reader" }).count(), 1);
  assert.match(await one.pane.locator("[role=status]").textContent(), /^Live/u);
  // Also where one person writes twice, or it is one's own: the name is there for who cannot see the bubble's place.
  const said = await one.pane.getByRole("log").ariaSnapshot();
  assert.equal(said.match(/ben/gu)?.length, 2, said);
  assert.match(said, /ana[^]*mine/u);
  assert.match(await one.pane.locator(".strip").getAttribute("aria-label"), /from history/u);
  await one.page.close();
});

test("the first button opens both panes, and the third one joins elsewhere", limit, async () => {
  const one = await open("#room=lobby");
  await one.press("Enter all panes");
  for (const pane of [one, one.beside()]) await pane.is("live");
  assert.equal(await one.page.getByRole("button", { name: "Enter all panes" }).count(), 0);
  await one.press("Third pane");
  const third = Object.assign(new tab(), { ...one, pane: one.page.locator(".pane").nth(2) });
  await third.pane.locator("input[name=room]").fill("elsewhere");
  await third.pane.locator("input[name=room]").press("Enter");
  await third.is("live");
  await third.say("nobody else is here");
  await third.is_green(1);
  const link = one.page.url();
  const again = await open(link.slice(link.indexOf("#")));
  await again.is("live");
  assert.equal(await again.page.locator(".pane[data-state=live]").count(), 3);
  await again.page.close();
  await one.page.close();
});

test("older history comes by scrolling up, and stays where the reader looks", limit, async () => {
  for (let number = 1; number <= 130; number += 1) await server.publish("long", "ben", `number ${number}`);
  const one = await open("#room=long&user=ana");
  await one.is_green(130);
  assert.equal((await one.messages()).length, 50);
  const log = one.pane.locator(".scroller");
  await one.until("the first is there", async () => {
    await log.evaluate((scroller) => (scroller.scrollTop = 0));
    return (await one.messages()).length === 130;
  });
  assert.equal(await one.verdict(), "ok: 1..130 all present, once, in order");
  await one.until("it says where the room begins", async () => (await one.pane.locator(".top").textContent()) === "The room begins here");
  await server.publish("long", "ben", "a new one");
  await one.until("it is said below", async () => (await one.pane.locator(".newer").textContent()) === "1 new message ↓");
  assert.equal(await one.pane.locator(".unread").count(), 1);
  await one.picture("scrolled-up");
  await one.pane.locator(".newer").click();
  assert.equal(await one.pane.locator(".unread + .message .text").textContent(), "a new one");
  await one.page.close();
});

test("after a reload the line New stands before what came meanwhile", limit, async () => {
  for (const text of ["one", "two"]) await server.publish("away", "ben", text);
  const one = await open("#room=away&user=ana");
  await one.is_green(2);
  await one.page.goto("about:blank");
  for (const text of ["three", "four"]) await server.publish("away", "ben", text);
  await one.page.goto(`${server.address}#room=away&user=ana`);
  await one.is_green(4);
  assert.equal(await one.pane.locator(".unread + .message .text").textContent(), "three");
  await one.picture("unread");
  await one.write();
  await one.say("I am back");
  await one.is_green(5);
  assert.equal(await one.pane.locator(".unread").count(), 0);
  await one.page.close();
});

test("what is copied works as it is: curl, server-sent events, ten lines of code", limit, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "parley-copies-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const one = await open("#room=copied&user=ana");
  await one.is("live");
  await chromium.window.grantPermissions(["clipboard-read", "clipboard-write"]);
  await one.press("Code");
  const copied = async (name) => {
    await one.press(`Copy: ${name}`);
    await one.page.locator(`[data-copy="${name}"] button`, { hasText: "Copied" }).waitFor();
    return one.page.evaluate(() => navigator.clipboard.readText());
  };
  const shell = (line) => new Promise((resolve) => execFile("bash", ["-c", line], (_, out) => resolve(out)));
  assert.match(await shell(await copied("curl")), /"seq":1,/u);
  const stream = await shell(`timeout 3 ${await copied("SSE")}`);
  assert.match(stream, /event: batch\n[^]*hello from curl[^]*event: live/u);
  const code = await copied("Ten lines");
  const client = join(folder, "client.mjs");
  await build({ entryPoints: [fileURLToPath(new URL("../client/src/index.ts", import.meta.url))], bundle: true, format: "esm", outfile: client, logLevel: "error" });
  const ws = pathToFileURL(createRequire(import.meta.url).resolve("ws")).href;
  const program = code.replace("@parley/client", "./client.mjs");
  // What a browser and a newer Node have by themselves.
  await writeFile(join(folder, "socket.mjs"), `import ws from "${ws}"; globalThis.WebSocket ??= ws.WebSocket;`);
  await writeFile(join(folder, "chat.mjs"), `import "./socket.mjs";\n${program}`);
  const said = await shell(`timeout 3 "${process.execPath}" ${join(folder, "chat.mjs")}`);
  assert.deepEqual(said.trim().split("\n"), ["1 ana hello from curl", "2 ana hello from ten lines"]);
  await one.page.close();
});

test("real chat is replayed into a room of its own, each line once, while its reader is cut", limit, async () => {
  const one = await open("#room=general&user=ana");
  await one.is("live");
  await one.press("Real chat");
  const dialog = one.page.locator("#replay");
  await dialog.locator("[name=log]").selectOption("2007-12-17");
  await dialog.locator("[name=speed]").selectOption("200");
  await dialog.getByRole("button", { name: "Replay", exact: true }).click();
  await one.until("it has begun", async () => (await one.messages()).length > 5);
  await one.click("Cut my socket");
  await one.until("it is over", async () => (await one.page.locator(".replay-button").textContent()) === "Real chat");
  const lines = Number(await one.page.locator(".replay-button").getAttribute("data-said"));
  assert.ok(lines > 100);
  await one.is_green(lines);
  assert.match(one.page.url(), /room=irc-2007-12-17/u);
  const stored = await server.stored("irc-2007-12-17");
  assert.deepEqual((await one.messages()).map(([seq]) => seq), stored.map(([seq]) => seq));
  assert.deepEqual(one.alarms, []);
  await one.picture("real-chat");
  await one.page.close();
});

test("a replay outlives its node: what had no answer is said again, and is there once", limit, async () => {
  const one = await open("#room=general&user=ana");
  await one.is("live");
  await one.press("Real chat");
  const dialog = one.page.locator("#replay");
  await dialog.locator("[name=log]").selectOption("2010-08-17");
  await dialog.locator("[name=speed]").selectOption("200");
  await dialog.getByRole("button", { name: "Replay", exact: true }).click();
  await one.until("it has begun", async () => (await one.messages()).length > 5);
  await server.kill();
  await one.is("resuming");
  await server.run();
  await one.until("it is over", async () => (await one.page.locator(".replay-button").textContent()) === "Real chat");
  const lines = Number(await one.page.locator(".replay-button").getAttribute("data-said"));
  await one.is_green(lines);
  assert.equal((await server.stored("irc-2010-08-17")).at(-1)[0], lines);
  await one.page.close();
});
