/// An embedded `parleyd` of a test's own, for the page and the client library: on a free port, in a temporary folder, gone with the test.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const repository = fileURLToPath(new URL("../..", import.meta.url));
const start_max_ms = 30_000;

/// $PARLEYD, or the first preset that was built.
export function program() {
  const built = ["release", "ci", "asan", "dev"].map((preset) => join(repository, "build", preset, "bin", "parleyd"));
  const found = [process.env.PARLEYD, ...built].find((path) => path && existsSync(path));
  if (!found) throw new Error(`no parleyd: set PARLEYD or build one of ${built.join(", ")}`);
  return found;
}

export class node {
  /// @param flags beside those of every test's node
  static async start(...flags) {
    const made = new node();
    made.flags = flags;
    made.folder = await mkdtemp(join(tmpdir(), "parley-page-"));
    made.listen = "127.0.0.1:0";
    await made.run();
    made.listen = new URL(made.address).host; // the same port in its next life
    return made;
  }

  /// @returns once it said that it is ready
  async run() {
    const flags = ["--dev", "--listen", this.listen, "--data-dir", join(this.folder, "store"), ...this.flags];
    this.process = spawn(program(), flags, { stdio: ["ignore", "pipe", "pipe"] });
    this.ended = new Promise((resolve) => this.process.once("exit", (code, signal) => resolve(signal ?? code)));
    this.told = [];
    createInterface({ input: this.process.stderr }).on("line", (line) => this.told.push(line));
    const ready = new Promise((resolve) => {
      createInterface({ input: this.process.stdout }).on("line", (line) => {
        const address = line.match(/^Parley is ready: (.*)$/u)?.[1];
        if (address) resolve(address);
      });
    });
    const late = new Promise((resolve) => setTimeout(resolve, start_max_ms, "nothing").unref());
    const first = await Promise.race([ready, this.ended.then((how) => `the end: ${how}`), late]);
    if (!String(first).startsWith("http")) throw new Error(`parleyd told ${first}\n${this.told.join("\n")}`);
    this.address = first;
  }

  async kill() {
    this.process.kill("SIGKILL");
    await this.ended;
  }

  /// SIGTERM: it must drain and end with 0.
  async drain() {
    this.process.kill("SIGTERM");
    const how = await this.ended;
    if (how !== 0) throw new Error(`parleyd drained and ended with ${how}\n${this.told.join("\n")}`);
  }

  /// For good.
  async stop() {
    await this.drain().finally(() => rm(this.folder, { recursive: true, force: true }));
  }

  /// Says something as somebody who has no browser.
  async publish(room, user, text) {
    const headers = { "Content-Type": "application/json", "Parley-User": user };
    const url = new URL(`v1/rooms/${room}/messages`, this.address);
    const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify({ text }) });
    if (answer.status !== 201) throw new Error(`${answer.status}: ${await answer.text()}`);
    return (await answer.json()).seq;
  }

  /// The room as the node keeps it: [seq, sender, text] of each message.
  async stored(room) {
    const answer = await fetch(new URL(`v1/rooms/${room}/messages?limit=200`, this.address));
    return (await answer.json()).events.map(({ seq, sender, text }) => [seq, sender, text]);
  }
}
