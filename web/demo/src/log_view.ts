import type { RoomEvent } from "@parley/client";
import { element, part } from "./elements.js";
import { oncePerFrame } from "./frame.js";
import { fill, relate, rowOf } from "./row.js";
import { Unread } from "./unread.js";

const rowsMax = 1500;
const rowsKept = 1000;
const nearTopPx = 120;
const nearBottomPx = 40;

export interface LogHooks {
  /** The reader is near the top. */
  older(): void;
  /** What lies before that seq was let go of. */
  trimmed(first: number): void;
  /** Everything up to that seq was looked at. */
  read(seq: number): void;
}

interface Entry {
  row: HTMLElement;
  event: RoomEvent;
}

/** The scrolling log of one pane: rows in the order of their numbers. */
export class LogView {
  readonly #scroller: HTMLElement;
  readonly #log: HTMLElement;
  readonly #top: HTMLElement;
  readonly #newer: HTMLButtonElement;
  readonly #resized = new ResizeObserver(() => this.stick());
  readonly #onLook = () => this.#looked();
  #rows = new Map<number, Entry>(); // by seq, ascending
  #newest: RoomEvent | null = null;
  #isStuck = true; // the reader is at the bottom, and stays there
  #newerCount = 0;
  #seen = { top: 0, length: 0, frame: 0 };

  stickSoon = oncePerFrame(() => this.stick());

  constructor(
    root: HTMLElement,
    private readonly user: string,
    private readonly unread: Unread,
    private readonly hooks: LogHooks,
  ) {
    this.#scroller = part(root, ".scroller");
    this.#log = part(root, ".log");
    this.#top = part(root, ".top");
    this.#newer = part<HTMLButtonElement>(root, ".newer");
    this.#scroller.onscroll = () => this.#scrolled();
    this.#newer.onclick = () => this.toBottom();
    this.#resized.observe(this.#scroller);
    addEventListener("focus", this.#onLook);
    document.addEventListener("visibilitychange", this.#onLook);
    this.clear();
  }

  get size(): number {
    return this.#rows.size;
  }

  close(): void {
    this.#resized.disconnect();
    removeEventListener("focus", this.#onLook);
    document.removeEventListener("visibilitychange", this.#onLook);
    this.stickSoon = () => {};
    this.#scroller.onscroll = null;
    this.#newer.onclick = null;
    this.clear();
  }

  clear(): void {
    this.#rows = new Map();
    this.#newest = null;
    this.#isStuck = true;
    this.#newerCount = 0;
    this.#log.replaceChildren();
    this.#newer.hidden = true;
    this.unread.clear();
    this.setTop("");
    this.#look();
  }

  /** What stands above the first row: a hint, or that this is where the room begins. */
  setTop(text: string): void {
    this.#top.textContent = text;
    this.#top.hidden = text === "";
  }

  append(event: RoomEvent, origin?: string): void {
    const isOwn = event.sender === this.user;
    const lineBefore = this.unread.line;
    if (this.unread.shown(event.seq, isOwn, this.#isSeen())) this.#drawLine();
    else if (lineBefore !== null && this.unread.line === null) this.#log.querySelector(".unread")?.remove();
    this.#log.append(this.#row(event, this.#newest, origin));
    this.#newest = event;
    this.#trim();
    this.#grew(1);
    if (this.#isSeen()) this.hooks.read(event.seq);
  }

  /** Puts a page in front, and keeps what the reader looks at where it is. */
  prepend(events: readonly RoomEvent[], origin: string): void {
    if (events.length === 0) return;
    const fromEnd = this.#scroller.scrollHeight - this.#scroller.scrollTop;
    const held = [...this.#rows];
    this.#rows = new Map();
    const rows = document.createDocumentFragment();
    let before: RoomEvent | null = null;
    for (const event of events) {
      rows.append(this.#row(event, before, origin));
      before = event;
    }
    for (const [seq, entry] of held) this.#rows.set(seq, entry);
    if (held[0]) relate(held[0][1].row, held[0][1].event, before);
    this.#log.prepend(rows);
    this.#scroller.scrollTop = this.#scroller.scrollHeight - fromEnd;
    this.#look();
  }

  passedOver(from: number, to: number, reason: string): void {
    const range = from === to ? `#${from} is` : `#${from} to #${to} are`;
    const why = { retention: "no longer kept", jump: "skipped" }[reason] ?? reason;
    this.#log.append(element("li", "row note gap", `${range} ${why}`));
    this.#grew(0);
  }

  notice(text: string): void {
    this.#log.append(element("li", "row note", text));
    this.#grew(0);
  }

  toBottom(): void {
    this.#isStuck = true;
    this.stick();
    this.#scrolled();
  }

  stick(): void {
    if (!this.#isStuck) return;
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#look();
  }

  #row(event: RoomEvent, before: RoomEvent | null, origin?: string): HTMLElement {
    const row = rowOf(event, this.user);
    if (origin) row.dataset.origin = origin;
    relate(row, event, before);
    this.#rows.set(event.seq, { row, event });
    this.#fold(event);
    return row;
  }

  /** A created event always comes in its newest version, so that only a greater version changes a row. */
  #fold(change: RoomEvent): void {
    if (change.kind !== "message.updated" && change.kind !== "message.deleted") return;
    const entry = this.#rows.get(change.target);
    if (!entry || entry.event.kind !== "message.created" || entry.event.deleted) return;
    if (change.kind === "message.deleted") entry.event = { ...entry.event, deleted: true };
    else if (change.deleted || (change.version ?? 0) <= (entry.event.version ?? 1)) return;
    else {
      const { text, parts, version } = change;
      const { text: _, parts: __, ...rest } = entry.event;
      entry.event = { ...rest, ...(text && { text }), ...(parts && { parts }), ...(version && { version }) };
    }
    fill(entry.row, entry.event);
  }

  /** Only while the reader is at the bottom, so that nothing moves under their eyes. */
  #trim(): void {
    if (!this.#isStuck || this.#rows.size <= rowsMax) return;
    const seqs = [...this.#rows.keys()];
    const first = seqs[seqs.length - rowsKept]!;
    for (const seq of seqs.slice(0, -rowsKept)) this.#rows.delete(seq);
    const { row, event } = this.#rows.get(first)!;
    while (this.#log.firstElementChild !== row) this.#log.firstElementChild!.remove();
    relate(row, event, null);
    this.stick();
    this.hooks.trimmed(first);
  }

  #drawLine(): void {
    this.#log.querySelector(".unread")?.remove();
    const line = element("li", "unread");
    line.setAttribute("role", "separator");
    line.setAttribute("aria-label", "New messages");
    line.append(element("span", "", "New"));
    this.#log.append(line);
  }

  #grew(count: number): void {
    if (this.#isStuck) return this.stickSoon();
    this.#newerCount += count;
    this.#newer.textContent = this.#newerCount === 1 ? "1 new message ↓" : `${this.#newerCount} new messages ↓`;
    this.#newer.hidden = this.#newerCount === 0;
  }

  #isSeen(): boolean {
    return this.#isStuck && !document.hidden && document.hasFocus();
  }

  #looked(): void {
    if (!this.#isSeen() || !this.#newest) return;
    this.unread.read();
    this.hooks.read(this.#newest.seq);
  }

  #look(): void {
    const { scrollTop: top, scrollHeight: length, clientHeight: frame } = this.#scroller;
    this.#seen = { top, length, frame };
  }

  #scrolled(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    // Only moving up lets go of the bottom: in a burst the bottom runs ahead of the last scroll by itself. Where the
    // log's frame changed, or its content became shorter, the browser moved it, not the reader.
    const isMovedByBrowser = clientHeight !== this.#seen.frame || scrollHeight < this.#seen.length;
    const isMovedUp = scrollTop < this.#seen.top && !isMovedByBrowser;
    this.#look();
    if (scrollHeight - scrollTop - clientHeight < nearBottomPx) this.#isStuck = true;
    else if (isMovedUp) this.#isStuck = false;
    if (this.#isStuck) {
      this.#newerCount = 0;
      this.#newer.hidden = true;
      this.stickSoon();
      this.#looked();
    }
    if (scrollTop < nearTopPx && scrollHeight > clientHeight) this.hooks.older();
  }
}
