/// Three nodes, and the one that owns the rooms is killed under load: no error reaches the application, nothing is lost.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { program } from "../../browser.test/node.js";
import { connect } from "../dist/index.js";
import { realWorld } from "../dist/world.js";
import { encoding } from "./frames.js";
import { History } from "./history.js";
import { numbers } from "./world.js";

const run = promisify(execFile);
const repository = fileURLToPath(new URL("../../../", import.meta.url));
const output = join(repository, "build", "client");
mkdirSync(output, { recursive: true });

const patience = { timeout: 90_000 }; // what hangs has failed
let folder;
let status;
const cluster = (command, ...words) =>
  run(join(repository, "scripts", "cluster"), [command, ...words, "--dir", join(folder, "cluster")]);

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "parley-client-"));
  await chmod(folder, 0o755); // PostgreSQL runs as another user where this runs as root
  await cluster("up", "--databases", "1", "--redis", "1", "--shards", "16", "--build", dirname(dirname(program())));
  // On a busy machine a node may be unready again by now: the status then ends with 1, and tells all the same.
  status = JSON.parse((await cluster("status", "--json").catch((error) => error)).stdout);
});

after(async () => {
  await cluster("down").finally(() => rm(folder, { recursive: true, force: true }));
});

/// Which node owns the room, by its number.
async function owner_of(room) {
  const words = ["--json", "rooms", room, "--postgres", status.databases[0].url];
  const { stdout } = await run(join(dirname(program()), "parleyctl"), words);
  return Number(JSON.parse(stdout).rooms[0].owner.slice(1));
}

/// A client that begins at one node, and knows them all.
function enter(history, user, first) {
  const urls = status.nodes.map(({ page }) => page);
  const world = realWorld(history.socket_class(user, user));
  const { random } = world;
  world.random = () => {
    world.random = random;
    return (first + 0.5) / urls.length;
  };
  return connect({ urls, user, world, encoding });
}

async function until(holds, what, seconds = 40) {
  const end = Date.now() + seconds * 1000;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
    await pause(10);
  }
}

test(
  "the node that owns the room is killed under load: clients at all nodes see no error and miss nothing",
  patience,
  async () => {
    const history = new History();
    history.add("fault", { fault: "links between nodes", phase: "begin" }); // a node repeats what a broken one lost
    const join_at = (user, first) => {
      const client = enter(history, user, first);
      const seen = [];
      client.join("general", { since: { term: 0, seq: 0 } }).on("event", (event) => seen.push(event));
      return { user, client, seen, errors: [], open: 0 };
    };
    const users = ["ana", "ben", "eve"].map(join_at);
    try {
      await Promise.all(users.map(({ client }) => client.room("general").whenLive()));
      let is_over = false;
      const load = users.map(async (one) => {
        const sent = [];
        for (const number of numbers(1, 1e6)) {
          if (is_over) break;
          one.open += 1;
          sent.push(
            one.client
              .publish("general", { text: `${one.user} ${number}` })
              .catch((error) => one.errors.push(error))
              .finally(() => (one.open -= 1)),
          );
          await pause(3);
          await until(() => one.open < 40, "the cluster keeps up");
        }
        await Promise.all(sent);
      });
      const acked = () => history.records.filter(({ op, phase }) => op === "publish" && phase === "ok").length;
      await until(() => acked() >= 100, "100 acks");

      const owner = await owner_of("general");
      const late = join_at("dan", owner - 1); // at the very node that will die, and in the middle of it all
      users.push(late);
      await late.client.room("general").whenLive();
      history.add("fault", { fault: "kill owner", phase: "begin" });
      const before = acked();
      await cluster("kill", String(owner));
      history.add("fault", { fault: "kill owner", phase: "end" });
      await until(() => acked() >= before + 100, "100 more acks");
      history.add("healed");
      is_over = true;
      await Promise.all(load);
      assert.notEqual(await owner_of("general"), owner);

      const living = status.nodes[owner % 3].page;
      const stored = await history.stored(living, "general");
      for (const { user, seen, errors } of users) {
        await until(() => seen.length >= stored.length, `${user} sees all`);
        assert.deepEqual(seen, stored, user);
        assert.deepEqual(errors, [], user);
      }
      history.add("settled");
      const judged = history.judge(join(output, "cluster.jsonl"), {
        acks: 200,
        joins: 4,
        resumes: 1,
        term_changes: 1,
        "fault:kill owner": 1,
      });
      assert.equal(judged.verdict, "valid", JSON.stringify(judged));
    } finally {
      for (const { client } of users) client.close();
    }
  },
);
