/// A report of the load harness, opened from disk as its reader opens it: every plot is drawn, nothing is fetched, and what
/// a result file says stays text.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { program } from "./node.js";
import { browser, tab } from "./tab.js";

const limit = { timeout: 120_000 };
const parley_load = process.env.PARLEY_LOAD ?? join(dirname(program()), "parley-load");
const result = (name) => fileURLToPath(new URL(`../../tests/loadtest/data/${name}.json`, import.meta.url));
let folder, chromium;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "parley-report-"));
  chromium = await browser();
});

after(async () => {
  await chromium?.close();
  await rm(folder, { recursive: true, force: true });
});

/// Makes a report and opens it without a network.
/// @returns the tab; `fetched` names all that it loaded
async function opened(name, results, { scheme = "light", width = 1180 } = {}) {
  const output = join(folder, `${name}.html`);
  execFileSync(parley_load, ["report", ...results, "-o", output]);
  const fetched = [];
  const one = await tab.open(chromium.window, pathToFileURL(output), async (page) => {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme: scheme });
    page.on("request", (request) => fetched.push(request.url()));
  });
  await one.until("every plot is drawn", async () => (await one.page.locator("figure[data-drawn=yes]").count()) > 0);
  return Object.assign(one, { fetched, output });
}

/// For each plot its title and how many pixels of each of its lines' colours it shows.
const inked = (page) =>
  page.evaluate(() =>
    [...document.querySelectorAll("figure")].map((figure) => {
      const canvas = figure.querySelector("canvas");
      const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
      const near = (at, colour) => colour.every((value, i) => Math.abs(pixels[at + i] - value) < 12) && pixels[at + 3] > 200;
      const markers = [...figure.querySelectorAll(".u-legend .u-series")].slice(1);
      const lines = markers.map((row) => {
        const { borderTopColor } = getComputedStyle(row.querySelector(".u-marker"));
        const colour = borderTopColor.match(/\d+/gu).slice(0, 3).map(Number);
        let count = 0;
        for (let at = 0; at < pixels.length; at += 4) if (near(at, colour)) count += 1;
        return count;
      });
      return { title: figure.querySelector("figcaption span").textContent, lines };
    }),
  );

const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
const latencies = ["join to live", "publish to ack", "publish to delivery"];
const titles = [...latencies, "acks", "deliveries", "p50 and p99 of each interval", "CPU", "resident memory"];

test("a report of one run draws every plot and loads nothing else", limit, async () => {
  const one = await opened("one", [result("fanout_before")]);
  const plots = await inked(one.page);
  assert.deepEqual(plots.map(({ title }) => title), titles);
  for (const { title, lines } of plots) for (const count of lines) assert.ok(count > 100, `${title}: a line of ${count} pixels`);
  assert.deepEqual(one.fetched, [pathToFileURL(one.output).href]);
  assert.match(await one.page.locator(".verdict.kept").textContent(), /0 violations/u);
  assert.deepEqual(one.alarms, []);
  await one.page.close();
});

for (const scheme of ["light", "dark"])
  for (const width of [1180, 390])
    test(`two runs are compared on a ${scheme} page ${width} pixels wide`, limit, async () => {
      const one = await opened(`two-${scheme}-${width}`, [result("fanout_before"), result("fanout_after")], { scheme, width });
      const plots = await inked(one.page);
      assert.deepEqual(plots.map(({ title }) => title), [...titles.slice(0, 5), "errors", ...titles.slice(5)]);
      for (const { title, lines } of plots) for (const count of lines) assert.ok(count > 10, `${title}: a line of ${count} pixels`);
      const marks = await one.page.locator("figure", { hasText: "resident memory" }).locator(".u-series .u-marker").evaluateAll((all) =>
        all.map((mark) => getComputedStyle(mark).borderTopStyle).slice(-6));
      assert.deepEqual(marks, [...Array(3).fill("solid"), ...Array(3).fill("dashed")]); // of A's processes, then of B's
      assert.equal(await overflow(one.page), 0);
      assert.match(await one.page.locator("tr", { hasText: "CPU per ack, parleyd" }).textContent(), /0\.685× better/u);
      assert.deepEqual(one.alarms, []);
      const path = fileURLToPath(new URL(`../../build/page/report-${scheme}-${width}.png`, import.meta.url));
      await one.page.screenshot({ path, fullPage: true });
      await one.page.close();
    });

test("the plots follow a change between day and night", limit, async () => {
  const one = await opened("night", [result("fanout_before")]);
  const [by_day] = await inked(one.page);
  await one.page.emulateMedia({ colorScheme: "dark" });
  await one.until("the lines have the colours of the night", async () => {
    const [by_night] = await inked(one.page);
    return by_night.lines[0] > 100;
  });
  const colour = () => one.page.locator(".u-marker").nth(1).evaluate((marker) => getComputedStyle(marker).borderTopColor);
  assert.ok(by_day.lines[0] > 100);
  assert.equal(await colour(), "rgb(108, 182, 255)");
  await one.page.close();
});

test("the latency axis turns logarithmic and back", limit, async () => {
  const one = await opened("log", [result("fanout_before")]);
  const figure = one.page.locator("figure").nth(1);
  const picture = () => figure.locator("canvas").evaluate((canvas) => canvas.toDataURL());
  const linear = await picture();
  await figure.getByRole("button", { name: "logarithmic latency" }).click();
  await one.until("the plot is another", async () => (await picture()) !== linear);
  await figure.getByRole("button", { name: "linear latency" }).click();
  await one.until("the plot is the former one", async () => (await picture()) === linear);
  await one.page.close();
});

test("hostile names and a broken promise are shown as text, in red", limit, async () => {
  const hostile = "</script><script>window.harmed=1</script><img src=x onerror=window.harmed=2>";
  const document = JSON.parse(await readFile(result("fanout_before"), "utf8"));
  document.violations = [{ client: "c1", room: hostile, rule: "order", saw: "5 after 7" }];
  document.processes[0].name = hostile;
  document.scenario.name = hostile;
  const path = join(folder, "hostile.json");
  await writeFile(path, JSON.stringify(document));
  const one = await opened("hostile", [path]);
  assert.equal(await one.page.evaluate(() => window.harmed), undefined);
  assert.equal(await one.page.locator("img").count(), 0);
  assert.equal(await one.page.locator("#verdict td").nth(1).textContent(), hostile);
  assert.match(await one.page.locator(".verdict.broken").textContent(), /1 violation/u);
  assert.ok((await one.page.locator("figure[data-drawn=yes]").count()) === titles.length);
  assert.deepEqual(one.alarms, []);
  await one.page.close();
});
