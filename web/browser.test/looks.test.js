/// Pictures of what people see, by day and by night, wide and narrow, and what a picture cannot show about them.
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

const talk = [
  ["ana", "Good morning! The build is green again."],
  ["ben", "Nice. Did you find what it was?"],
  ["ana", "A clock that stepped back.\nThe lease believed it."],
  ["ana", "See https://example.org/notes/clock for the long story."],
  ["chloe", "<b>No markup</b> & no surprises: this is text."],
  ["ben", `One word without a blank: ${"long".repeat(40)}`],
  ["ana", "So it is."],
];

const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

const sizes = [[1440, 900], [1180, 760], [390, 844]];

/// A tab with that page, as it is by day or by night.
function open(link, scheme, [width, height]) {
  return tab.open(chromium.window, `${server.address}${link}`, async (page) => {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme: scheme });
  });
}

for (const scheme of ["light", "dark"]) {
  for (const size of sizes) {
    test(`the panes fit a ${scheme} page ${size[0]} pixels wide`, limit, async () => {
      const room = `looks-${scheme}-${size[0]}`;
      for (const [user, text] of talk) await server.publish(room, user, text);
      const one = await open(`#room=${room}&user=ana&with=ben`, scheme, size);
      await one.shows(await server.stored(room));
      assert.equal(await overflow(one.page), 0);
      assert.equal(await one.pane.locator(".log b").count(), 0);
      assert.equal(await one.pane.locator(".log a").getAttribute("href"), "https://example.org/notes/clock");
      assert.deepEqual(one.alarms, []);
      await one.picture(`${scheme}-${size[0]}`);
      await one.page.close();
    });
  }

  test(`entry, three panes with the naive one, code and real chat, ${scheme}`, limit, async () => {
    const room = `all-${scheme}`;
    for (const [user, text] of talk) await server.publish(room, user, text);
    const entry = await open("", scheme, sizes[0]);
    await entry.is_focused("input[name=user]");
    await entry.picture(`${scheme}-entry`);
    await entry.page.close();
    const one = await open(`#room=${room}&user=ana&with=ben&and=chloe&naive=1`, scheme, sizes[0]);
    await one.shows(await server.stored(room));
    await one.until("the naive one too", async () => (await one.naive()).verdict === "ok");
    await one.picture(`${scheme}-all`);
    await one.press("Code");
    await one.picture(`${scheme}-code`);
    await one.page.keyboard.press("Escape");
    await one.press("Real chat");
    await one.page.locator("#replay[open] .start:enabled").waitFor();
    await one.picture(`${scheme}-real-chat`);
    assert.equal(await overflow(one.page), 0);
    assert.deepEqual(one.alarms, []);
    await one.page.close();
  });

  test(`a phone shows one pane after the other, and the entry, ${scheme}`, limit, async () => {
    const entry = await open("", scheme, sizes[2]);
    await entry.pane.locator(".entry").waitFor();
    assert.equal(await overflow(entry.page), 0);
    await entry.picture(`${scheme}-phone-entry`);
    await entry.page.close();
    const room = `phone-${scheme}`;
    for (const [user, text] of talk) await server.publish(room, user, text);
    const one = await open(`#room=${room}&user=ana&naive=1`, scheme, sizes[2]);
    await one.shows(await server.stored(room));
    await one.click("Lens");
    await one.picture(`${scheme}-phone-lens`);
    assert.equal(await overflow(one.page), 0);
    await one.page.close();
  });
}
