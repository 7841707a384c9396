/// The library against a `parleyd` of the test's own. What the sockets saw under faults is judged by `parley-check`.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { WebSocket, WebSocketServer } from "ws";
import { node } from "../../browser.test/node.js";
import { connect, memoryStorage } from "../dist/index.js";
import { encoding } from "./frames.js";
import { History } from "./history.js";
import { numbers } from "./world.js";

const output = fileURLToPath(new URL("../../../build/client/", import.meta.url));
mkdirSync(output, { recursive: true });

const patience = { timeout: 60_000 }; // what hangs has failed
let server;
const clients = [];
before(async () => (server = await node.start()));
after(async () => {
  for (const client of clients) client.close();
  await server?.stop();
});

function enter(user, options = {}) {
  const client = connect({ url: server.address, user, WebSocket, encoding, ...options });
  clients.push(client);
  return client;
}

/// Waits for what must come true.
async function until(holds, what, seconds = 30) {
  const end = Date.now() + seconds * 1000;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
    await pause(10);
  }
}

/// Reads the room in a loop; `seen` grows with it.
function read(room) {
  const seen = [];
  const loop = (async () => {
    for await (const event of room) seen.push(event);
  })();
  return { seen, loop, seqs: () => seen.map(({ seq }) => seq) };
}

test("two users chat; what one publishes the other's loop yields, with all its content", patience, async () => {
  const [ana, ben] = [enter("ana"), enter("ben")];
  const [of_ana, of_ben] = [ana.join("chat"), ben.join("chat", { rewind: 10 })];
  const { seen } = read(of_ben);
  const first = await of_ana.publish({
    text: "hello",
    parts: [{ type: "image/png", url: "https://example.org/cat.png" }],
    metadata: { mood: "fine" },
  });
  assert.deepEqual([first.seq, first.duplicate], [1, false]);
  await of_ben.publish({ text: "hi", replyTo: first.seq });
  await until(() => seen.length === 2, "two events");
  const [hello, hi] = seen;
  assert.deepEqual(
    [hello.kind, hello.sender, hello.text, hello.metadata, hi.sender, hi.reply_to],
    ["message.created", "ana", "hello", { mood: "fine" }, "ben", 1],
  );
  assert.equal(hello.parts[0].url, "https://example.org/cat.png");
  assert.deepEqual([of_ben.messages.size, ben.user, ben.limits.history_limit], [2, "ben", 200]);
});

test("older history joins on below what a rewind brought", patience, async () => {
  const client = enter("ana");
  for (const number of numbers(1, 30)) client.publish("old", { text: `text ${number}` });
  await client.publish("old", { text: "text 31" });
  const room = client.join("old", { rewind: 5 });
  await room.whenLive();
  assert.deepEqual(
    room.messages.list().map(({ text }) => text),
    numbers(27, 31).map((number) => `text ${number}`),
  );
  await room.history.older(20);
  await room.history.older(20);
  assert.deepEqual(
    room.messages.list().map(({ seq }) => seq),
    numbers(1, 31),
  );
  assert.deepEqual([room.history.hasOlder, await room.history.older()], [false, []]);
  const page = await room.history.page({ around: 10, limit: 4, view: "events" });
  assert.deepEqual(
    page.events.map(({ seq }) => seq),
    [8, 9, 10, 11],
  );
});

test(
  "the node's refusals are typed errors: a room's name, a reply to nothing, a key used twice",
  patience,
  async () => {
    const client = enter("ana");
    await assert.rejects(client.join("no such room!").whenLive(), { code: "bad_request", number: 4000 });
    const room = client.join("refusals");
    await assert.rejects(room.publish({ text: "x", replyTo: 99 }), { code: "message_not_found", number: 4041 });
    const { seq } = await room.publish({ text: "x", clientMsgId: "k" });
    assert.deepEqual(
      await room.publish({ text: "x", clientMsgId: "k" }).then((again) => [again.seq, again.duplicate]),
      [seq, true],
    );
    await assert.rejects(room.publish({ text: "y", clientMsgId: "k" }), { code: "idempotency_mismatch" });
    assert.equal(client.state, "connected");
  },
);

test("a token is refused by the development mode: the client closes with the node's words", patience, async () => {
  let asked = 0;
  const client = enter(undefined, { getToken: () => `token ${++asked}` });
  await assert.rejects(client.whenConnected(), { code: "bad_request" });
  assert.deepEqual([client.state, asked], ["closed", 1]);
});

test(
  "what is no node is a typed error with another attempt: another server, another path, nobody",
  patience,
  async () => {
    const other = createServer((_, answer) => answer.end("hello")).listen(0, "127.0.0.1");
    await until(() => other.listening, "a server");
    const nobody = createServer().listen(0, "127.0.0.1");
    await until(() => nobody.listening, "a port");
    const { port } = nobody.address();
    nobody.close();
    try {
      for (const url of [
        `http://127.0.0.1:${other.address().port}`,
        new URL("v1/elsewhere", server.address).href,
        `http://127.0.0.1:${port}`,
      ]) {
        const client = enter("ana", { url });
        const failed = await new Promise((resolve) => client.on("state", (state) => state.cause && resolve(state)));
        assert.deepEqual(
          [failed.cause.code, failed.state, failed.retryAt > 0],
          ["connection_lost", "connecting", true],
          url,
        );
        client.close();
      }
    } finally {
      other.close();
    }
    const client = enter("ana", { urls: [`http://127.0.0.1:${port}`, server.address], world: undefined });
    await client.whenConnected();
  },
);

test("a server of another version is told apart, and the next address is tried", patience, async () => {
  const later = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: () => "parley.v2.json" });
  const none = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: () => false });
  // As a node does that speaks only later versions: this one, asked for what it does not know.
  const refusing = class extends WebSocket {
    constructor(url) {
      super(url, ["parley.v0.json"]);
    }
  };
  try {
    await until(() => later.address() && none.address(), "two servers");
    const others = [later, none].map((other) => ({ url: `http://127.0.0.1:${other.address().port}` }));
    for (const options of [...others, { WebSocket: refusing }]) {
      const client = enter("ana", options);
      const failed = await new Promise((resolve) => client.on("state", (state) => state.cause && resolve(state)));
      assert.deepEqual([failed.cause.code, failed.state, failed.retryAt > 0], ["wrong_version", "connecting", true]);
      client.close();
    }
    const client = enter("ana", { url: undefined, urls: [others[0].url, others[1].url, server.address] });
    await client.whenConnected();
  } finally {
    (later.close(), none.close());
  }
});

test("a loop that is slow stops the stream, catches up from storage, and misses nothing", patience, async () => {
  const count = 800;
  const [writer, reader] = [enter("ana", { outboxMax: count }), enter("ben")];
  const room = reader.join("slow", { buffer: 50 });
  await room.whenLive();
  let stops = 0;
  room.on("catchingUp", () => (stops += 1));
  const loop = room[Symbol.asyncIterator]();
  const seqs = [(await Promise.all([loop.next(), writer.publish("slow", { text: "first" })]))[0].value.seq];
  await Promise.all(numbers(2, count).map((number) => writer.publish("slow", { text: `text ${number}` })));
  await until(() => stops > 0, "the stream stops");
  assert.equal(room.position.seq, 51, "the one that was taken and fifty that wait");
  while (seqs.length < count) seqs.push((await loop.next()).value.seq);
  assert.deepEqual(seqs, numbers(1, count));
  await room.whenLive();
});

test("two tabs of one user share an outbox: the node stores what both send once", patience, async () => {
  const outbox = memoryStorage();
  const away = enter("ana", { url: "http://127.0.0.1:9", persist: { outbox, name: "ana" } });
  for (const text of ["one", "two", "three"]) away.publish("tabs", { text });
  const tabs = [1, 2].map(() => enter("ana", { persist: { outbox, name: "ana" } }));
  const { seqs, seen } = read(tabs[0].join("tabs", { rewind: 10 }));
  await until(() => outbox.keys("").length === 0 && seen.length >= 3, "all is answered");
  await tabs[1].publish("tabs", { text: "four" });
  await until(() => seen.length >= 4, "the fourth");
  assert.deepEqual(
    [seqs(), seen.map(({ text }) => text)],
    [
      [1, 2, 3, 4],
      ["one", "two", "three", "four"],
    ],
  );
});

test(
  "kill -9 and a drain under load with two clients and three rooms: nothing is lost, doubled or turned round",
  patience,
  async () => {
    const history = new History();
    const rooms = ["load-1", "load-2", "load-3"];
    const users = ["ana", "ben"].map((user) => {
      const client = enter(user, { WebSocket: history.socket_class(user, user) });
      const read_rooms = rooms.map((name) => ({ name, ...read(client.join(name, { rewind: 0 })) }));
      return { client, user, read_rooms, sent: [], errors: [], states: [] };
    });
    for (const { client, states } of users) client.on("state", ({ state }) => states.push(state));
    await Promise.all(users.map(({ client }) => client.whenConnected()));

    let is_over = false;
    const load = users.map(async ({ client, user, sent, errors }) => {
      let open = 0;
      for (let number = 1; !is_over; number += 1) {
        const answered = client.publish(rooms[number % rooms.length], { text: `${user} ${number}` });
        open += 1;
        sent.push(answered.catch((error) => errors.push(error)).finally(() => (open -= 1)));
        await pause(2);
        await until(() => open < 60, "the node keeps up"); // also while it is away
      }
    });
    const acked = () => history.records.filter(({ op, phase }) => op === "publish" && phase === "ok").length;
    const more = (count) => {
      const goal = acked() + count;
      return until(() => acked() >= goal, `${count} more acks`);
    };

    await more(60);
    for (const fault of ["kill", "drain"]) {
      history.add("fault", { fault, phase: "begin" });
      if (fault === "kill") await server.kill();
      else await server.drain();
      await server.run();
      history.add("fault", { fault, phase: "end" });
      await more(60);
    }
    history.add("healed");
    is_over = true;
    await Promise.all(load);
    await Promise.all(users.flatMap(({ sent }) => sent));

    for (const [index, room] of rooms.entries()) {
      const stored = await history.stored(server.address, room);
      for (const { user, read_rooms } of users) {
        const { seen } = read_rooms[index];
        await until(() => seen.length >= stored.length, `${user} sees all of ${room}`);
        assert.deepEqual(seen, stored, `${user} in ${room}`);
        const own = seen.filter(({ sender }) => sender === user).map(({ text }) => Number(text.split(" ")[1]));
        assert.deepEqual(
          own,
          [...own].sort((a, b) => a - b),
          `the order of ${user} in ${room}`,
        );
      }
    }
    history.add("settled");
    for (const { errors, states } of users) {
      assert.deepEqual(errors, []);
      assert.ok(states.filter((state) => state === "resuming").length >= 2);
    }
    const judged = history.judge(`${output}history-${encoding.subprotocol}.jsonl`, {
      acks: 180,
      joins: 6,
      resumes: 10,
      "fault:kill": 1,
      "fault:drain": 1,
    });
    assert.equal(judged.verdict, "valid", JSON.stringify(judged));
  },
);
