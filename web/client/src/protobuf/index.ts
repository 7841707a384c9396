/** The protocol in Protobuf: pass `protobuf` to `connect` as its `encoding`. docs/client.md tells when that is worth it. */
import type { Encoding } from "../encoding.js";
import type { Envelope } from "../protocol.js";
import { decode, encode } from "./codec.js";
import { kind, Writer } from "./wire.js";

const envelopes = 1; // the one field of a Frame

/** To be passed to `connect`. */
export const protobuf: Encoding = {
  subprotocol: "parley.v1.proto",
  envelope: (body) => encode("Envelope", body as Record<string, unknown>),
  frame(all) {
    const out = new Writer();
    for (const one of all) out.tag(envelopes, kind.bytes).block(one as Uint8Array);
    return out.bytes();
  },
  read(data) {
    try {
      return decode("Frame", bytesOf(data)).envelopes as Envelope[];
    } catch {
      return null;
    }
  },
};

/** A browser gives an ArrayBuffer, and `ws` one or a view of one. @throws TypeError for text */
function bytesOf(data: unknown): Uint8Array {
  if (data instanceof Uint8Array) return data;
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  throw new TypeError("a message of text");
}

export type { Encoding };
