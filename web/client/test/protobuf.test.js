/// Protobuf against its own compiler, which knows the schema from the .proto file and shares no code with the library; and
/// bytes that are no message.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { json } from "../dist/encoding.js";
import { protobuf } from "../dist/protobuf/index.js";
import { kind, Writer } from "../dist/protobuf/wire.js";
import { schema } from "../scripts/make-schema.js";
import { chance } from "./model.js";
import { World, settled } from "./world.js";

const proto = fileURLToPath(new URL("../../../proto/", import.meta.url));
const source = `${proto}parley/v1/client.proto`;

/// What protoc makes of a frame in its text form, or reads out of its bytes.
const protoc = (how, input) =>
  execFileSync("protoc", [`-I${proto}`, `--${how}=parley.v1.Frame`, source], { input, maxBuffer: 2 ** 24 });
const compiled = (text) => new Uint8Array(protoc("encode", text));
const written = (...bodies) => protobuf.frame(bodies.map(protobuf.envelope));
const position = { term: 1_764_000_000_000, seq: 41 };

test("the schema that the library holds is that of the .proto file", () => {
  const made = readFileSync(new URL("../src/protobuf/schema.ts", import.meta.url), "utf8");
  assert.equal(made, schema(readFileSync(source, "utf8")), "run web/client/scripts/make-schema.js");
});

test("what a client asks is, byte for byte, what Protobuf's compiler writes", () => {
  const cases = [
    [
      {
        id: 1,
        connect: {
          user: "ana",
          client: { name: "app", version: "2" },
          rooms: { "café 😀": { since: position, on_gap: "jump", max: 100 } },
        },
      },
      `id: 1 connect { user: "ana" client { name: "app" version: "2" } rooms { key: "café 😀" value {
         since { term: 1764000000000 seq: 41 } on_gap: ON_GAP_JUMP max: 100 } } }`,
    ],
    [{ id: 2, connect: { token: "t", rooms: {} } }, 'id: 2 connect { token: "t" }'],
    [{ id: 300, join: { room: "r", rewind: { limit: 0 } } }, 'id: 300 join { room: "r" rewind { } }'],
    [{ id: 3, join: { room: "r", rewind: { limit: 1000 } } }, 'id: 3 join { room: "r" rewind { limit: 1000 } }'],
    [{ id: 4, join: { room: "r", since: { term: 0, seq: 0 } } }, 'id: 4 join { room: "r" since { } }'],
    [{ id: 5, leave: { room: "r" } }, 'id: 5 leave { room: "r" }'],
    [
      {
        id: 6,
        publish: {
          room: "r",
          client_msg_id: "k",
          text: "line\n\u0000end",
          parts: [
            { type: "text/plain", content: "" },
            { type: "image/png", url: "https://example.org/cat.png" },
          ],
          reply_to: 2 ** 53 - 1,
        },
      },
      `id: 6 publish { room: "r" client_msg_id: "k" text: "line\\n\\000end" parts { type: "text/plain" content: "" }
         parts { type: "image/png" url: "https://example.org/cat.png" } reply_to: 9007199254740991 }`,
    ],
    [
      {
        id: 7,
        publish: { room: "r", text: "t", metadata: { list: [null, false, 0, -1.5, "", {}, [[]], { x: 1e300 }] } },
      },
      `id: 7 publish { room: "r" text: "t" metadata { fields { key: "list" value { list_value {
         values { null_value: NULL_VALUE } values { bool_value: false } values { number_value: 0 }
         values { number_value: -1.5 } values { string_value: "" } values { struct_value { } }
         values { list_value { values { list_value { } } } }
         values { struct_value { fields { key: "x" value { number_value: 1e300 } } } } } } } } }`,
    ],
    [{ id: 8, publish: { room: "r", text: "t", metadata: {} } }, 'id: 8 publish { room: "r" text: "t" metadata { } }'],
    [
      { id: 9, history: { room: "r", before: 0, limit: 50, view: "events" } },
      'id: 9 history { room: "r" before: 0 limit: 50 view: VIEW_EVENTS }',
    ],
    [{ id: 2 ** 32 - 1, ping: {} }, "id: 4294967295 ping { }"],
    [{ id: 10, refresh: { token: "t" } }, 'id: 10 refresh { token: "t" }'],
  ];
  for (const [body, text] of cases) assert.deepEqual(written(body), compiled(`envelopes { ${text} }`), text);
  assert.deepEqual(
    written({ id: 1, ping: {} }, { id: 2, ping: {} }),
    compiled("envelopes { id: 1 ping {} } envelopes { id: 2 ping {} }"),
  );
});

test("what a server says reads as its JSON would, whatever it leaves out", () => {
  const [first, second, ...others] = protobuf.read(
    compiled(`
      envelopes { id: 1 connected { conn_id: "c" user: "ana" node: "n1" ping_ms: 25000 limits { content_bytes: 65536 }
        rooms { key: "__proto__" value { joined { room: "__proto__" head { term: 7 seq: 9 } start { } recovered: false } } }
        rooms { key: "b" value { error { code: 4000 name: "bad_request" retryable: true retry_after_ms: 0 room: "b" } } } } }
      envelopes { batch { room: "r" prev: 0 phase: PHASE_HISTORY
        events { seq: 1 term: 7 kind: EVENT_KIND_MESSAGE_CREATED sender: "ben" at: 1764000001234 version: 1 text: "hi"
          parts { type: "a/b" content: "" } reply_to: 3 metadata { fields { key: "__proto__" value { number_value: 1 } }
            fields { key: "none" value { null_value: NULL_VALUE } } fields { key: "empty" value { list_value { } } } } }
        events { seq: 2 term: 7 kind: EVENT_KIND_MESSAGE_DELETED target: 1 deleted: true } } }
      envelopes { id: 2 page { room: "r" head { term: 7 seq: 2 } older: 0 } }
      envelopes { id: 3 published { room: "r" seq: 3 term: 7 at: 5 } }
      envelopes { live { room: "r" at { } } }
      envelopes { gap { room: "r" from: 1 to { term: 7 seq: 4 } reason: GAP_REASON_RESET } }
      envelopes { id: 4 pong { } }
      envelopes { error { code: 5030 name: "unavailable" retryable: true } }
      envelopes { reconnect { after_ms: 5 } }`),
  );
  const nothing = { term: 0, seq: 0 };
  assert.deepEqual(Object.keys(first.connected.rooms), ["__proto__", "b"]);
  const { __proto__: of_proto } = Object.getOwnPropertyDescriptors(first.connected.rooms);
  assert.deepEqual(of_proto.value, {
    joined: { room: "__proto__", head: { term: 7, seq: 9 }, start: nothing, recovered: false },
  });
  assert.deepEqual(first.connected.rooms.b, {
    error: { code: 4000, name: "bad_request", message: "", retryable: true, retry_after_ms: 0, room: "b" },
  });
  assert.deepEqual([first.connected.limits.content_bytes, first.connected.limits.dedup_window_s], [65_536, 0]);
  const metadata = JSON.parse('{"__proto__":1,"none":null,"empty":[]}');
  assert.deepEqual(second, {
    batch: {
      room: "r",
      prev: 0,
      phase: "history",
      events: [
        {
          seq: 1,
          term: 7,
          kind: "message.created",
          sender: "ben",
          at: 1764000001234,
          text: "hi",
          parts: [{ type: "a/b", content: "" }],
          metadata,
          reply_to: 3,
          version: 1,
        },
        { seq: 2, term: 7, kind: "message.deleted", sender: "", at: 0, target: 1, deleted: true },
      ],
    },
  });
  assert.deepEqual(others, [
    { id: 2, page: { room: "r", events: [], head: { term: 7, seq: 2 }, older: 0 } },
    { id: 3, published: { room: "r", seq: 3, term: 7, at: 5, duplicate: false } },
    { live: { room: "r", at: nothing } },
    { gap: { room: "r", from: 1, to: { term: 7, seq: 4 }, reason: "reset" } },
    { id: 4, pong: {} },
    { error: { code: 5030, name: "unavailable", message: "", retryable: true } },
    { reconnect: { after_ms: 5, jitter_ms: 0, reason: "" } },
  ]);
});

test("bytes that are no frame are none: cut anywhere, too large numbers, no UTF-8, nested without end, text", () => {
  const whole = written({ id: 1, publish: { room: "r", text: "héllo", metadata: { a: [1, { b: null }] } } });
  for (let size = 1; size < whole.length; size += 1) assert.equal(protobuf.read(whole.slice(0, size)), null, size);
  const envelope = (...bytes) => new Uint8Array([0x0a, bytes.length, ...bytes]);
  const bad = {
    "a seq of 2^53": envelope(0xda, 0x02, 0x09, 0x10, ...Array(7).fill(0x80), 0x10), // published
    "a varint without end": envelope(0x08, ...Array(12).fill(0xff)),
    "no UTF-8": envelope(0x5a, 0x03, 0x0a, 0x01, 0xff), // the room of a join
    "a group": envelope(0x0b),
    "a length beyond": new Uint8Array([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]),
    text: "{}",
    nothing: undefined,
  };
  for (const [name, data] of Object.entries(bad)) assert.equal(protobuf.read(data), null, name);
  const largest = envelope(0xda, 0x02, 0x09, 0x10, ...Array(7).fill(0xff), 0x0f);
  assert.equal(protobuf.read(largest)[0].published.seq, Number.MAX_SAFE_INTEGER);
});

test("metadata that nests without end exhausts no stack", () => {
  const within = (bytes, ...numbers) =>
    numbers.reduceRight((inner, number) => new Writer().tag(number, kind.bytes).block(inner).bytes(), bytes);
  let deep = new Uint8Array();
  for (let level = 0; level < 5_000; level += 1) deep = within(deep, 6, 1); // a list in a list
  const frame = within(
    new Writer().tag(1, kind.bytes).text("a").tag(2, kind.bytes).block(deep).bytes(),
    1,
    44,
    2,
    9,
    1,
  );
  const read = protobuf.read(frame);
  assert.ok(read === null || read[0].page.events.length === 1);
});

test("bytes with a spot of bad luck are read or refused, and nothing else happens", () => {
  const random = chance(7);
  const whole = compiled(`envelopes { id: 1 page { room: "r" head { term: 7 seq: 2 } events { seq: 1 term: 7
    kind: EVENT_KIND_MESSAGE_CREATED sender: "b" text: "hi" metadata { fields { key: "a" value { number_value: 1 } } } } } }`);
  const counts = { read: 0, refused: 0 };
  for (let turn = 0; turn < 5000; turn += 1) {
    const spoilt = whole.slice();
    for (let n = 0; n <= turn % 3; n += 1) spoilt[Math.floor(random() * spoilt.length)] = Math.floor(random() * 256);
    const read = protobuf.read(spoilt);
    assert.ok(read === null || read.every((envelope) => typeof envelope === "object"));
    counts[read ? "read" : "refused"] += 1;
  }
  assert.ok(Math.min(counts.read, counts.refused) > 500, JSON.stringify(counts));
});

test("a value that does not fit into its field is refused as a server would, and the connection stays", async () => {
  const world = new World();
  const client = await world.connect({ encoding: protobuf });
  await world.admit();
  const failed = async (promise, text) => {
    await assert.rejects(promise, { code: "bad_request", number: 4000, retryable: false, message: text });
  };
  const room = client.join("general", { rewind: 1.5 });
  await failed(room.whenLive(), /`limit` is no whole number/u);
  const { history } = client.join("other");
  await failed(history.page({ before: -1 }), /`before` is no whole number/u);
  await failed(history.page({ limit: 2 ** 32 }), /`limit`/u);
  await failed(history.page({ view: "pictures" }), /`view` is no known value/u);
  await failed(client.publish("general", { text: 7 }), /`text` is no string/u);
  await failed(client.publish("general", { text: "x", replyTo: "1" }), /`reply_to`/u);
  const fine = client.publish("general", { text: "x" });
  await settled();
  world.socket.answer("publish", { published: { room: "general", seq: 1, term: 1, at: 1, duplicate: false } });
  assert.equal((await fine).seq, 1);
  assert.deepEqual([client.state, world.sockets.length, world.socket.all("publish").length], ["connected", 1, 1]);
});

test("what is published in both encodings is one content to the server", async () => {
  const draft = {
    text: "\ud800 é",
    parts: [{ type: "text/x", content: "\ud83d\ude00" }],
    metadata: { a: 1.5, b: [null] },
    replyTo: 2,
  };
  const told = [];
  for (const encoding of [json, protobuf]) {
    const world = new World();
    const client = await world.connect({ encoding });
    await world.admit();
    client.publish("general", { ...draft, clientMsgId: "k" });
    await settled();
    told.push(world.socket.asked("publish").publish);
  }
  assert.deepEqual(told[1], told[0]);
});
