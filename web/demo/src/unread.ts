/**
 * Where the line "New" stands: before the first message of others that came while nobody looked, or since the last visit.
 * Once all was read it stays until the next such message, so that who comes back finds it; writing takes it away.
 */
export class Unread {
  /** The seq of the message below the line; null where there is none. */
  line: number | null = null;
  #hasRead = true;
  #visit: number | null;

  /** @param readUpTo what an earlier visit had read; null where there was none */
  constructor(readUpTo: number | null) {
    this.#visit = readUpTo;
  }

  /** @param isSeen somebody looks at the page, and at the log's end. @returns true where the line now stands before it */
  shown(seq: number, isOwn: boolean, isSeen: boolean): boolean {
    if (isOwn) {
      if (this.#visit === null) this.line = null;
      return false;
    }
    const isSinceVisit = this.#visit !== null && seq > this.#visit;
    const isNew = isSinceVisit ? this.line === null : this.#visit === null && !isSeen && this.#hasRead;
    if (!isNew) return false;
    this.line = seq;
    this.#hasRead = isSinceVisit && isSeen;
    return true;
  }

  /** The history since the last visit is all here. */
  caughtUp(): void {
    this.#visit = null;
  }

  /** Somebody looks at the log's end. */
  read(): void {
    this.#hasRead = true;
  }

  clear(): void {
    this.line = null;
    this.#hasRead = true;
  }
}
