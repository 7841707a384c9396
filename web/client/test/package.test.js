/// What is shipped stands alone: no dependency, nothing imported from elsewhere, every file that the package names.
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

const library = new URL("../", import.meta.url);
const read = (path) => readFileSync(new URL(path, library), "utf8");
const shipped = JSON.parse(read("package.json"));

test("the package depends on nothing, and names files that are there", () => {
  for (const kind of ["dependencies", "peerDependencies", "optionalDependencies", "bundleDependencies"]) {
    assert.equal(shipped[kind], undefined, kind);
  }
  const named = [shipped.types, ...Object.values(shipped.exports).flatMap((one) => Object.values(one))];
  assert.equal(named.length, 5);
  for (const path of named) assert.ok(existsSync(new URL(path, library)), path);
  assert.equal(shipped.type, "module");
});

test("the minified files import nothing, and the sources only each other", () => {
  for (const { default: path } of Object.values(shipped.exports)) {
    assert.doesNotMatch(read(path), /\b(import|require)\s*[("'{*]|\bfrom\s*["']/u, path);
  }
  const sources = readdirSync(new URL("src", library), { recursive: true }).filter((path) => path.endsWith(".ts"));
  assert.ok(sources.length > 25);
  for (const path of sources) {
    for (const [, from] of read(`src/${path}`).matchAll(/\b(?:from|import\()\s*["']([^"']+)["']/gu)) {
      assert.match(from, /^\.\.?\/[\w/]+\.js$/u, path);
    }
  }
});
