import type { Content, MessageCreated, MessageDeleted, MessageUpdated, Part, RoomEvent } from "./protocol.js";

/** A message in its newest known version. (seq, version) names its content. */
export interface Message extends Content {
  readonly seq: number;
  readonly term: number;
  readonly sender: string;
  readonly at: number;
  readonly client_msg_id?: string;
  readonly text?: string;
  readonly parts?: Part[];
  readonly metadata?: Record<string, unknown>;
  readonly reply_to?: number;
  readonly version: number;
  /** A tombstone: the content is gone for good, the number stays. */
  readonly deleted: boolean;
}

/**
 * The messages of one room by seq. Events may come in any order, from the stream and from pages of history: of two
 * contents under one seq the greater version wins, and a tombstone wins over all.
 */
export class Messages {
  /** Grows with each change; compare it to see whether anything did. */
  revision = 0;
  #bySeq = new Map<number, Message>();
  #inOrder: Message[] | null = null; // made when asked for
  #changes = new Map<number, MessageUpdated | MessageDeleted>(); // of messages that are not held, newest version

  get size(): number {
    return this.#bySeq.size;
  }

  /** Ascending. The array is yours until the next change; the messages in it never change. */
  list(): readonly Message[] {
    return (this.#inOrder ??= [...this.#bySeq.values()].sort((a, b) => a.seq - b.seq));
  }

  get(seq: number): Message | undefined {
    return this.#bySeq.get(seq);
  }

  /** @returns true where something changed */
  apply(event: RoomEvent): boolean {
    if (event.kind === "message.created") return this.#created(event);
    if (event.kind === "message.updated" || event.kind === "message.deleted") return this.#changed(event);
    return false;
  }

  clear(): void {
    this.#bySeq.clear();
    this.#changes.clear();
    this.#touched();
  }

  /** Lets go of the oldest. @returns the oldest seq still held where any went, otherwise null */
  trim(sizeMax: number): number | null {
    if (this.size <= sizeMax) return null;
    const kept = sizeMax > 0 ? this.list().slice(-sizeMax) : [];
    this.#bySeq = new Map(kept.map((message) => [message.seq, message]));
    for (const seq of this.#changes.keys()) if (seq < (kept[0]?.seq ?? Infinity)) this.#changes.delete(seq);
    this.#touched();
    return kept[0]?.seq ?? null;
  }

  #created(event: MessageCreated): boolean {
    const { kind: _, version = 1, deleted = false, ...rest } = event;
    const changed = this.#put({ ...rest, version, deleted });
    const later = this.#changes.get(event.seq);
    this.#changes.delete(event.seq);
    return later ? this.#changed(later) || changed : changed;
  }

  #changed(event: MessageUpdated | MessageDeleted): boolean {
    const held = this.#bySeq.get(event.target);
    if (!held) {
      // A page that is under way may still bring the message as it was before.
      const before = this.#changes.get(event.target);
      if (!before || before.seq < event.seq) this.#changes.set(event.target, event);
      if (this.#changes.size > changesMax) this.#changes.delete(this.#changes.keys().next().value!);
      return false;
    }
    const { seq, term, sender, at, client_msg_id, reply_to } = held;
    const version = event.version ?? held.version + 1;
    const frame = {
      seq,
      term,
      sender,
      at,
      version,
      ...(client_msg_id && { client_msg_id }),
      ...(reply_to && { reply_to }),
    };
    if (event.kind === "message.deleted" || event.deleted) return this.#put({ ...frame, deleted: true });
    const { text, parts, metadata } = event; // an edit replaces the whole content
    return this.#put({
      ...frame,
      ...(text && { text }),
      ...(parts && { parts }),
      ...(metadata && { metadata }),
      deleted: false,
    });
  }

  #put(message: Message): boolean {
    const held = this.#bySeq.get(message.seq);
    const isNewer = !held || (!held.deleted && (message.deleted || message.version > held.version));
    if (!isNewer) return false;
    this.#bySeq.set(message.seq, message);
    this.#touched();
    return true;
  }

  #touched(): void {
    this.#inOrder = null;
    this.revision += 1;
  }
}

const changesMax = 1000;
