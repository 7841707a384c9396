/// An outbox that outlives its page: what one page leaves the next one sends, once and in order.
import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryStorage } from "../dist/index.js";
import { World, settled, told } from "./world.js";

test("a kept outbox is sent again by the next page, in order and under its ids, and forgotten once answered", async () => {
  const outbox = memoryStorage();
  const world = new World();
  const { client, room } = await world.liveRoom(1, { persist: { outbox } });
  for (const text of ["one", "two", "three"]) room.publish({ text }).catch(() => {});
  await settled();
  const before = world.ids();
  world.stores(0, 2);
  client.close();
  assert.equal(outbox.keys("parley:ana@node:8080:outbox:").length, 2);

  const next = new World();
  next.clock.ms = world.clock.ms - 5000; // a clock that stepped back: what is new still goes last
  const again = await next.connect({ persist: { outbox } });
  again.publish("general", { text: "four" });
  await next.admit();
  assert.deepEqual(next.texts(), ["two", "three", "four"]);
  assert.deepEqual(next.ids().slice(0, 2), before.slice(1));
  assert.ok(next.ids()[2] > next.ids()[1]);
  for (const index of [0, 1, 2]) next.stores(index, index + 3);
  assert.deepEqual(outbox.keys(""), []);
});

test("a kept message that is refused, or too old, is told: nobody waits for it", async () => {
  const outbox = memoryStorage();
  const first = new World();
  const client = await first.connect({ persist: { outbox } });
  client.publish("general", { text: "long ago" });
  first.clock.pass(86_400_000);
  client.publish("general", { text: "refused" });
  client.close();

  const next = new World();
  next.clock.ms = first.clock.ms;
  const again = await next.connect({ persist: { outbox } });
  await next.admit();
  assert.deepEqual(next.texts(), ["refused"]);
  next.refuses(0, "message_too_large");
  assert.deepEqual(
    told(again, "error").map(({ code }) => code),
    ["too_old", "message_too_large"],
  );
  assert.deepEqual(outbox.keys(""), []);
});

test("two tabs of one user share an outbox: none overwrites the other's, and what both send has one id", async () => {
  const outbox = memoryStorage();
  const first = new World();
  const one = await first.connect({ persist: { outbox } });
  one.publish("general", { text: "from one" });
  const second = new World();
  second.clock.pass(10);
  const two = await second.connect({ persist: { outbox } });
  two.publish("general", { text: "from two" });
  assert.equal(outbox.keys("").length, 2);
  await first.admit();
  await second.admit();
  assert.deepEqual([first.texts(), second.texts()], [["from one"], ["from one", "from two"]]);
  assert.equal(first.ids()[0], second.ids()[0]);
  first.stores(0, 1);
  second.stores(0, 1, true);
  second.stores(1, 2);
  assert.deepEqual(outbox.keys(""), []);
});

test("a kept message of another user or server is not sent", async () => {
  const outbox = memoryStorage();
  const first = new World();
  (await first.connect({ persist: { outbox } })).publish("general", { text: "ana's" });
  for (const options of [{ user: "ben" }, { url: "http://elsewhere" }]) {
    const world = new World();
    await world.connect({ ...options, persist: { outbox } });
    await world.admit();
    assert.deepEqual(world.texts(), []);
  }
});

test("what was kept and is unreadable is removed, and stops nothing", async () => {
  const outbox = memoryStorage();
  for (const [index, text] of ["{", "null", "[]", '{"room":"r"}'].entries())
    outbox.set(`parley:ana@node:8080:outbox:${index}`, text);
  const world = new World();
  await world.connect({ persist: { outbox } });
  await world.admit();
  assert.deepEqual([world.texts(), outbox.keys("")], [[], []]);
});
