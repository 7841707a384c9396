/// The snippets of the docs: compiled as TypeScript, run against a node, and their output compared where the docs show it.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { node } from "../../browser.test/node.js";

const run = promisify(execFile);
const repository = fileURLToPath(new URL("../../../", import.meta.url));
const library = join(repository, "web", "client");
const folder = join(repository, "build", "client", "snippets");
const shown_address = "http://127.0.0.1:8080";

const prelude = `import { connect } from "@parley/client";
const client = connect({ url: "${shown_address}", user: "ana" });
const room = client.join("general", { rewind: 50 });
`;
/// What browsers have, and Node does not have or not yet.
const browser = `import { WebSocket } from "ws";
globalThis.WebSocket ??= WebSocket;
const web_storage = () => {
  const kept = new Map();
  return { get length() { return kept.size; }, key: (n) => [...kept.keys()][n], getItem: (k) => kept.get(k) ?? null, setItem: (k, v) => kept.set(k, v), removeItem: (k) => kept.delete(k) };
};
for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(globalThis, name, { value: web_storage() });
`;

/// The programs of a page: one per section that has code, with the output that it must have.
function programs(page) {
  const text = readFileSync(join(repository, "docs", page), "utf8");
  const sections = text.split(/^## /mu).slice(1);
  return sections.flatMap((section) => {
    const blocks = [...section.matchAll(/^```(js|text)\n(.*?)^```/gmsu)];
    const code = blocks
      .filter(([, kind]) => kind === "js")
      .map(([, , body]) => body)
      .join("\n");
    if (!code) return [];
    const output = blocks.filter(([, kind]) => kind === "text").flatMap(([, , body]) => body.trim().split("\n"));
    const name = `${page.replace(".md", "")}-${section.split("\n")[0].toLowerCase().replaceAll(/\W+/gu, "-")}`;
    const is_endless = code.includes("process.stdin"); // until Ctrl-C
    return [{ name, code: code.includes("const client =") ? code : prelude + code, output, is_endless }];
  });
}

const all = ["quickstart.md", "client.md", "guarantee.md", "migration.md"].flatMap(programs);
let server;

before(async () => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "node_modules", "@parley"), { recursive: true });
  symlinkSync(library, join(folder, "node_modules", "@parley", "client"));
  symlinkSync(join(repository, "web", "node_modules", "ws"), join(folder, "node_modules", "ws"));
  writeFileSync(join(folder, "browser.mjs"), browser);
  server = await node.start();
});
after(() => server?.stop());

test("the snippets and the examples of types compile", async () => {
  for (const { name, code } of all) writeFileSync(join(folder, `${name}.mts`), code);
  const options = {
    extends: join(library, "tsconfig.json"),
    compilerOptions: { noEmit: true, rootDir: repository, noUnusedLocals: false },
    files: [
      ...all.map(({ name }) => join(folder, `${name}.mts`)),
      join(library, "test", "types.mts"),
      join(library, "test", "node.d.ts"),
    ],
    include: [],
  };
  options.compilerOptions.paths = {
    "@parley/client": [join(library, "dist", "index.d.ts")],
    "@parley/client/protobuf": [join(library, "dist", "protobuf", "index.d.ts")],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(options));
  const tsc = join(repository, "web", "node_modules", ".bin", "tsc");
  const { stdout } = await run(tsc, ["--project", folder]).catch((error) => error);
  assert.equal(stdout, "");
});

test("curl's lines of the quick start say what they show", async () => {
  const text = readFileSync(join(repository, "docs", "quickstart.md"), "utf8");
  const [, console_block] = text.match(/^```console\n(.*?)^```/msu);
  const lines = console_block.trim().split("\n");
  assert.equal(lines.length, 4);
  for (const [index, line] of lines.entries()) {
    if (!line.startsWith("$ ")) continue;
    const { stdout } = await run("bash", ["-c", line.slice(2).replaceAll(`${shown_address}/`, server.address)]);
    const without_times = (said) => said.trim().replaceAll(/\d{13}/gu, "T");
    assert.equal(without_times(stdout), without_times(lines[index + 1]));
  }
});

/// Runs a program until it ends, or, where it never does, until it has said all and gets a Ctrl-C. @returns what it said
function carry_out(path, output, is_endless) {
  const child = spawn(process.execPath, [path], { stdio: ["pipe", "pipe", "pipe"] });
  const late = setTimeout(() => child.kill("SIGKILL"), 40_000);
  let [said, complained] = ["", ""];
  child.stdout.on("data", (text) => {
    said += text;
    if (is_endless && says(said, output)) child.kill("SIGINT");
  });
  child.stderr.on("data", (text) => (complained += text));
  child.stdin.end("typed\n");
  return new Promise((resolve, reject) => {
    child.once("close", (code, signal) => {
      clearTimeout(late);
      if (code === 0 || signal === "SIGINT") resolve(said);
      else reject(new Error(`it ended with ${signal ?? code}\n${said}${complained}`));
    });
  });
}

/// Are those lines in there, in that order?
function says(said, lines) {
  let rest = said;
  return lines.every((line) => {
    const index = rest.indexOf(line);
    rest = rest.slice(index + line.length);
    return index >= 0;
  });
}

describe("the docs' programs", { concurrency: 3 }, () => {
  for (const { name, code, output, is_endless } of all) {
    it(`${name} runs${output.length > 0 ? ", and says what it shows" : ""}`, async () => {
      const expected = is_endless ? [...output, "ana: typed"] : output;
      const program = `await import("./browser.mjs");\n${code}${is_endless ? "" : "\nclient.close();\n"}`;
      const path = join(folder, `${name}.mjs`);
      const of_its_own = (text) => (name.startsWith("client-") ? text.replaceAll('"general"', `"${name}"`) : text);
      writeFileSync(path, of_its_own(program).replaceAll(shown_address, server.address.replace(/\/$/u, "")));
      const said = await carry_out(path, expected, is_endless);
      assert.ok(says(said, expected), `${expected.join(" | ")} is not in:\n${said}`);
    });
  }
});
