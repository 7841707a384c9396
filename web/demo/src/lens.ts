import type { WireEnvelope } from "./tap.js";

/**
 * Where a row came from. `history`: it was in the log when the join was answered, and came out of storage or the
 * window. `buffered`: it was written while the join was under way; the server held it until history had been sent.
 * `live`: it came after the `live` marker.
 */
export type Origin = "history" | "buffered" | "live";

/** One thing that happened on the wire, in order. */
export type Mark =
  | { kind: "event"; seq: number; origin: Origin }
  | { kind: "twice"; seq: number } //  came again on the wire
  | { kind: "repeat"; seq: number } // was sent again by this user, and is stored once
  | { kind: "live"; at: number; ms: number }
  | { kind: "behind"; at: number }
  | { kind: "gap"; from: number; to: number; reason: string }
  | { kind: "cut" };

const marksMax = 400;
const originsMax = 5000;

/**
 * The join merge, seen from outside: one room's stream as it stands on the wire, judged by nothing but its own numbers.
 * Knows no socket and no clock: envelopes and times go in.
 */
export class Lens {
  readonly marks: Mark[] = [];
  /** Numbers that were skipped without a `gap`. Must stay 0. */
  gaps = 0;
  /** Events whose number had come before. Must stay 0: the server removes them. */
  twice = 0;
  /** Own messages that were sent again because their answer was lost, and were stored once. */
  repeats = 0;
  joins = 0;
  /** From the request to the `live` marker, in ms; null until the first. */
  msToLive: number | null = null;

  #origins = new Map<number, Origin>();
  #last: number | null = null; // the newest number that came, or was passed over
  #head = 0; // the room's head when the join was answered
  #isLive = false;
  #isJoined = false;
  #askedAt = 0;
  #askedId: number | null = null;

  constructor(private readonly room: string) {}

  originOf(seq: number): Origin | undefined {
    return this.#origins.get(seq);
  }

  /** The duplicates that a reader or a room would have without Parley's rules, as far as this side can know them. */
  get duplicatesRemoved(): number {
    return this.repeats + this.twice;
  }

  sent(envelopes: WireEnvelope[], nowMs: number): void {
    for (const { id, connect, join } of envelopes) {
      if (!connect?.rooms?.[this.room] && join?.room !== this.room) continue;
      this.#askedAt = nowMs;
      this.#askedId = id;
    }
  }

  received(envelopes: WireEnvelope[], nowMs: number): void {
    for (const envelope of envelopes) this.#one(envelope, nowMs);
  }

  /** The socket is gone. */
  ended(): void {
    if (!this.#isJoined) return;
    this.#isJoined = this.#isLive = false;
    this.#mark({ kind: "cut" });
  }

  #one(envelope: WireEnvelope, nowMs: number): void {
    const { id, connected, joined, published, batch, live, catching_up, gap } = envelope;
    if (id !== undefined && published?.room === this.room && published.duplicate) this.#repeated(published);
    const answer = connected?.rooms?.[this.room]?.joined ?? joined;
    if (answer && id === this.#askedId) this.#joined(answer);
    if (!this.#isJoined) return;
    if (batch?.room === this.room) this.#batch(batch);
    if (live?.room === this.room) this.#live(live, nowMs);
    if (catching_up?.room === this.room) this.#behind(catching_up);
    if (gap?.room === this.room) this.#gap(gap);
  }

  #repeated({ seq }: WireEnvelope): void {
    this.repeats += 1;
    this.#mark({ kind: "repeat", seq });
  }

  #joined({ head, start }: WireEnvelope): void {
    this.joins += 1;
    this.#isJoined = true;
    this.#isLive = false;
    this.#head = head?.seq ?? 0;
    const from = start?.seq ?? 0;
    // A reader that could not take all it was sent goes on from the last that it took: what follows comes again, as asked.
    this.#last = this.#last === null ? from : Math.min(this.#last, from);
  }

  #batch({ events }: WireEnvelope): void {
    for (const { seq } of events ?? []) {
      const last = this.#last ?? seq - 1;
      if (seq <= last) {
        this.twice += 1;
        this.#mark({ kind: "twice", seq });
        continue;
      }
      this.gaps += seq - last - 1;
      this.#last = seq;
      const origin: Origin = this.#isLive ? "live" : seq <= this.#head ? "history" : "buffered";
      this.#origins.set(seq, origin);
      if (this.#origins.size > originsMax) this.#origins.delete(this.#origins.keys().next().value!);
      this.#mark({ kind: "event", seq, origin });
    }
  }

  #live({ at }: WireEnvelope, nowMs: number): void {
    this.#isLive = true;
    this.msToLive = Math.max(0, nowMs - this.#askedAt);
    this.#mark({ kind: "live", at: at?.seq ?? 0, ms: this.msToLive });
  }

  /** The server dropped what waited for this reader; the stream goes on from storage, up to a head that is not told. */
  #behind({ at }: WireEnvelope): void {
    this.#isLive = false;
    this.#head = Number.MAX_SAFE_INTEGER;
    this.#mark({ kind: "behind", at: at?.seq ?? 0 });
  }

  #gap({ from, to, reason }: WireEnvelope): void {
    if (reason === "reset") this.#origins.clear();
    this.#last = to?.seq ?? this.#last;
    this.#mark({ kind: "gap", from, to: to?.seq ?? from, reason });
  }

  #mark(mark: Mark): void {
    this.marks.push(mark);
    if (this.marks.length > marksMax) this.marks.splice(0, this.marks.length - marksMax);
  }
}
