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

for (const scheme of ["light", "dark"]) {
  for (const [width, height] of [[1180, 760], [390, 844]]) {
    test(`both panes fit a ${scheme} page ${width} pixels wide`, limit, async () => {
      const room = `looks-${scheme}-${width}`;
      for (const [user, text] of talk) await server.publish(room, user, text);
      const one = await tab.open(chromium.window, `${server.address}#room=${room}&user=ana&with=ben`, async (page) => {
        await page.setViewportSize({ width, height });
        await page.emulateMedia({ colorScheme: scheme });
      });
      await one.shows(await server.stored(room));
      assert.equal(await overflow(one.page), 0);
      assert.equal(await one.pane.locator(".log b").count(), 0);
      assert.equal(await one.pane.locator(".log a").getAttribute("href"), "https://example.org/notes/clock");
      assert.deepEqual(one.alarms, []);
      await one.picture(`${scheme}-${width}`);
      await one.page.close();
    });
  }
}
