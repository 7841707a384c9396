/// The page's side of `/dev/faults`, against nodes that keep to it.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, test } from "node:test";
import { load } from "./load.js";

const { Faults, FaultError } = await load("../demo/src/faults.ts");
const servers = [];
after(() => servers.forEach((server) => server.close()));

/// A node in development mode. `asked`: what it was asked for, with its header.
async function node(name, { peers = [], owner = null, refuses = null } = {}) {
  const made = { name, peers, owner, asked: [], isDead: false };
  const server = createServer(async (request, answer) => {
    let body = "";
    for await (const piece of request) body += piece;
    if (made.isDead) return request.socket.destroy();
    made.asked.push(`${request.method} ${request.url} ${body}`.trim());
    const reply = (status, told) => answer.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(told));
    if (request.headers["parley-development"] !== "faults") return reply(403, { detail: "the header is missing" });
    if (refuses) return reply(refuses, { detail: "not now" });
    if (request.url === "/dev/faults") return reply(200, { history_delay_ms: 0, fan_out: "running", node: name, peers: made.peers, may_kill: true });
    if (request.url.endsWith("/owner")) return made.owner ? reply(200, made.owner) : reply(404, { detail: "nobody" });
    if (request.url === "/dev/faults/kill") {
      made.isDead = true;
      return request.socket.destroy();
    }
    return reply(200, {});
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  servers.push(server);
  made.address = `http://127.0.0.1:${server.address().port}`;
  return made;
}

test("a node that offers no faults has no buttons", async () => {
  const without = await node("n1", { refuses: 404 });
  assert.equal(await Faults.of(without.address, fetch), null);
  assert.equal(await Faults.of("http://127.0.0.1:1", fetch), null);
});

test("a fault is asked of every node, since a client may be at any", async () => {
  const other = await node("n2");
  const own = await node("n1", { peers: [`${other.address}/`, "nonsense"] });
  const faults = await Faults.of(own.address, fetch);
  assert.deepEqual(faults.nodes, [own.address, other.address]);
  await faults.delayHistory(3000);
  await faults.setFanOut("stopped");
  for (const { asked } of [own, other]) {
    assert.deepEqual(asked.slice(-2), ['PUT /dev/faults/history_delay {"ms":3000}', 'PUT /dev/faults/fan_out {"state":"stopped"}']);
  }
  assert.deepEqual([faults.state.history_delay_ms, faults.state.fan_out], [3000, "stopped"]);
});

test("a dead node does not keep the others from their fault; where none does it, that is said", async () => {
  const other = await node("n2");
  const own = await node("n1", { peers: [other.address] });
  const faults = await Faults.of(own.address, fetch);
  own.isDead = true;
  await faults.delayHistory(3000);
  assert.deepEqual(other.asked, ['PUT /dev/faults/history_delay {"ms":3000}']);
  other.isDead = true;
  await assert.rejects(faults.setFanOut("stopped"), new FaultError("no node answers"));
  assert.equal(faults.state.fan_out, "running");
});

test("the owner of the room is found, also when this page's node is gone, and killed at its own address", async () => {
  const owner = await node("n2");
  const third = await node("n3", { owner: { node: "n2", address: owner.address } });
  const own = await node("n1", { peers: [owner.address, third.address] });
  const faults = await Faults.of(own.address, fetch);
  own.isDead = true;
  assert.equal(await faults.killOwnerOf("irc-2008"), "n2");
  assert.ok(owner.isDead);
  assert.deepEqual(third.asked, ["GET /dev/rooms/irc-2008/owner"]);
});

test("a room without an owner, and a node that will not be killed, say what to do", async () => {
  const own = await node("n1");
  const faults = await Faults.of(own.address, fetch);
  await assert.rejects(faults.killOwnerOf("empty"), /write something into it first/u);
  const refusing = await node("n2", { refuses: 403 });
  own.owner = { node: "n2", address: refusing.address };
  await assert.rejects(faults.killOwnerOf("general"), /n2 was not killed: not now/u);
});
