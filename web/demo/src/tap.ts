import type { Socket, World } from "@parley/client";

/** One envelope of a frame, as it stands on the wire. */
export type WireEnvelope = Record<string, any>;

/** Hears everything that travels, in both directions, and changes none of it. */
export interface Witness {
  sent(envelopes: WireEnvelope[]): void;
  received(envelopes: WireEnvelope[]): void;
  /** The socket is gone, whoever ended it. */
  ended(): void;
}

/**
 * A world whose sockets can be listened to, cut as a dying network cuts them, and kept away: what a visitor does to a
 * connection, without the client library knowing.
 */
export class Tap {
  readonly world: World;
  isOffline = false;
  #current: TappedSocket | null = null;

  constructor(base: World, witness: Witness) {
    this.world = {
      ...base,
      open: (url, protocol) => {
        if (this.isOffline) return unreachable(base);
        const socket = new TappedSocket(base.open(url, protocol), witness);
        this.#current = socket;
        return socket;
      },
    };
  }

  /** Nothing is said to the server, whatever is under way is lost. @returns false where there was nothing to cut */
  cut(): boolean {
    return this.#current?.cut() ?? false;
  }

  /** Cuts, and lets no other socket be made until told otherwise. */
  goOffline(): void {
    this.isOffline = true;
    this.cut();
  }

  goOnline(): void {
    this.isOffline = false;
  }
}

class TappedSocket implements Socket {
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  onerror: Socket["onerror"] = null;
  #isOver = false;

  constructor(
    private readonly real: Socket,
    private readonly witness: Witness,
  ) {
    real.onopen = (event) => this.#isOver || this.onopen?.(event);
    real.onerror = (event) => this.#isOver || this.onerror?.(event);
    real.onmessage = (event: { data: unknown }) => {
      if (this.#isOver) return;
      witness.received(envelopesOf(event.data));
      this.onmessage?.(event as never);
    };
    real.onclose = (event) => {
      if (this.#over()) this.onclose?.(event);
    };
  }

  send(text: string): void {
    this.witness.sent(envelopesOf(text));
    this.real.send(text);
  }

  close(code?: number): void {
    this.real.close(code);
    this.#over();
  }

  cut(): boolean {
    if (!this.#over()) return false;
    this.real.close();
    this.onclose?.({ code: 1006, reason: "" } as never);
    return true;
  }

  #over(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.witness.ended();
    return true;
  }
}

/** A socket of a network that is not there. */
function unreachable(world: World): Socket {
  const socket: Socket = { onopen: null, onmessage: null, onclose: null, onerror: null, send: () => {}, close: () => {} };
  world.after(0, () => socket.onclose?.({ code: 1006, reason: "" } as never));
  return socket;
}

/** The envelopes of a frame. What is no JSON holds none: the client library says what it thinks of that. */
export function envelopesOf(data: unknown): WireEnvelope[] {
  try {
    const frame: unknown = JSON.parse(data as string);
    const all = Array.isArray(frame) ? frame : [frame];
    return all.filter((one) => typeof one === "object" && one !== null);
  } catch {
    return [];
  }
}
