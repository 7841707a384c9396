/// The snippets of the docs: compiled as TypeScript, run against a node, and their output compared where the docs show it.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { node } from "../../browser.test/node.js";
import { names_program } from "./names.js";

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

const pages = Object.fromEntries(
  ["quickstart", "client", "guarantee", "migration"].map((page) => [
    page,
    readFileSync(join(repository, "docs", `${page}.md`), "utf8"),
  ]),
);

/// The programs of a page: one per section that has code, with the output that it must have.
function programs([page, text]) {
  const sections = text.split(/^## /mu).slice(1);
  return sections.flatMap((section) => {
    const blocks = [...section.matchAll(/^```(js|text)\n(.*?)^```/gmsu)];
    const code = blocks
      .filter(([, kind]) => kind === "js")
      .map(([, , body]) => body)
      .join("\n");
    if (!code) return [];
    const output = blocks.filter(([, kind]) => kind === "text").flatMap(([, , body]) => body.trim().split("\n"));
    const name = `${page}-${section.split("\n")[0].toLowerCase().replaceAll(/\W+/gu, "-")}`;
    const is_endless = code.includes("process.stdin"); // until Ctrl-C
    return [{ name, code: code.includes("const client =") ? code : prelude + code, output, is_endless }];
  });
}

const all = Object.entries(pages).flatMap(programs);
const names = names_program(pages);

/// What is typed into a shell and not run by this file, and who does.
const typed_elsewhere = {
  "scripts/run": "part readme of scripts/check: the README begins with it, too",
  "scripts/setup\nnode web/client/build.js": "parts setup and client of scripts/check",
};
const [, typed_by_strangers] = pages.quickstart.match(/^```sh\n(node web\/client\/build\.js\n.*?)\n```/msu);
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

test("no block of the docs is left out: each is run, or somebody else does it", () => {
  const kinds = { js: [], text: [], console: [], sh: [] };
  for (const text of Object.values(pages)) {
    assert.equal([...text.matchAll(/^\s*```/gmu)].length % 2, 0);
    for (const [, kind, body] of text.matchAll(/^ *```([^\n]*)\n(.*?)^ *```$/gmsu)) {
      assert.ok(kinds[kind], `nobody runs a block of kind "${kind}":\n${body}`);
      kinds[kind].push(body.trim());
    }
  }
  for (const body of kinds.js) assert.ok(all.some(({ code }) => code.includes(body)), body);
  for (const body of kinds.text) assert.ok(all.some(({ output }) => says(output.join("\n"), body.split("\n"))), body);
  assert.equal(kinds.console.length, 1, "curl's");
  const shell = kinds.sh.filter((body) => !typed_elsewhere[body]);
  assert.deepEqual([shell.length, shell[0]], [1, typed_by_strangers]);
});

/// What is said to the docs' node goes to the test's own.
const at_the_node = (text) => text.replaceAll(shown_address, server.address.replace(/\/$/u, ""));

test("the snippets, the names in tables and the examples of types compile", async () => {
  for (const { name, code } of all) writeFileSync(join(folder, `${name}.mts`), code);
  writeFileSync(join(folder, "names.mts"), names.code);
  assert.ok(names.count > 50, `only ${names.count} names: the tables have other headers`);
  const options = {
    extends: join(library, "tsconfig.json"),
    compilerOptions: { noEmit: true, rootDir: repository, noUnusedLocals: false },
    files: [
      ...all.map(({ name }) => join(folder, `${name}.mts`)),
      join(folder, "names.mts"),
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
  const [, console_block] = pages.quickstart.match(/^```console\n(.*?)^```/msu);
  const lines = console_block.trim().split("\n");
  assert.equal(lines.length, 4);
  for (const [index, line] of lines.entries()) {
    if (!line.startsWith("$ ")) continue;
    const { stdout } = await run("bash", ["-c", at_the_node(line.slice(2))]);
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
  for (const { name, code, output } of all.filter(({ is_endless }) => !is_endless)) {
    it(`${name} runs${output.length > 0 ? ", and says what it shows" : ""}`, async () => {
      const program = `await import("./browser.mjs");\n${code}\nclient.close();\n`;
      const path = join(folder, `${name}.mjs`);
      const of_its_own = (text) => (name.startsWith("client-") ? text.replaceAll('"general"', `"${name}"`) : text);
      writeFileSync(path, at_the_node(of_its_own(program)));
      const said = await carry_out(path, output, false);
      assert.ok(says(said, output), `${output.join(" | ")} is not in:\n${said}`);
    });
  }

  it("the quick start's own project, made as it says, finds the library and chats", async () => {
    // As a stranger's folder: a clone of whatever name, whose library is built, and the new project beside it.
    const clone = join(folder, "a clone");
    for (const part of ["package.json", "dist"]) {
      cpSync(join(library, part), join(clone, "web", "client", part), { recursive: true });
    }
    const [built, ...lines] = typed_by_strangers.split("\n");
    assert.equal(built, "node web/client/build.js"); // what these tests run was made by it
    const offline = join(repository, "web", "node_modules", "ws"); // not asked of npm, or the test needs a network
    const typed = lines.join("\n").replace(/ ws$/u, ` ${offline}`);
    const env = { ...process.env, npm_config_offline: "true", npm_config_audit: "false", npm_config_fund: "false" };
    await run("bash", ["-ec", typed], { cwd: clone, env });
    const { code, output } = all.find(({ is_endless }) => is_endless);
    const path = join(folder, "my-chat", "chat.mjs");
    writeFileSync(path, at_the_node(code));
    const expected = [...output, "ana: typed"];
    const said = await carry_out(path, expected, true);
    assert.ok(says(said, expected), said);
  });
});
