/** Something that was written here and is not in the log yet. */
export interface Draft {
  clientMsgId: string;
  text: string;
  /** Of its ack, once that came: the event follows. */
  seq?: number;
  /** Why the server will never take it. */
  refused?: string;
}

const draftsMax = 4000;

/** What stands below the log: own messages from Enter until the stream brings them. */
export class Outgoing {
  #drafts = new Map<string, Draft>();

  get list(): Draft[] {
    return [...this.#drafts.values()];
  }

  get size(): number {
    return this.#drafts.size;
  }

  add(clientMsgId: string, text: string): void {
    this.#drafts.set(clientMsgId, { clientMsgId, text });
    if (this.#drafts.size <= draftsMax) return;
    // A reader that is paused and yet writes: what is acknowledged is safe, and comes with the stream.
    const acked = this.list.find(({ seq }) => seq !== undefined);
    if (acked) this.#drafts.delete(acked.clientMsgId);
  }

  acked(clientMsgId: string, seq: number): void {
    const draft = this.#drafts.get(clientMsgId);
    if (draft) draft.seq = seq;
  }

  refused(clientMsgId: string, why: string): void {
    const draft = this.#drafts.get(clientMsgId);
    if (draft) draft.refused = why;
  }

  /** The stream brought it. */
  seen(clientMsgId: string): void {
    this.#drafts.delete(clientMsgId);
  }

  /** @returns the text of what was refused, which is then gone from here */
  takeBack(clientMsgId: string): string {
    const draft = this.#drafts.get(clientMsgId);
    this.#drafts.delete(clientMsgId);
    return draft?.text ?? "";
  }

  /** The log was reset: what it acknowledged may be gone with it. */
  forgetAcked(): void {
    for (const { clientMsgId, seq } of this.list) if (seq !== undefined) this.#drafts.delete(clientMsgId);
  }
}
