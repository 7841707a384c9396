import type { RoomEvent } from "@parley/client";
import { copyOf, element, part, plural } from "./elements.js";
import { oncePerFrame } from "./frame.js";
import { Naive, type NaiveTold } from "./naive.js";
import { relate, rowOf } from "./row.js";
import { Tally } from "./tally.js";

const rowsMax = 1000;

/** The same room as the first pane, read by the naive client, with what that costs counted below. */
export class NaivePane {
  readonly root = copyOf("#naive");
  readonly #tally = new Tally();
  readonly #log = part(this.root, ".log");
  readonly #scroller = part(this.root, ".scroller");
  readonly #naive: Naive;
  #newest: RoomEvent | null = null;
  #isStuck = true; // the reader is at the bottom, and stays there
  #drawSoon = oncePerFrame(() => this.#draw());

  constructor(readonly room: string) {
    part(this.root, ".room").textContent = room;
    this.root.setAttribute("aria-label", `Naive mode in ${room}`);
    this.#naive = new Naive("naive", room, worldOf(room), (told) => this.#told(told));
    part<HTMLButtonElement>(this.root, ".cut").onclick = () => this.cut();
    part<HTMLButtonElement>(this.root, ".pause").onclick = () => this.setPaused(!this.isPaused);
    this.#scroller.onwheel = this.#scroller.onkeydown = this.#scroller.ontouchmove = () => this.#look();
    this.#draw();
  }

  get isPaused(): boolean {
    return this.#naive.isPaused;
  }

  cut(): void {
    this.#naive.cut();
    this.#drawSoon();
  }

  setPaused(isPaused: boolean): void {
    if (isPaused) this.#naive.pause();
    else this.#naive.resume();
  }

  close(): void {
    this.#naive.close();
    this.root.remove();
  }

  /** Only a hand lets go of the bottom. */
  #look(): void {
    requestAnimationFrame(() => {
      const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
      this.#isStuck = scrollHeight - scrollTop - clientHeight < 40;
    });
  }

  #told(told: NaiveTold): void {
    if (told.type === "append") this.#append(told.event, told.from);
    else if (told.type === "prepend") this.#prepend(told.events);
    else if (told.type === "notice") this.#log.append(element("li", "row note", told.text));
    this.#drawSoon();
  }

  #append(event: RoomEvent, from: string): void {
    const { seq } = event;
    const { last } = this.#tally;
    if (last > 0 && seq > last + 1) this.#log.append(element("li", "row note missing", skips(last + 1, seq - 1)));
    const row = this.#row(event, this.#newest, from);
    this.#tally.appended(seq);
    this.#newest = event;
    this.#log.append(row);
    while (this.#log.childElementCount > rowsMax) this.#log.firstElementChild!.remove();
  }

  #prepend(events: readonly RoomEvent[]): void {
    let before: RoomEvent | null = null;
    const rows = events.map((event) => {
      const row = this.#row(event, before, "fetched");
      before = event;
      return row;
    });
    this.#tally.prepended(events.map(({ seq }) => seq));
    this.#log.prepend(...rows);
    this.#newest ??= before;
  }

  #row(event: RoomEvent, before: RoomEvent | null, from: string): HTMLElement {
    const row = rowOf(event, "");
    row.dataset.origin = this.#tally.has(event.seq) ? "twice" : from === "live" ? "live" : "history";
    if (row.dataset.origin === "twice") row.querySelector(".seq")!.textContent += " again";
    relate(row, event, before);
    return row;
  }

  #draw(): void {
    const { missing, doubled, unordered, first, last, isOk } = this.#tally;
    const names = { connecting: "Connecting", live: "Live", reconnecting: "Reconnecting", offline: "Thrown out" };
    this.root.dataset.state = this.#naive.state;
    part(this.root, ".state .name").textContent = this.isPaused ? "Paused" : names[this.#naive.state];
    const pause = part(this.root, ".pause");
    pause.textContent = this.isPaused ? "Go on reading" : "Pause my reader";
    pause.setAttribute("aria-pressed", String(this.isPaused));
    const line = part(this.root, ".checker");
    line.dataset.verdict = last === 0 ? "none" : isOk ? "ok" : "broken";
    const counts = [`${missing} missing`, `${doubled} doubled`, ...(unordered ? [`${unordered} out of order`] : [])];
    const range = first === last ? `#${first}` : `${first}..${last}`;
    const judged = isOk ? `${range} so far all there` : `${range}: ${counts.join(", ")}`;
    part(line, ".verdict").textContent = last === 0 ? "Nothing to check yet" : judged;
    part(line, ".counts").textContent = this.#naive.cuts ? plural(this.#naive.cuts, "cut") : "";
    Object.assign(line.dataset, { missing, doubled, unordered });
    if (this.#isStuck) this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }
}

function skips(from: number, to: number): string {
  return from === to ? `#${from} was not shown` : `#${from} to #${to} were not shown: ${to - from + 1} messages`;
}

function worldOf(room: string) {
  const at = (path: string) => new URL(path, document.baseURI);
  return {
    open() {
      const url = at("v1/ws");
      url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
      return new WebSocket(url, "parley.v1.json");
    },
    async newest(limit: number): Promise<RoomEvent[]> {
      const answer = await fetch(at(`v1/rooms/${encodeURIComponent(room)}/messages?limit=${limit}`));
      if (!answer.ok) throw new Error(`${answer.status}`);
      return (await answer.json()).events;
    },
    after(ms: number, act: () => void) {
      const timer = setTimeout(act, ms);
      return () => clearTimeout(timer);
    },
  };
}
