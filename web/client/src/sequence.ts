import type { Batch, Gap, JoinOptions, Joined, Marker, Position, RoomEvent } from "./protocol.js";

/** What a push means for its reader. A list of them is in order; `broken` is always the last. */
export type Effect =
  | { type: "show"; events: RoomEvent[] } //   they follow what is held
  | { type: "gap"; gap: Gap } //               these numbers will not come
  | { type: "reset"; gap: Gap } //             drop everything held of the room and go on behind `gap.to`
  | { type: "broken"; evidence: string }; //   the stream broke its promise: resume from `position`

/**
 * The rules of one room's stream, as the protocol states them: `prev`, seq, term, phase, gaps (docs/protocol.md, "Keeping a stream").
 * No socket and no clock in here: pushes go in, effects come out. A push that breaks a rule moves `position` no
 * further than what was still right, so that a resume from there brings exactly what is missing.
 */
export class Sequence {
  /** Of the last event held; null before the first join. */
  position: Position | null = null;
  /** `none` while there is no subscription. What comes then belongs to one that was given up, and means nothing. */
  phase: "none" | "history" | "live" = "none";
  /** The newest seq that the server spoke of. */
  head: number | null = null;

  #gapDue: Position | null = null; // `joined` promised a gap that ends here

  /** @param since where an earlier life ended, if it is known */
  constructor(since: Position | null = null) {
    this.position = since;
  }

  /** The join options that continue this stream, or begin it. */
  joinOptions(begin: JoinOptions, onGap: JoinOptions): JoinOptions {
    return this.position ? { since: this.position, ...onGap } : begin;
  }

  /** The subscription ended. What is held stays. */
  lost(): void {
    this.phase = "none";
    this.#gapDue = null;
    this.head = null;
  }

  joined({ head, start, recovered = false }: Joined): Effect[] {
    if (!isPosition(head) || !isPosition(start)) return this.#broken("a join was answered without head or start");
    this.phase = "history";
    this.head = head.seq;
    const since = this.position;
    if (!since) {
      this.position = start;
      return [];
    }
    if (recovered && start.seq < since.seq) return this.#broken(`resumed at #${start.seq}, behind #${since.seq}`);
    this.#gapDue = recovered && start.seq === since.seq ? null : start;
    return [];
  }

  batch({ prev, phase, events }: Batch): Effect[] {
    if (this.phase === "none") return [];
    const held = this.position!;
    if (this.#gapDue) return this.#broken(`#${prev + 1} came without the gap up to #${this.#gapDue.seq}`);
    if (phase !== this.phase) return this.#broken(`a ${phase} batch while in ${this.phase}`);
    if (prev > held.seq) return this.#broken(hole(held.seq + 1, prev));
    if (prev !== held.seq) return this.#broken(`prev is #${prev}, but #${held.seq} is held`);
    if (!Array.isArray(events)) return this.#broken(`a batch after #${prev} without events`);
    const { fine, evidence } = contiguous(held, events);
    const effects: Effect[] = [];
    if (fine.length > 0) {
      this.standAt(fine[fine.length - 1]!);
      effects.push({ type: "show", events: fine });
    }
    return evidence ? [...effects, ...this.#broken(evidence)] : effects;
  }

  live({ at }: Marker): Effect[] {
    if (this.phase === "none") return [];
    if (this.phase !== "history") return this.#broken(`a live marker while in ${this.phase}`);
    if (this.#gapDue) return this.#broken(`live came without the gap up to #${this.#gapDue.seq}`);
    if (!this.#isHeld(at)) return this.#broken(`live says #${at?.seq}, but #${this.position!.seq} is held`);
    this.phase = "live";
    return [];
  }

  catchingUp({ at }: Marker): Effect[] {
    if (this.phase === "none") return [];
    if (this.phase !== "live") return this.#broken(`catching_up while in ${this.phase}`);
    if (!this.#isHeld(at)) return this.#broken(`catching_up says #${at?.seq}, but #${this.position!.seq} is held`);
    this.phase = "history";
    return [];
  }

  gap(gap: Gap): Effect[] {
    if (this.phase === "none") return [];
    const { from, to, reason } = gap;
    if (!isPosition(to)) return this.#broken("a gap without an end");
    const due = this.#gapDue;
    if (due && to.seq !== due.seq)
      return this.#broken(`the gap ends at #${to.seq}, but the join starts at #${due.seq}`);
    if (reason === "reset") {
      this.#gapDue = null;
      this.head = null; // it may have been of the tail that was lost
      this.standAt(to);
      return [{ type: "reset", gap }];
    }
    const next = this.position!.seq + 1;
    if (from !== next) return this.#broken(`a gap from #${from}, but #${next} is next`);
    if (to.seq < next) return this.#broken(`a gap up to #${to.seq}, but #${next} is next`);
    this.#gapDue = null;
    this.standAt(to);
    return [{ type: "gap", gap }];
  }

  /** One head may overtake events that are under way; a whole head period later they must have come. */
  heardHead({ head }: { head: Position }): Effect[] {
    if (!isPosition(head)) return [];
    const before = this.head;
    this.head = head.seq;
    if (this.phase !== "live" || before === null || before <= this.position!.seq) return [];
    return this.#broken(`the head was #${before} a while ago, but only #${this.position!.seq} came`);
  }

  /** The reader stands there: also back behind events that it could not take in yet. */
  standAt({ term, seq }: Position): void {
    this.position = { term, seq };
  }

  #isHeld(at: Position): boolean {
    return isPosition(at) && at.seq === this.position!.seq;
  }

  #broken(evidence: string): Effect[] {
    this.lost();
    return [broken(evidence)];
  }
}

/** The events that follow `held`, as far as they do, and what is wrong with the first that does not. */
function contiguous(held: Position, events: RoomEvent[]): { fine: RoomEvent[]; evidence: string } {
  let { term, seq } = held;
  for (const [count, event] of events.entries()) {
    const evidence = !isPosition(event)
      ? `after #${seq} came something without seq and term`
      : event.seq <= seq
        ? `#${event.seq} came again, or out of order, after #${seq}`
        : event.seq > seq + 1
          ? hole(seq + 1, event.seq - 1)
          : event.term < term
            ? `the term of #${event.seq} is below that of #${seq}`
            : "";
    if (evidence) return { fine: events.slice(0, count), evidence };
    ({ term, seq } = event);
  }
  return { fine: events, evidence: "" };
}

export function isPosition<T>(value: T | undefined): value is T & Position {
  const { term, seq } = (value ?? {}) as Position;
  return Number.isSafeInteger(term) && Number.isSafeInteger(seq) && term >= 0 && seq >= 0;
}

function hole(from: number, to: number): string {
  return from === to ? `hole: #${from} did not come` : `hole: #${from} to #${to} did not come`;
}

function broken(evidence: string): Effect {
  return { type: "broken", evidence };
}
