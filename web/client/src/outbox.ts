import type { WireContent } from "./draft.js";

/** A publish that the server has not answered for good. */
export interface Entry {
  readonly room: string;
  readonly clientMsgId: string;
  readonly content: WireContent;
  /** About how large it is in a frame. */
  readonly bytes: number;
  /** When it was written, in ms since the epoch. */
  readonly at: number;
  /** How often it was sent. */
  tries: number;
  /** When it was sent last, in ms since the epoch; 0 where this client never did. */
  sentAt: number;
  state: "waiting" | "sent";
}

const groupMax = 32;
const groupBytesMax = 256 * 1024; // in one frame, well below the server's bound; a larger message goes alone

/**
 * One room's writes, oldest first. An entry leaves only when the server has stored or refused it; until then it is
 * sent again, in order and under the same `client_msg_id`, so that a repeat stores nothing new (docs/protocol.md, "publish").
 *
 * Writes go in groups: one frame, and nothing more of the room until all of it is answered. Where one fails, the server
 * fails those that it already has; what is still on the wire then, it takes for a new beginning. A write sent by itself
 * behind one that fails could so be stored before the repeat of that one.
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
   * The next group, in order, to be sent in one frame.
   * @param isRated the server limits the rate. A write refused for its rate fails alone and the next one may pass it,
   *   so that with a rate in force one write at a time is under way
   */
  take(isRated: boolean): Entry[] {
    if (this.#isHeld || this.inFlight > 0) return [];
    const group: Entry[] = [];
    let bytes = 0;
    for (const entry of this.entries.slice(0, isRated ? 1 : groupMax)) {
      bytes += entry.bytes;
      if (group.length > 0 && bytes > groupBytesMax) break;
      group.push(entry);
    }
    for (const entry of group) {
      entry.state = "sent";
      entry.tries += 1;
    }
    return group;
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
