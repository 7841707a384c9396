/// A client against a node in miniature, under many seeds: whatever breaks, each reader gets each event once, in order, and
/// each message is stored once, in the order in which it was published.
import assert from "node:assert/strict";
import { test } from "node:test";
import { connect } from "../dist/index.js";
import { encoding } from "./frames.js";
import { ModelNode, chance } from "./model.js";
import { FakeClock, numbers, settled } from "./world.js";

const seeds = Number(process.env.PARLEY_CLIENT_SEEDS ?? 100);
const steps = 150;

/// @returns what was met, or throws what was broken
async function live_through(seed) {
  const random = chance(seed);
  const clock = new FakeClock();
  const node = new ModelNode(random);
  const world = {
    now: () => clock.ms,
    after: (ms, act) => clock.after(ms, act),
    random,
    randomBytes: (count) => new Uint8Array(count).map(() => random() * 256),
    open: (url, protocol) => node.open(url, protocol),
  };
  const client = connect({ url: "http://node", user: "ana", world, encoding });
  const [fast, slow] = [
    client.join("a", { since: { term: 0, seq: 0 } }),
    client.join("b", { since: { term: 0, seq: 0 }, buffer: 3 }),
  ];
  const broken = [];
  for (const room of [fast, slow]) room.on("broken", ({ message }) => broken.push(message));
  const heard = [];
  fast.on("event", ({ seq }) => heard.push(seq));
  const loop = slow[Symbol.asyncIterator]();
  const looped = [];
  let is_asked = false;
  const take = () => {
    if (is_asked) return;
    is_asked = true;
    loop.next().then(({ value }) => (is_asked = !value || !looped.push(value.seq)));
  };

  const sent = { a: [], b: [] };
  const answers = [];
  for (let step = 0; step < steps; step += 1) {
    if (random() < 0.3) {
      const room = random() < 0.5 ? "a" : "b";
      sent[room].push(`${sent[room].length}`);
      answers.push(client.publish(room, { text: sent[room].at(-1) }));
    }
    if (random() < 0.3) take();
    node.step();
    clock.pass(random() < 0.2 ? 400 : 5);
    await settled();
  }
  node.is_well = true;
  const all = { a: () => heard, b: () => looped };
  const is_over = () =>
    ["a", "b"].every((room) => all[room]().length === node.log(room).length && client.room(room).state === "live");
  for (let step = 0; step < 500 && !(is_over() && fast.pending.length + slow.pending.length === 0); step += 1) {
    take();
    node.step();
    clock.pass(100);
    await settled();
  }
  assert.deepEqual(broken, []);
  assert.equal((await Promise.all(answers)).length, answers.length);
  for (const room of ["a", "b"]) {
    assert.deepEqual(all[room](), numbers(1, node.log(room).length), room);
    const own = node.log(room).filter(({ sender }) => sender === "ana");
    assert.deepEqual(
      own.map(({ text }) => text),
      sent[room],
      room,
    );
  }
  client.close();
  assert.equal(clock.timers.size, 0);
  return node.met;
}

test(
  `${seeds} lives under changing luck lose nothing, double nothing and turn nothing round`,
  { timeout: 120_000 + seeds * 400 },
  async () => {
    const met = {};
    for (let seed = 1; seed <= seeds; seed += 1) {
      try {
        for (const [what, times] of Object.entries(await live_through(seed))) met[what] = (met[what] ?? 0) + times;
      } catch (error) {
        error.message = `seed ${seed}: ${error.message}`;
        throw error;
      }
    }
    // A test that meets nothing proves nothing.
    for (const [what, times] of Object.entries(met)) assert.ok(times > seeds / 10, `${what}: only ${times}`);
  },
);
