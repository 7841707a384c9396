import type { Encoding } from "./encoding.js";
import type { Envelope } from "./protocol.js";
import type { Socket, World } from "./world.js";

const openWaitMs = 15_000;
const pongWaitMs = 10_000;
const overdueFactor = 4;
/** How the package `ws` says that a server agreed to no subprotocol, or refused the handshake for it (docs/protocol.md, "Connection"). */
const foreignAnswer = /subprotocol|response: 400/;

/** Why a session ended: the close code, or 0 where this side gave up. */
export interface Ending {
  why: string;
  code: number;
  /** What came was not the protocol. */
  isBroken?: boolean;
  /** The other side speaks WebSocket, but not this version of the protocol. */
  isForeign?: boolean;
}

export interface SessionHooks {
  opened(): void;
  push(envelope: Envelope): void;
  ended(ending: Ending): void;
}

/**
 * One WebSocket from open to end: frames in and out, replies matched to requests, silence noticed.
 * It ends once, and says nothing after `close`: what a dropped socket still delivers is not heard.
 */
export class Session {
  pingMs = openWaitMs;

  readonly #socket: Socket;
  #asked = new Map<number, (reply: Envelope) => void>();
  #lastId = 0;
  #gathered: ReturnType<Encoding["envelope"]>[] | null = null;
  #isOver = false;
  #heardAt: number;
  #trouble = ""; // what the socket said of itself before it closed
  #unwatch = () => {};

  constructor(
    url: string,
    private readonly world: World,
    private readonly encoding: Encoding,
    private readonly hooks: SessionHooks,
  ) {
    this.#heardAt = world.now();
    this.#socket = world.open(url, encoding.subprotocol);
    this.#socket.binaryType = "arraybuffer"; // not a Blob, which is read later
    this.#socket.onopen = () => this.#isOver || this.#opened();
    this.#socket.onmessage = ({ data }: { data: unknown }) => this.#isOver || this.#received(data);
    this.#socket.onclose = ({ code, reason }: { code: number; reason: string }) =>
      this.#end({ why: reason || this.#trouble, code, isForeign: foreignAnswer.test(this.#trouble) });
    // A close follows. A browser keeps to itself what went wrong, so that a page cannot look around in a network.
    this.#socket.onerror = ({ message }: { message?: string }) => void (this.#trouble = message ?? "");
    this.#watch(openWaitMs, () => this.#end({ why: "the server did not answer", code: 0 }));
  }

  /** Browsers and `ws` give up such a handshake themselves; other WebSockets open, and then it may be any server. */
  #opened(): void {
    const { subprotocol } = this.encoding;
    if ((this.#socket.protocol ?? subprotocol) === subprotocol) return this.hooks.opened();
    this.#end({ why: `the server does not speak ${subprotocol}`, code: 0, isForeign: true });
  }

  request(body: object, onReply: (reply: Envelope) => void): void {
    this.#lastId += 1;
    this.#asked.set(this.#lastId, onReply);
    const envelope = this.#written(this.#lastId, body);
    if (!envelope) return;
    if (this.#gathered) this.#gathered.push(envelope);
    else this.#socket.send(this.encoding.frame([envelope]));
  }

  /** What `act` requests goes out as one frame. */
  together(act: () => void): void {
    const envelopes: ReturnType<Encoding["envelope"]>[] = (this.#gathered = []);
    act();
    this.#gathered = null;
    if (envelopes.length > 0) this.#socket.send(this.encoding.frame(envelopes));
  }

  close(code?: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#unwatch();
    this.#socket.close(code);
  }

  /** The machine may have slept, or the network changed: find out now whether the other side is still there. */
  probe(): void {
    if (this.#isOver) return;
    if (this.#isOverdue()) return this.#end({ why: "nothing was heard for too long", code: 0 });
    this.request({ ping: {} }, () => {});
    this.#watch(pongWaitMs, () => this.#end({ why: "no answer to a ping", code: 0 }));
  }

  /** What does not fit into its field is answered as the server would, in a turn of its own. */
  #written(id: number, body: object): ReturnType<Encoding["envelope"]> | null {
    try {
      return this.encoding.envelope({ id, ...body });
    } catch (cause) {
      const error = { code: 4000, name: "bad_request", message: (cause as Error).message, retryable: false };
      queueMicrotask(() => this.#isOver || this.#reply(id, { id, error }));
      return null;
    }
  }

  #end(ending: Ending): void {
    if (this.#isOver) return;
    this.close();
    this.hooks.ended(ending);
  }

  #received(data: unknown): void {
    this.#heardAt = this.world.now();
    this.#watch(this.pingMs, () => this.probe());
    const frame = this.encoding.read(data);
    if (!frame) return this.#end({ why: "a frame that is not the protocol's", code: 0, isBroken: true });
    for (const envelope of frame) {
      if (this.#isOver) return; // an earlier one of the same frame ended it
      if (envelope.id) this.#reply(envelope.id, envelope);
      else this.hooks.push(envelope);
    }
  }

  #reply(id: number, envelope: Envelope): void {
    const onReply = this.#asked.get(id);
    if (!onReply) return this.#end({ why: `an answer to ${id}, which nobody asked`, code: 0, isBroken: true });
    this.#asked.delete(id);
    onReply(envelope);
  }

  /**
   * A browser does not show the server's pings, so after a quiet while this side asks. A timer that is far too late
   * slept with its machine: by then the server has given this connection up. (In a tab that nobody looks at timers
   * are up to a minute late, and all is well.)
   */
  #isOverdue(): boolean {
    return this.world.now() - this.#heardAt > overdueFactor * this.pingMs;
  }

  #watch(ms: number, act: () => void): void {
    this.#unwatch();
    this.#unwatch = this.world.after(ms, act);
  }
}
