/// The load and its check against servers that live in this process: one that keeps every promise, and some that do not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { histogram } from "../driver/histogram.js";
import { load } from "../driver/load.js";
import { marked, scan } from "../driver/marker.js";
import { stream_check } from "../driver/stream_check.js";

const times = { warm_up_s: 0.05, seconds: 0.2, drain_s: 5 };
const options = { to: "here", prefix: "t", mode: "fan-out", rooms: 2, readers: 3, rate: 200, window: 4, text_bytes: 80, ...times };

/// @param spoil (frames of a reader, one text) => frames to hand to that reader; default: the text, once
function server(spoil = (reader, text) => [text]) {
  const rooms = new Map();
  let readers = 0;
  return {
    async open(to, user, events) {
      return {
        async join(room) {
          const number = readers++;
          rooms.set(room, [...(rooms.get(room) ?? []), (text) => spoil(number, text).forEach((one) => scan(one, events.received))]);
        },
        publish(room, number, text, due_us) {
          setImmediate(() => {
            events.acked(due_us);
            for (const reader of rooms.get(room) ?? []) reader(`{"text":"${text}"}`);
          });
        },
        close() {},
      };
    },
  };
}

async function seen_of(protocol, more = {}) {
  const run = new load(protocol, { ...options, ...more });
  let begins = 0;
  await run.open();
  const figures = await run.run(() => (begins += 1));
  const told = await run.settle();
  assert.equal(begins, 1);
  const { published, ...seen } = told;
  assert.ok(published >= figures.publishes);
  return { figures, seen, trouble: run.trouble };
}

test("a server that keeps its promises is counted and found clean", async () => {
  for (const mode of ["paced", "fan-out"]) {
    const { figures, seen, trouble } = await seen_of(server(), { mode });
    assert.deepEqual(seen, { unacked: 0, lost: 0, repeated: 0, disordered: 0 });
    assert.equal(trouble, null);
    assert.ok(figures.acks > 5);
    assert.ok(figures.deliveries >= (figures.acks - 8) * 3);
    assert.ok(figures.ack_p50_us > 0 && figures.delivery_p99_us >= figures.delivery_p50_us);
  }
});

test("a paced run keeps its rate", async () => {
  const { figures } = await seen_of(server(), { mode: "paced", seconds: 0.5 });
  assert.equal(figures.publishes, 100);
});

test("without readers the window counts acks alone", async () => {
  const { figures, seen } = await seen_of(server(), { mode: "publish", readers: 0 });
  assert.ok(figures.acks > 20);
  assert.equal(figures.deliveries, 0);
  assert.equal(seen.lost, 0);
});

test("what is lost, repeated or late is told", async () => {
  const is = (text, number) => text.includes(`,0,${number}@`);
  const paced = { mode: "paced", seconds: 0.1 };
  const repeats = await seen_of(server((reader, text) => (reader === 0 && is(text, 3) ? [text, text] : [text])), paced);
  assert.deepEqual(repeats.seen, { unacked: 0, lost: 0, repeated: 1, disordered: 0 });
  const losses = await seen_of(server((reader, text) => (reader === 0 && is(text, 3) ? [] : [text])), { ...paced, drain_s: 0.2 });
  assert.deepEqual(losses.seen, { unacked: 0, lost: 1, repeated: 0, disordered: 0 });
  let kept = "";
  const swaps = await seen_of(server((reader, text) => {
    if (reader !== 0 || !(is(text, 3) || is(text, 4))) return [text];
    if (is(text, 3)) return (kept = text), [];
    return [text, kept];
  }), paced);
  assert.deepEqual(swaps.seen, { unacked: 0, lost: 0, repeated: 0, disordered: 1 });
});

test("a message of another room is trouble", async () => {
  const { trouble } = await seen_of(server((reader, text) => [text.replace(",0,", ",1,")]), { mode: "paced", seconds: 0.1 });
  assert.match(trouble, /a message of room 1 came to a reader of room 0/u);
});

test("a check tells what never came", () => {
  const check = new stream_check();
  [1, 2, 5, 4, 5].forEach((number) => check.take(number));
  assert.deepEqual([check.seen, check.repeated, check.disordered, check.lost(6)], [4, 1, 1, 2]);
});

test("a marker is found in any frame, as often as it stands there", () => {
  const texts = [marked(123, 7, 1, 160), marked(456, 7, 2, 160)];
  const found = [];
  scan(`[{"a":"${texts[0]}"},{"b":"${texts[1]}"}]`, (...all) => found.push(all));
  scan("a@b,c", (...all) => found.push(all));
  assert.deepEqual(found, [[123, 7, 1], [456, 7, 2]]);
  assert.equal(texts[0].length, 160);
});

test("a histogram is right to a 64th", () => {
  const latencies = new histogram();
  assert.equal(latencies.at(0.5), null);
  for (let us = 1; us <= 10_000; ++us) latencies.add(us);
  for (const [p, want] of [[0.5, 5000], [0.99, 9900], [0.999, 9990], [1, 10_000]]) {
    const got = latencies.at(p);
    assert.ok(got >= want && got <= want * (1 + 1 / 64) + 1, `${p}: ${got}`);
  }
});
