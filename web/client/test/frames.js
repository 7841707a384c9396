/// The encoding that the tests run in, and what a client sent in it: scripts/check runs them in both.
import { json } from "../dist/encoding.js";
import { protobuf } from "../dist/protobuf/index.js";

export const encoding = { json, protobuf }[process.env.ENCODING_UNDER_TEST ?? "json"];
if (!encoding) throw new Error("ENCODING_UNDER_TEST is json or protobuf");

/// That of a socket that was opened for it.
export const spoken = (subprotocol) => (subprotocol === protobuf.subprotocol ? protobuf : json);
export const is_json = encoding === json;

const whole = new Set(["metadata", "since", "rewind"]); // where nothing is left out

/// The envelopes of a client's message, as its JSON has them: what proto3 leaves out is not there.
export function sent(data) {
  const envelopes = typeof data === "string" ? json.read(data) : protobuf.read(data)?.map(lean);
  if (!envelopes) throw new Error("a client sent what is no frame");
  return envelopes;
}

function lean(value) {
  if (Array.isArray(value)) return value.map(lean);
  if (typeof value !== "object" || value === null) return value;
  const says = ([, one]) => ![undefined, "", 0, false, "unspecified"].includes(one) && one?.length !== 0;
  const kept = Object.entries(value).filter((entry) => whole.has(entry[0]) || says(entry));
  return Object.fromEntries(kept.map(([key, one]) => [key, whole.has(key) ? one : lean(one)]));
}

/// A message of a server of a later version, with bodies, fields and a kind that nobody knows yet: among them a live
/// batch that brings `event`.
export function later_frame(room, event) {
  const prev = event.seq - 1;
  if (is_json) {
    const batch = { room, prev, phase: "live", novel: true, events: [{ ...event, kind: "room.painted", novel: {} }] };
    return JSON.stringify([{ fireworks: { room, colour: "red" } }, { confetti: 7 }, { batch }]);
  }
  const varint = (number) => (number < 128 ? [number] : [number % 128 | 128, ...varint(Math.floor(number / 128))]);
  const field = (number, kind, ...bytes) => [...varint(number * 8 + kind), ...bytes];
  const block = (number, bytes) => field(number, 2, ...varint(bytes.length), ...bytes);
  const text = (number, string) => block(number, [...new TextEncoder().encode(string)]);
  const number = (at, value) => field(at, 0, ...varint(value));
  const novel = [
    number(90, 255),
    field(91, 1, ...Array(8).fill(7)),
    block(92, [1, 2]),
    field(93, 5, 1, 2, 3, 4),
  ].flat();
  const told = [number(1, event.seq), novel, number(2, event.term), number(3, 99), text(4, event.sender), number(5, 1)];
  const batch = [novel, text(1, room), number(2, prev), number(3, 2), block(4, told.flat())].flat();
  const envelopes = [block(1, novel), block(1, block(99, text(1, room))), block(1, [...novel, ...block(70, batch)])];
  return new Uint8Array(envelopes.flat()).buffer;
}
