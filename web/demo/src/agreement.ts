import type { RoomEvent } from "@parley/client";

const knownMax = 20_000;

/** Two readers of one page must see the same thing under the same number: (room, term, seq, version) names one content. */
export class Agreement {
  #known = new Map<string, string>();

  /** @returns evidence where someone else was shown something different, otherwise an empty string */
  compare(room: string, event: RoomEvent): string {
    const { seq, term, version = 0, kind, sender, at, client_msg_id = "", deleted = false } = event;
    if (deleted) return ""; // a tombstone may replace any content
    const name = JSON.stringify([room, term, seq, version]);
    const content = JSON.stringify([kind, sender, at, "text" in event ? event.text : "", client_msg_id]);
    const before = this.#known.get(name);
    if (before !== undefined) return before === content ? "" : `#${seq} differs from what the other pane was shown`;
    this.#known.set(name, content);
    if (this.#known.size > knownMax) this.#known.delete(this.#known.keys().next().value!);
    return "";
  }
}
