/// Three nodes of a test's own over private servers, by `scripts/cluster`.
import { execFile } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { program } from "./node.js";

const run = promisify(execFile);
const script = fileURLToPath(new URL("../../scripts/cluster", import.meta.url));

export class cluster {
  static async start() {
    const made = new cluster();
    made.folder = await mkdtemp(join(tmpdir(), "parley-page-"));
    await chmod(made.folder, 0o755); // PostgreSQL runs as another user where this runs as root
    const built = dirname(dirname(program()));
    await made.order("up", "--databases", "1", "--redis", "1", "--shards", "16", "--build", built);
    // On a busy machine a node may be unready again by now: the status then ends with 1, and tells all the same.
    made.status = JSON.parse((await made.order("status", "--json").catch((error) => error)).stdout);
    made.addresses = made.status.nodes.map(({ page }) => page);
    return made;
  }

  order(command, ...words) {
    return run(script, [command, ...words, "--dir", join(this.folder, "cluster")]);
  }

  /// The number of the node that owns the room: 1, 2, 3.
  async owner_of(room) {
    const words = ["--json", "rooms", room, "--postgres", this.status.databases[0].url];
    const { stdout } = await run(join(dirname(program()), "parleyctl"), words);
    return Number(JSON.parse(stdout).rooms[0].owner.slice(1));
  }

  async stop() {
    await this.order("down").finally(() => rm(this.folder, { recursive: true, force: true }));
  }
}
