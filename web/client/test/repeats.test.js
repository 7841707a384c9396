/// What was not answered goes again: over losses and failures, in order, under one id, and never twice.
import assert from "node:assert/strict";
import { test } from "node:test";
import { World, at, settled, told } from "./world.js";

test("what was not answered goes again after a loss, in order and under the same ids, before what is newer", async () => {
  const world = new World();
  const { room } = await world.liveRoom(1);
  const promises = ["one", "two", "three"].map((text) => room.publish({ text }));
  await settled();
  const first_ids = world.ids();
  world.stores(0, 2);
  world.socket.ends(1006);
  promises.push(room.publish({ text: "four" }));
  await world.resume(1, 3);
  assert.deepEqual(world.texts(), ["two", "three", "four"]);
  assert.deepEqual(world.ids().slice(0, 2), first_ids.slice(1));
  (world.stores(0, 3, true), world.stores(1, 4), world.stores(2, 5));
  assert.deepEqual(
    (await Promise.all(promises)).map(({ seq }) => seq),
    [2, 3, 4, 5],
  );
});

test("what is written before the first connection waits for it", async () => {
  const world = new World();
  const client = await world.connect();
  const promise = client.publish("elsewhere", { text: "early" });
  await world.admit();
  world.stores(0, 1);
  assert.equal((await promise).seq, 1);
});

test("a draft that the application changes later is repeated as it was", async () => {
  const world = new World();
  const { room } = await world.liveRoom(1);
  const draft = { text: "first", metadata: { n: 1 } };
  room.publish(draft);
  draft.text = "second";
  draft.metadata.n = 2;
  await settled();
  world.socket.ends(1006);
  await world.resume(1);
  assert.deepEqual(
    [world.socket.asked("publish").publish.text, world.socket.asked("publish").publish.metadata],
    ["first", { n: 1 }],
  );
});

test("after unavailable or outcome_unknown nothing goes before all answers of the room have come, then all in order", async () => {
  for (const name of ["unavailable", "outcome_unknown", "internal"]) {
    const world = new World({ random: 0.5 });
    const { room } = await world.liveRoom(1);
    for (const text of ["one", "two", "three"]) room.publish({ text });
    await settled();
    world.refuses(0, name);
    room.publish({ text: "four" });
    await settled();
    world.clock.pass(15_000);
    assert.equal(world.texts().length, 3, name);
    world.refuses(1, name);
    world.refuses(2, name, { retry_after_ms: 2000 });
    world.clock.pass(2249);
    assert.equal(world.texts().length, 3, "a pause of its own on top of the server's");
    world.clock.pass(1);
    assert.deepEqual(world.texts(3), ["one", "two", "three", "four"], name);
    assert.deepEqual(world.ids().slice(3, 6), world.ids().slice(0, 3));
  }
});

test("an answer that is none leaves open whether it is stored: the connection is left, and the publish goes again", async () => {
  for (const nonsense of [{ pong: {} }, { published: { room: "general", duplicate: true } }]) {
    const world = new World();
    const { client, room } = await world.liveRoom(1);
    const promise = room.publish({ text: "hello" });
    await settled();
    const [id] = world.ids();
    world.socket.answer("publish", nonsense);
    assert.deepEqual([client.state, told(client, "state").at(-1).cause.code], ["resuming", "broken_frame"]);
    await world.resume(1);
    assert.deepEqual([world.texts(), world.ids()], [["hello"], [id]]);
    world.stores(0, 2, true);
    assert.equal((await promise).seq, 2);
  }
});

test("one room's failure holds back no other room", async () => {
  const world = new World();
  const { client, room } = await world.liveRoom(1);
  room.publish({ text: "here" });
  client.publish("other", { text: "there" });
  await settled();
  world.refuses(0, "unavailable");
  world.stores(1, 1);
  client.publish("other", { text: "there too" });
  await settled();
  assert.deepEqual(world.texts(), ["here", "there", "there too"]);
});

test("every pattern of failures keeps the order and stores each message once", async () => {
  // A server that follows the protocol: after a failure it refuses what is already behind it, until all was answered.
  for (let seed = 0; seed < 64; seed += 1) {
    const world = new World({ random: 0 });
    const { room } = await world.liveRoom(0);
    const stored = [];
    let asked = 0;
    let answered = 0;
    let failing = 0; // how many answers are still to fail
    const promises = ["a", "b", "c", "d", "e", "f"].map((text) => room.publish({ text }));
    for (let step = 0; stored.length < 6; step += 1) {
      assert.ok(step < 1000, `seed ${seed} ends`);
      const all = world.socket.all("publish");
      if (answered === all.length) {
        (world.clock.pass(1), await settled());
        asked += 1;
        assert.ok(asked < 500);
        continue;
      }
      if (failing === 0 && step < 6 && (seed >> step) & 1) failing = all.length - answered;
      if (failing > 0) {
        failing -= 1;
        world.refuses(answered, "unavailable");
      } else {
        const { client_msg_id } = all[answered].publish;
        const before = stored.indexOf(client_msg_id);
        if (before < 0) stored.push(client_msg_id);
        world.stores(answered, before < 0 ? stored.length : before + 1, before >= 0);
      }
      answered += 1;
    }
    assert.deepEqual(
      (await Promise.all(promises)).map(({ seq }) => seq),
      [1, 2, 3, 4, 5, 6],
      `seed ${seed}`,
    );
  }
});

test("a connection that answers no publish is left for another", async () => {
  const world = new World();
  const { client, room } = await world.liveRoom(1);
  room.publish({ text: "hello?" });
  await settled();
  for (let turn = 0; turn < 19; turn += 1) (world.clock.pass(1000), world.socket.says());
  assert.equal(client.state, "connected");
  world.clock.pass(1000);
  assert.equal(client.state, "resuming");
  await world.resume(1);
  assert.deepEqual(world.texts(), ["hello?"]);
});

test("one room's answers do not hide that another room's never come", async () => {
  const world = new World();
  const { client, room } = await world.liveRoom(1);
  room.publish({ text: "hello?" });
  for (let turn = 1; turn < 20; turn += 1) {
    client.publish("other", { text: `${turn}` });
    await settled();
    world.stores(turn, turn);
    world.clock.pass(1000);
  }
  assert.equal(client.state, "connected");
  world.clock.pass(1000);
  assert.equal(client.state, "resuming");
});

test("what was sent and is older than the server's memory of keys is given up, what was never sent is not", async () => {
  const world = new World();
  const { room } = await world.liveRoom(1);
  const sent = room.publish({ text: "sent" });
  await settled();
  world.socket.ends(1006);
  const unsent = room.publish({ text: "unsent" });
  world.clock.sleep(86_400_000);
  await settled();
  await world.admit({ general: { start: at(1), head: at(1), recovered: true } });
  await assert.rejects(sent, { code: "too_old", room: "general" });
  assert.deepEqual(world.texts(), ["unsent"]);
  world.stores(0, 2);
  await unsent;
});
