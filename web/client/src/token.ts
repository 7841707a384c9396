import { ParleyError } from "./errors.js";
import type { World } from "./world.js";

/** A token, or one with the moment of its end in ms since the epoch. */
export type Token = string | { token: string; expiresAt: number };
export type GetToken = () => Token | Promise<Token>;

const waitMaxMs = 30_000;
const marginMs = 60_000;
const pauseMaxMs = 24 * 3_600_000; // renewed once a day at the latest, which costs nothing

/** Asks the application for tokens, and says when the next one is due. */
export class Tokens {
  #cancel = () => {};

  constructor(
    private readonly getToken: GetToken,
    private readonly world: World,
  ) {}

  /** Exactly one of the two is called, once; a `getToken` that hangs has failed. */
  fetch(done: (token: string, expiresAt: number) => void, failed: (error: ParleyError) => void): void {
    let isOver = false;
    const once = (act: () => void) => {
      if (isOver) return;
      isOver = true;
      cancel();
      act();
    };
    const fail = (why: string, cause?: unknown) =>
      once(() => failed(new ParleyError("token_failed", why, { cause, retryable: true })));
    const cancel = this.world.after(waitMaxMs, () => fail("getToken took too long"));
    Promise.resolve()
      .then(() => this.getToken())
      .then(
        (given) => {
          const token = typeof given === "string" ? given : given?.token;
          if (!token) return fail("getToken gave no token");
          const expiresAt = typeof given === "string" ? expiryOf(given) : given.expiresAt;
          once(() => done(token, expiresAt));
        },
        (cause) => fail(`getToken failed: ${cause?.message ?? cause}`, cause),
      );
  }

  /** `act` runs shortly before that moment: a tenth of what is left before it, at most a minute. */
  beforeEnd(expiresAt: number, act: () => void): void {
    this.#cancel();
    const leftMs = expiresAt - this.world.now();
    if (!(leftMs > 0)) return; // unknown, or by this machine's clock over: the server will say so
    this.#cancel = this.world.after(Math.min(pauseMaxMs, leftMs - Math.min(marginMs, leftMs / 10)), act);
  }

  stop(): void {
    this.#cancel();
  }
}

/** `exp` of a JWT in ms; 0 where it is none. It is not verified: the server does that. */
function expiryOf(token: string): number {
  try {
    const payload = token.split(".")[1]!.replace(/-/g, "+").replace(/_/g, "/");
    return Number(JSON.parse(atob(payload)).exp) * 1000 || 0;
  } catch {
    return 0;
  }
}
