import type { WireContent } from "./draft.js";

/** A publish that the server has not answered for good. */
export interface Entry {
  readonly room: string;
  readonly clientMsgId: string;
  readonly content: WireContent;
  /** When it was written, in ms since the epoch. */
  readonly at: number;
  /** How often it was sent. */
  tries: number;
  /** When it was sent last, in ms since the epoch; 0 where this client never did. */
  sentAt: number;
  state: "waiting" | "sent";
}

const inFlightMax = 16;

/**
 * One room's writes, oldest first. An entry leaves only when the server has stored or refused it; until then it is
 * sent again, in order and under the same `client_msg_id`, so that a repeat stores nothing new (docs/protocol.md §4).
 */
export class Outbox {
  readonly entries: Entry[] = [];
  #isHeld = false; // a write failed: those behind it are answered first, then all go again

  get inFlight(): number {
    return this.entries.filter(({ state }) => state === "sent").length;
  }

  /** All outstanding answers of the room have come after a failure: pause, then `release`. */
  get awaitsRelease(): boolean {
    return this.#isHeld && this.inFlight === 0;
  }

  add(entry: Entry): void {
    this.entries.push(entry);
  }

  /**
   * What to send now, in order.
   * @param isRated the server limits the rate. A write refused for its rate fails alone and the next one may pass it,
   *   so that with a rate in force one write at a time is under way; otherwise several
   */
  take(isRated: boolean): Entry[] {
    if (this.#isHeld) return [];
    const free = Math.max(0, (isRated ? 1 : inFlightMax) - this.inFlight);
    const next = this.entries.filter(({ state }) => state === "waiting").slice(0, free);
    for (const entry of next) {
      entry.state = "sent";
      entry.tries += 1;
    }
    return next;
  }

  /** It was stored, or will never be. @returns false where it was not waited for any more */
  settled(entry: Entry): boolean {
    const index = this.entries.indexOf(entry);
    if (index >= 0) this.entries.splice(index, 1);
    return index >= 0;
  }

  /** It failed for now: once all is answered, it goes again, and those behind it too. */
  failed(entry: Entry): void {
    entry.state = "waiting";
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
  }

  /** The connection is gone. Whether it took the sent ones along is unknown: they go again. */
  lost(): void {
    for (const entry of this.entries) entry.state = "waiting";
    this.#isHeld = false;
  }
}
