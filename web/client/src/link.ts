import type { Addresses } from "./addresses.js";
import { fullJitter } from "./backoff.js";
import type { Encoding } from "./encoding.js";
import { ParleyError } from "./errors.js";
import type { Connected, Envelope, Reconnect } from "./protocol.js";
import { Session, type Ending } from "./session.js";
import type { World } from "./world.js";

/** `connecting`: never connected yet; `resuming`: was connected, goes on trying; `closed`: ended for good. */
export type LinkState = "connecting" | "connected" | "resuming" | "closed";

/** `connect`'s `user` or `token`. */
export interface Credentials {
  user?: string;
  token?: string;
}

export interface LinkHooks {
  /** Asks for credentials, at each attempt. Exactly one of the two is called, perhaps at once. */
  credentials(done: (credentials: Credentials) => void, failed: (error: ParleyError) => void): void;
  /** The body of `connect`, with all rooms that go on. */
  hello(credentials: Credentials): object;
  connected(answer: Connected): void;
  push(envelope: Envelope): void;
  /** The connection is gone; `state` follows. */
  lost(): void;
  state(state: LinkState, cause?: ParleyError): void;
}

const tokenRefused = 4401; // as a close code
const steadyMs = 5000; // a connection that held for so long was none of a series of failures

/**
 * One connection after another to any of the nodes: when to try again, when to give up, when to move.
 * States: connecting -> connected; after a loss: resuming -> connected; closed: it will not try again.
 */
export class Link {
  state: LinkState = "connecting";
  /** When the next attempt starts, in ms since the epoch; 0 where none is waited for. */
  retryAt = 0;

  #session: Session | null = null;
  #attempt = 0;
  #connectedAt = 0;
  #wasConnected = false;
  #refusals = 0; // of credentials, in a row
  #moveAt = 0; // when a draining node asked this client to be gone
  #cancelRetry = () => {};
  #cancelMove = () => {};

  constructor(
    private readonly addresses: Addresses,
    private readonly world: World,
    private readonly encoding: Encoding,
    private readonly hooks: LinkHooks,
    private readonly renewsToken: boolean,
  ) {}

  /** Begins an attempt now, and drops what there was. */
  connect(): void {
    this.#drop();
    this.#enter(this.#wasConnected ? "resuming" : "connecting");
    this.hooks.credentials(
      (credentials) => this.state !== "closed" && this.#open(credentials),
      (error) => this.state !== "closed" && this.#lost(error),
    );
  }

  /** @returns false where there is no connection to ask over */
  request(body: object, onReply: (reply: Envelope) => void): boolean {
    if (this.state !== "connected" || !this.#session) return false;
    this.#session.request(body, onReply);
    return true;
  }

  /** What `act` requests goes out as one frame. */
  together(act: () => void): void {
    this.#session?.together(act);
  }

  /** This connection does no good: try another. */
  lose(why: string, code: "connection_lost" | "broken_frame" = "connection_lost"): void {
    if (this.state === "connected") this.#lost(new ParleyError(code, why, { retryable: true }));
  }

  /** For good. @param error why; what still waits fails with it */
  close(error: ParleyError): void {
    if (this.state === "closed") return;
    this.#drop(1000);
    this.#enter("closed", error);
  }

  /** The network is said to be back, or the machine awake: do not sit out a pause, do not trust an old connection. */
  hurry(): void {
    if (this.retryAt > 0) this.connect();
    else if (this.state === "connected") this.#session!.probe();
  }

  #open(credentials: Credentials): void {
    try {
      this.#session = new Session(this.addresses.next(), this.world, this.encoding, {
        opened: () => this.#hello(credentials),
        push: (envelope) => this.#push(envelope),
        ended: (ending) => this.#ended(ending),
      });
    } catch (cause) {
      // A page of https may not open ws, for instance. Another address may do.
      this.#lost(new ParleyError("connection_lost", "the socket could not be made", { cause, retryable: true }));
    }
  }

  #hello(credentials: Credentials): void {
    this.#session!.request({ connect: this.hooks.hello(credentials) }, ({ connected, error }) => {
      if (error) return this.#refused(ParleyError.of(error));
      if (!connected)
        return this.#lost(new ParleyError("broken_frame", "`connect` was not answered", { retryable: true }));
      this.#wasConnected = true;
      this.#refusals = 0;
      this.#connectedAt = this.world.now();
      this.#session!.pingMs = connected.ping_ms || this.#session!.pingMs;
      this.#enter("connected");
      this.hooks.connected(connected);
    });
  }

  #push(envelope: Envelope): void {
    if (envelope.reconnect) this.#move(envelope.reconnect);
    this.hooks.push(envelope);
  }

  /** The node drains. Reconnect at a moment of one's own, also if it closes the socket before that moment. */
  #move({ after_ms = 0, jitter_ms = 0 }: Reconnect): void {
    const pauseMs = after_ms + Math.round(this.world.random() * jitter_ms);
    this.#moveAt = this.world.now() + pauseMs;
    this.#cancelMove();
    this.#cancelMove = this.world.after(pauseMs, () => this.connect());
  }

  // 4400 to 4429: this client did something that it would only do again. All else may be tried again.
  #ended({ why, code, isBroken, isForeign }: Ending): void {
    if (code >= 4400 && code <= 4429) {
      const name = code === tokenRefused ? "unauthenticated" : "refused";
      return this.#refused(new ParleyError(name, why || `the server refused this client (${code})`, { number: code }));
    }
    const message = why || (code === 1006 ? "the connection was lost, or could not be made" : `closed with ${code}`);
    const name = isForeign ? "wrong_version" : isBroken ? "broken_frame" : "connection_lost";
    this.#lost(new ParleyError(name, message, { number: code, retryable: true }));
  }

  /** A new token is a change, so that credentials which age get one more try. */
  #refused(error: ParleyError): void {
    if (error.retryable) return this.#lost(error);
    const isOfToken = error.code === "unauthenticated" || error.code === "token_expired";
    if (isOfToken && this.renewsToken && this.#refusals++ === 0) return this.#lost(error);
    this.#drop();
    this.#enter("closed", error);
  }

  #lost(error: ParleyError): void {
    const toldMs = Math.max(0, this.#moveAt - this.world.now());
    const held = this.state === "connected" && this.world.now() - this.#connectedAt >= steadyMs;
    if (held) this.#attempt = 0;
    this.#drop();
    const jitterMs = fullJitter(this.#attempt++, this.world.random());
    // A draining node has said when to come back; that moment is already spread out.
    const pauseMs = toldMs || error.retryAfterMs + jitterMs;
    this.retryAt = this.world.now() + pauseMs;
    this.#cancelRetry = this.world.after(pauseMs, () => this.connect());
    this.#enter(this.#wasConnected ? "resuming" : "connecting", error);
  }

  #drop(code?: number): void {
    this.#cancelRetry();
    this.#cancelMove();
    this.#moveAt = 0;
    this.retryAt = 0;
    this.#session?.close(code);
    this.#session = null;
    if (this.state !== "connected") return;
    this.state = "resuming"; // nothing is asked over it from here on
    this.hooks.lost();
  }

  #enter(state: LinkState, cause?: ParleyError): void {
    this.state = state;
    this.hooks.state(state, cause);
  }
}
