/// The scrolling log of one pane: rows in the order of their numbers, then what waits in the outbox.
import { once_per_frame } from "./frame.js";
import { element, fill, relate, row_of } from "./row.js";

const rows_max = 1500;
const rows_kept = 1000;
const near_top_px = 120;
const near_bottom_px = 40;

export class view {
  /// @param on {older() -> asks for a page, trimmed(first seq kept), discard(client_msg_id)}
  constructor(root, user, on) {
    this.user = user;
    this.on = on;
    this.scroller = root.querySelector(".scroller");
    this.log = root.querySelector(".log");
    this.waiting = root.querySelector(".waiting");
    this.top = root.querySelector(".top");
    this.newer = root.querySelector(".newer");
    this.stick_soon = once_per_frame(() => this.#stick());
    this.scroller.onscroll = () => this.#scrolled();
    this.newer.onclick = () => this.to_bottom();
    this.resized = new ResizeObserver(() => this.#stick());
    this.resized.observe(this.scroller);
    this.clear("");
  }

  close() {
    this.resized.disconnect();
    this.stick_soon = once_per_frame(() => this.#stick());
    this.scroller.onscroll = null;
    this.newer.onclick = null;
  }

  clear(top) {
    this.rows = new Map(); // seq -> {row, event}, ascending
    this.newest = null; // the event of the last row
    this.is_stuck = true; // the reader is at the bottom, and stays there
    this.unread = 0;
    this.log.replaceChildren();
    this.newer.hidden = true;
    this.set_top(top);
    this.#look();
  }

  /// What stands above the first row: a hint, or that this is where the room begins.
  set_top(text) {
    this.top.textContent = text;
    this.top.hidden = text === "";
  }

  append(events) {
    const rows = document.createDocumentFragment();
    for (const event of events) {
      rows.append(this.#row(event, this.newest));
      this.newest = event;
    }
    this.log.append(rows);
    this.#trim();
    this.#grew(events.length);
  }

  /// Puts a page in front, and keeps what the reader looks at where it is.
  prepend(events) {
    if (events.length === 0) return;
    const from_end = this.scroller.scrollHeight - this.scroller.scrollTop;
    const held = [...this.rows];
    this.rows = new Map();
    const rows = document.createDocumentFragment();
    let before = null;
    for (const event of events) {
      rows.append(this.#row(event, before));
      before = event;
    }
    for (const [seq, entry] of held) this.rows.set(seq, entry);
    if (held.length > 0) relate(held[0][1].row, held[0][1].event, before);
    this.log.prepend(rows);
    this.scroller.scrollTop = this.scroller.scrollHeight - from_end;
    this.#look();
  }

  passed_over({ from, to, reason }) {
    const range = from === to ? `#${from} is` : `#${from} to #${to} are`;
    const why = { retention: "no longer kept", jump: "skipped" }[reason] ?? reason;
    this.log.append(element("li", "row note gap", `${range} ${why}`));
    this.#grew(0);
  }

  notice(text) {
    this.log.append(element("li", "row note", text));
    this.#grew(0);
  }

  show_outbox(entries) {
    this.waiting.replaceChildren(...entries.map((entry) => this.#waiting_row(entry)));
    this.#stick();
  }

  to_bottom() {
    this.is_stuck = true;
    this.#stick();
    this.#scrolled();
  }

  #row(event, before) {
    const row = row_of(event, this.user);
    relate(row, event, before);
    this.rows.set(event.seq, { row, event });
    if (event.kind === "message.updated" || event.kind === "message.deleted") this.#fold(event);
    return row;
  }

  /// A created event always comes in its newest version, so that only a greater version changes a row.
  #fold({ kind, target, version, text, parts, deleted }) {
    const entry = this.rows.get(target);
    if (!entry || entry.event.kind !== "message.created" || entry.event.deleted) return;
    const is_delete = kind === "message.deleted";
    if (!is_delete && (deleted || version <= (entry.event.version ?? 1))) return;
    entry.event = { ...entry.event, text, parts, version, deleted: is_delete };
    fill(entry.row, entry.event);
  }

  /// Only while the reader is at the bottom, so that nothing moves under their eyes.
  #trim() {
    if (!this.is_stuck || this.rows.size <= rows_max) return;
    const seqs = [...this.rows.keys()];
    const first = seqs[seqs.length - rows_kept];
    for (const seq of seqs.slice(0, -rows_kept)) this.rows.delete(seq);
    const { row, event } = this.rows.get(first);
    while (this.log.firstElementChild !== row) this.log.firstElementChild.remove();
    relate(row, event, null);
    this.#stick();
    this.on.trimmed(first);
  }

  #grew(count) {
    if (this.is_stuck) return this.stick_soon();
    this.unread += count;
    this.newer.textContent = this.unread === 1 ? "1 new message ↓" : `${this.unread} new messages ↓`;
    this.newer.hidden = this.unread === 0;
  }

  #stick() {
    if (!this.is_stuck) return;
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.#look();
  }

  #look() {
    this.top_seen = this.scroller.scrollTop;
    this.length_seen = this.scroller.scrollHeight;
    this.frame_seen = this.scroller.clientHeight;
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    // Only moving up lets go of the bottom: in a burst the bottom runs ahead of the last scroll by itself. Where the
    // log's frame changed, or its content became shorter, the browser moved it, not the reader.
    const moved_by_browser = clientHeight !== this.frame_seen || scrollHeight < this.length_seen;
    const moved_up = scrollTop < this.top_seen && !moved_by_browser;
    this.#look();
    if (scrollHeight - scrollTop - clientHeight < near_bottom_px) this.is_stuck = true;
    else if (moved_up) this.is_stuck = false;
    if (this.is_stuck) {
      this.unread = 0;
      this.newer.hidden = true;
      this.stick_soon();
    }
    if (scrollTop < near_top_px && scrollHeight > clientHeight) this.on.older();
  }

  #waiting_row(entry) {
    const row = element("li", `row message own ${entry.state}`);
    const bubble = element("div", "bubble");
    bubble.append(element("span", "text", entry.text));
    row.append(bubble);
    const says = { waiting: "waiting", sent: "sending", acked: `#${entry.seq}` }[entry.state];
    row.append(element("span", "seq", says ?? `refused: ${entry.reason}`));
    if (entry.state === "refused") {
      const back = element("button", "small", "Take back");
      back.type = "button";
      back.onclick = () => this.on.discard(entry.client_msg_id);
      row.append(back);
    }
    return row;
  }
}
