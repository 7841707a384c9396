/// docs/client-reference.md is made out of the comments in src/: it must be what they say, and leave out no name.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { reference } from "../scripts/make-reference.js";

const page = readFileSync(new URL("../../../docs/client-reference.md", import.meta.url), "utf8");

test("the reference is what the comments say", () => {
  assert.equal(page, reference(), "run web/client/scripts/make-reference.js");
});

test("it names everything that can be imported, and every error with its meaning", () => {
  const index = readFileSync(new URL("../src/index.ts", import.meta.url), "utf8");
  const exported = [...index.matchAll(/\{([^}]+)\}/gu)].flatMap(([, names]) => names.match(/\b[A-Za-z]\w+\b/gu));
  const names = exported.filter((name) => name !== "type");
  assert.ok(names.length > 40);
  for (const name of names) assert.ok(page.includes(`### \`${name}\`\n`), name);
  const errors = readFileSync(new URL("../src/errors.ts", import.meta.url), "utf8");
  const codes = [...errors.matchAll(/^ {2}\| "(\w+)"/gmu)].map(([, code]) => code);
  assert.ok(codes.length > 25);
  for (const code of codes) assert.ok(page.includes(`| "${code}"`), code);
  assert.doesNotMatch(page, /@internal|joinOptions\(|private/u); // what is the library's own is not told
});
