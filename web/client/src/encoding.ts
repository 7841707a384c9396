import { subprotocol, type Envelope } from "./protocol.js";

/**
 * How envelopes travel. JSON is built in; `protobuf` comes with `@parley/client/protobuf`. What an application sees is the
 * same in both.
 */
export interface Encoding {
  /** As the WebSocket's handshake names it. */
  readonly subprotocol: string;
  /** One envelope, to go alone or with others. @throws where a value does not fit into its field: the text says which */
  envelope(body: object): string | Uint8Array;
  /** One WebSocket message out of some of them. */
  frame(envelopes: (string | Uint8Array)[]): string | Uint8Array;
  /** @returns the envelopes of a message; null where it is none of this encoding */
  read(data: unknown): Envelope[] | null;
}

/** Of those that make text. */
export const json: Encoding = {
  subprotocol,
  envelope: (body) => JSON.stringify(body),
  frame: (envelopes) => (envelopes.length === 1 ? envelopes[0]! : `[${envelopes.join()}]`),
  read(data) {
    try {
      const frame: unknown = JSON.parse(data as string);
      const envelopes = Array.isArray(frame) ? frame : [frame];
      return envelopes.every((one) => typeof one === "object" && one !== null && !Array.isArray(one))
        ? envelopes
        : null;
    } catch {
      return null;
    }
  },
};
