import { ParleyError } from "./errors.js";

/** What this library uses of a WebSocket: the browser's, and that of the npm package `ws`. */
export interface Socket {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  /** What the server chose, once it is open. */
  readonly protocol?: string;
  /** Set to `arraybuffer`, so that binary messages come as that. */
  binaryType?: string;
  send(data: string | Uint8Array): void;
  close(code?: number): void;
}

export type WebSocketClass = new (url: string, protocols: string[]) => Socket;

/** Everything from outside: clock, chance and sockets. A test passes one of its own. */
export interface World {
  /** Milliseconds since the epoch. */
  now(): number;
  /** @returns what takes it back */
  after(ms: number, act: () => void): () => void;
  /** In [0, 1). */
  random(): number;
  randomBytes(count: number): Uint8Array;
  open(url: string, protocol: string): Socket;
}

const timerMaxMs = 2 ** 31 - 1; // a longer one would fire at once

/** @throws ParleyError `bad_option` where there is no WebSocket, as in Node before 22 */
export function realWorld(given?: WebSocketClass): World {
  const made = given ?? (globalThis as { WebSocket?: WebSocketClass }).WebSocket;
  if (!made) {
    throw new ParleyError(
      "bad_option",
      "there is no WebSocket here: pass one, { WebSocket } of the package ws in Node",
    );
  }
  return {
    now: () => Date.now(),
    after: (ms, act) => {
      const timer = setTimeout(act, Math.min(ms, timerMaxMs));
      return () => clearTimeout(timer);
    },
    random: () => Math.random(),
    randomBytes,
    open: (url, protocol) => new made(url, [protocol]),
  };
}

// Not crypto.randomUUID: browsers offer that one over https and on loopback only. Node 18 has no global crypto at all,
// and an id need not be secret, but only its sender's own.
function randomBytes(count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  const { crypto } = globalThis as { crypto?: Crypto };
  if (crypto) return crypto.getRandomValues(bytes);
  return bytes.map(() => Math.floor(Math.random() * 256));
}
