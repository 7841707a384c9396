/// One browser, and its tabs as people use them: what is asked of a tab is what can be seen in it.
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const pictures = process.env.PARLEY_PICTURES ?? fileURLToPath(new URL("../../build/page", import.meta.url));
const patience_ms = 20_000;
const look_ms = 30; // between two looks

/// Debian's Chromium, without a window. As root it has no sandbox.
export async function browser() {
  const args = ["--disable-background-networking", "--no-first-run"];
  if (process.getuid() === 0) args.push("--no-sandbox");
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  const running = await chromium.launch({ executablePath, args, timeout: 30_000 });
  const settings = { viewport: { width: 1180, height: 760 }, colorScheme: "light", reducedMotion: "reduce", locale: "en-GB" };
  const window = await running.newContext(settings);
  window.setDefaultTimeout(patience_ms);
  await mkdir(pictures, { recursive: true });
  return { window, close: () => running.close() };
}

export class tab {
  /// @param prepare may change the page before it is loaded
  static async open(window, address, prepare = () => {}) {
    const made = new tab();
    made.page = await window.newPage();
    made.alarms = [];
    made.page.on("pageerror", (error) => made.alarms.push(`${error}`));
    made.page.on("console", (message) => {
      if (!["error", "warning"].includes(message.type())) return;
      if (message.location().url.endsWith("/dev/faults")) return; // a node that offers none answers 404, and the browser says so
      made.alarms.push(message.text());
    });
    made.pane = made.page.locator(".pane").first();
    await prepare(made.page);
    await made.page.goto(`${address}`);
    return made;
  }

  /// The same tab, of which now the second pane is looked at.
  beside() {
    return Object.assign(new tab(), { ...this, pane: this.page.locator(".pane").nth(1) });
  }

  /// By hand, from the form in which the cursor already stands.
  async enter(user, room) {
    const keys = this.page.keyboard;
    await this.is_focused("input[name=user]");
    await keys.type(user); // the suggested name is selected
    await keys.press("Tab");
    await keys.type(room);
    await keys.press("Enter");
    await this.is("live");
  }

  /// Puts the cursor into the line for messages.
  async write() {
    await this.pane.locator(".composer textarea").focus();
  }

  /// Into the line where the cursor stands, at once or `key_by_key`, and Enter.
  async say(text, { key_by_key = false } = {}) {
    await this.is_focused(".composer textarea");
    const keys = this.page.keyboard;
    await (key_by_key ? keys.type(text) : keys.insertText(text));
    await this.page.keyboard.press("Enter");
  }

  async click(button) {
    await this.pane.getByRole("button", { name: button }).click();
  }

  async is_focused(selector) {
    await this.until(`the cursor is in ${selector}`, async () => (await this.pane.locator(`${selector}:focus`).count()) === 1);
  }

  async is(state) {
    await this.until(`it is ${state}`, async () => (await this.pane.getAttribute("data-state")) === state);
  }

  /// [seq, sender, text] of each message on the page, from top to bottom. A sender is named where the page names one.
  messages() {
    return this.pane.evaluate((pane) => {
      let sender = "";
      return [...pane.querySelectorAll(".log .message")].map((row) => {
        if (!row.classList.contains("grouped")) sender = row.querySelector(".sender").textContent;
        return [Number(row.dataset.seq), sender, row.querySelector(".text").textContent];
      });
    });
  }

  verdict() {
    return this.pane.evaluate((pane) => {
      const line = pane.querySelector(".checker");
      return `${line.dataset.verdict}: ${line.querySelector(".verdict").textContent}`;
    });
  }

  counts() {
    return this.pane.locator(".checker .counts").textContent();
  }

  /// The lens' counter of that name, as a number.
  async counter(name) {
    return Number(await this.pane.locator(`[data-counter="${name}"] b`).textContent());
  }

  /// What the naive pane suffers: {missing, doubled}, and its verdict.
  naive() {
    return this.page.locator(".naive .checker").evaluate(({ dataset }) => ({
      missing: Number(dataset.missing),
      doubled: Number(dataset.doubled),
      verdict: dataset.verdict,
    }));
  }

  /// The line at the bottom is green about everything up to that seq.
  async is_green(to) {
    const wanted = new RegExp(`^ok: (\\d+\\.\\.|#)${to} all present, once, in order$`, "u");
    let seen = "";
    await this.until(`the line is green up to #${to}`, async () => wanted.test((seen = await this.verdict())), () => assert.match(seen, wanted));
  }

  /// Of the whole page, not of one pane.
  async press(button) {
    await this.page.getByRole("button", { name: button, exact: true }).click();
  }

  /// Exactly these, once and in order, nothing left in the outbox, and the line at the bottom green about all of them.
  async shows(messages) {
    const range = messages.length === 1 ? `#${messages[0][0]}` : `${messages[0][0]}..${messages.at(-1)[0]}`;
    const wanted = { messages, waiting: 0, verdict: `ok: ${range} all present, once, in order` };
    let seen = null;
    await this.until(
      "all messages are shown",
      async () => {
        seen = { messages: await this.messages(), waiting: await this.pane.locator(".waiting .message").count(), verdict: await this.verdict() };
        return JSON.stringify(seen) === JSON.stringify(wanted);
      },
      () => assert.deepEqual(seen, wanted),
    );
  }

  /// Kept as build/page/NAME.png, for people to look at.
  async picture(name) {
    await this.page.screenshot({ path: join(pictures, `${name}.png`), animations: "disabled", caret: "initial" });
  }

  async until(what, holds, explain = () => {}) {
    const end = Date.now() + patience_ms;
    while (!(await holds())) {
      if (Date.now() > end) {
        await this.picture("late");
        explain();
        assert.fail(`not within ${patience_ms / 1000} s: ${what}`);
      }
      await setTimeout(look_ms);
    }
  }
}
