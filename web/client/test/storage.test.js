/// Where things are kept: the browser's storages fit, and one that fails costs no message.
import assert from "node:assert/strict";
import { test } from "node:test";
import { webStorage } from "../dist/index.js";
import { World, at, told } from "./world.js";

test("the browser's storages fit", () => {
  const kept = new Map();
  const web = {
    get length() {
      return kept.size;
    },
    key: (index) => [...kept.keys()][index] ?? null,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, value),
    removeItem: (key) => kept.delete(key),
  };
  for (const storage of [webStorage(web), webStorage(() => web)]) {
    (storage.set("a:1", "x"), storage.set("a:2", "y"), storage.set("b:1", "z"));
    storage.remove("a:2");
    assert.deepEqual([storage.keys("a:"), storage.get("a:1"), storage.get("a:2")], [["a:1"], "x", null]);
  }
});

test("a storage whose very name throws, as where a page may keep nothing, is one that fails", async () => {
  const world = new World();
  const outbox = webStorage(() => {
    throw new DOMException("no", "SecurityError");
  });
  const client = await world.connect({ persist: { outbox, positions: outbox } });
  const promise = client.publish("general", { text: "hello" });
  await world.admit();
  world.stores(0, 1);
  assert.equal((await promise).seq, 1);
  assert.deepEqual([...new Set(told(client, "error").map(({ code }) => code))], ["storage_failed"]);
});

test("a storage that is full or forbidden costs no message, and is told", async () => {
  const full = {
    get: () => null,
    set: () => {
      throw new DOMException("full", "QuotaExceededError");
    },
    remove: () => {},
    keys: () => [],
  };
  const forbidden = Object.fromEntries(
    ["get", "set", "remove", "keys"].map((name) => [
      name,
      () => {
        throw new DOMException("no", "SecurityError");
      },
    ]),
  );
  for (const outbox of [full, forbidden]) {
    const world = new World();
    const client = await world.connect({ persist: { outbox, positions: outbox } });
    const room = client.join("general", { rewind: 1 });
    const promise = room.publish({ text: "hello" });
    room.on("event", () => {});
    await world.admit({ general: { start: at(0), head: at(1) } });
    world.push(0, 1, "history");
    world.clock.pass(1000);
    world.stores(0, 2);
    assert.equal((await promise).seq, 2);
    const errors = told(client, "error");
    assert.ok(errors.length >= 2 && errors.every(({ code }) => code === "storage_failed"), errors.join());
  }
});
