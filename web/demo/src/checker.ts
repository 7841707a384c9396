import type { RoomEvent } from "@parley/client";

export interface Passed {
  from: number;
  to: number;
  reason: string;
}

const evidenceMax = 20;
const ownMax = 2000;
const awaitedMax = 10_000; // a paused reader whose user goes on writing

/**
 * Looks over the stream's shoulder: is every number from the first to the last on the page, once and in order, and did
 * every acknowledged message arrive under the number that its ack named? It counts for itself and shares no code
 * with the client library, so that a mistake in one of them shows in the other.
 */
export class Checker {
  first = 1;
  last = 0;
  readonly evidence: string[] = [];
  #evidenceCount = 0;
  #passed: Passed[] = [];
  #own = new Map<string, number>(); // client_msg_id -> seq, from the ack or the event, whichever came first
  #awaited = new Map<number, string>(); // seq -> client_msg_id: acknowledged, not shown yet
  #tombstones = new Set<number>(); // own ones: these may have lost their client_msg_id

  constructor(private readonly user: string) {}

  /** Nothing is held any more; the next event shown must be `seq + 1`. */
  clear(seq: number): void {
    this.first = seq + 1;
    this.last = seq;
    this.#passed = [];
    this.#own.clear();
    this.#awaited.clear();
    this.#tombstones.clear();
  }

  appended(events: readonly RoomEvent[]): void {
    for (const event of events) {
      if (event.seq !== this.last + 1) this.broken(`#${event.seq} is shown after #${this.last}`);
      this.last = Math.max(this.last, event.seq);
      this.#ownEvent(event);
      this.#awaitedEvent(event);
    }
  }

  /** A page of older history, put in front of `before`. */
  prepended(events: readonly RoomEvent[], before: number): void {
    let next = before;
    for (const event of [...events].reverse()) {
      if (event.seq !== next - 1 && !this.#isPassed(event.seq + 1, next - 1)) {
        this.broken(`history: #${event.seq} is shown before #${next}`);
      }
      next = event.seq;
      if (event.seq < this.first) this.#ownEvent(event);
    }
    this.first = Math.min(this.first, next);
  }

  passedOver({ from, to, reason }: Passed): void {
    if (from !== this.last + 1) this.broken(`a gap from #${from} follows #${this.last}`);
    this.#passed.push({ from, to, reason });
    for (const seq of this.#awaited.keys()) if (seq <= to) this.#awaited.delete(seq);
    this.last = to;
  }

  /** The stream must bring it under that number: it has done so, or it will. */
  acked(clientMsgId: string, seq: number): void {
    const isShown = this.#own.has(clientMsgId) || this.#tombstones.has(seq);
    this.#ownSeq(clientMsgId, seq, "was acknowledged as");
    if (isShown || seq < this.first) return;
    if (seq > this.last) this.#await(seq, clientMsgId);
    else if (!this.#isPassed(seq, seq)) this.broken(`a message was acknowledged as #${seq}, but another one is shown there`);
  }

  broken(text: string): void {
    this.#evidenceCount += 1;
    if (this.evidence.length < evidenceMax) this.evidence.push(text);
  }

  get isOk(): boolean {
    return this.#evidenceCount === 0;
  }

  get state(): "none" | "ok" | "broken" {
    return !this.isOk ? "broken" : this.last < this.first ? "none" : "ok";
  }

  /** One line for people. */
  verdict(): string {
    if (!this.isOk) {
      const more = this.#evidenceCount > 1 ? ` (and ${this.#evidenceCount - 1} more)` : "";
      return `Broken: ${this.evidence[0]}${more}`;
    }
    if (this.last < this.first) return "Nothing to check yet";
    const range = this.first === this.last ? `#${this.first}` : `${this.first}..${this.last}`;
    const gaps = this.#passed.map(({ from, to, reason }) => `${from}..${to} (${reason})`);
    return gaps.length === 0
      ? `${range} all present, once, in order`
      : `${range} in order, once; passed over by the server: ${gaps.join(", ")}`;
  }

  #await(seq: number, clientMsgId: string): void {
    this.#awaited.set(seq, clientMsgId);
    if (this.#awaited.size > awaitedMax) this.#awaited.delete(this.#awaited.keys().next().value!);
  }

  #awaitedEvent(event: RoomEvent): void {
    const awaited = this.#awaited.get(event.seq);
    if (awaited === undefined) return;
    this.#awaited.delete(event.seq);
    if (event.deleted || (event.sender === this.user && event.client_msg_id === awaited)) return;
    this.broken(`a message was acknowledged as #${event.seq}, but another one is shown there`);
  }

  #ownEvent({ kind, sender, seq, client_msg_id, deleted }: RoomEvent): void {
    if (kind !== "message.created" || sender !== this.user) return;
    if (deleted) this.#tombstones.add(seq);
    if (client_msg_id) this.#ownSeq(client_msg_id, seq, "is shown as");
  }

  #ownSeq(clientMsgId: string, seq: number, how: string): void {
    const before = this.#own.get(clientMsgId);
    if (before !== undefined && before !== seq) this.broken(`a message ${how} #${seq}, but also as #${before}`);
    this.#own.set(clientMsgId, seq);
    if (this.#own.size > ownMax) this.#own.delete(this.#own.keys().next().value!);
  }

  #isPassed(from: number, to: number): boolean {
    return this.#passed.some((gap) => gap.from <= from && to <= gap.to);
  }
}
