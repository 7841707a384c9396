import { element, part } from "./elements.js";
import type { Lens, Mark } from "./lens.js";

const cellsMax = 72;

/** The lens as a strip of numbers in colour, with counters; the newest at the end. */
export class LensView {
  readonly #strip: HTMLElement;
  readonly #counters: HTMLElement;

  constructor(private readonly root: HTMLElement) {
    this.#strip = part(root, ".strip");
    this.#counters = part(root, ".counters");
  }

  draw(lens: Lens): void {
    if (this.root.hidden) return;
    const marks = lens.marks.slice(-cellsMax);
    this.#strip.replaceChildren(...marks.map(cell));
    this.#strip.setAttribute("aria-label", this.#said(lens));
    this.#strip.scrollTop = this.#strip.scrollHeight;
    const live = lens.msToLive === null ? "–" : String(Math.round(lens.msToLive));
    this.#counters.replaceChildren(
      counter("gaps", String(lens.gaps), lens.gaps > 0, "Numbers that were skipped without a word. Must stay 0."),
      counter(
        "duplicates removed",
        String(lens.duplicatesRemoved),
        lens.twice > 0,
        "Messages that were sent again because an answer was lost, and are in the room once; and numbers that came twice on the wire, which must stay 0.",
      ),
      counter("ms to live", live, false, "From the request to join to the marker `live`."),
      counter("joins", String(lens.joins), false, "How often this room was joined or resumed.", lens.joins === 1 ? "join" : "joins"),
    );
  }

  /** For who does not see colours: the counts of what the strip shows. */
  #said(lens: Lens): string {
    const count = (origin: string) => lens.marks.filter((mark) => mark.kind === "event" && mark.origin === origin).length;
    return `The last ${lens.marks.length} marks: ${count("history")} from history, ${count("buffered")} buffered while joining, ${count("live")} live`;
  }
}

function counter(name: string, value: string, isBad: boolean, title: string, label = name): HTMLElement {
  const made = element("span", isBad ? "counter bad" : "counter");
  made.dataset.counter = name;
  made.title = title;
  made.append(element("b", "", value), ` ${label}`);
  return made;
}

function cell(mark: Mark): HTMLElement {
  if (mark.kind === "event") {
    const made = element("span", "cell", String(mark.seq));
    made.dataset.origin = mark.origin;
    made.title = `#${mark.seq}: ${{ history: "history", buffered: "buffered while joining", live: "live" }[mark.origin]}`;
    return made;
  }
  const [text, title] = {
    twice: () => [`${(mark as { seq: number }).seq}`, "came twice"],
    repeat: () => [`${(mark as { seq: number }).seq}`, "a dropped duplicate: its answer was lost, it was sent again, and is in the room once"],
    live: () => ["live", `the live marker, ${Math.round((mark as { ms: number }).ms)} ms after the join`],
    behind: () => ["behind", "this reader fell behind: the stream goes on from storage"],
    gap: () => ["gap", "numbers passed over by the server, and said so"],
    cut: () => ["cut", "the socket is gone"],
  }[mark.kind]() as [string, string];
  const made = element("span", "cell marker", text);
  made.dataset.mark = mark.kind;
  made.title = title;
  return made;
}
