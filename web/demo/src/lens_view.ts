import { element, part } from "./elements.js";
import type { Lens, Mark, Origin } from "./lens.js";

const cellsMax = 72;
const originNames: Record<Origin, string> = { history: "history", buffered: "buffered while joining", live: "live" };

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
        "Messages that were sent again because an answer was lost, and are in the room once; and numbers that came " +
          "twice on the wire, which must stay 0.",
      ),
      counter("ms to live", live, false, "From the request to join to the marker `live`."),
      counter(
        "joins",
        String(lens.joins),
        false,
        "How often this room was joined or resumed.",
        lens.joins === 1 ? "join" : "joins",
      ),
    );
  }

  /** For who does not see colours: the counts of what the strip shows. */
  #said(lens: Lens): string {
    const origins = lens.marks.map((mark) => (mark.kind === "event" ? mark.origin : ""));
    const count = (origin: Origin) => origins.filter((one) => one === origin).length;
    const [history, buffered, live] = [count("history"), count("buffered"), count("live")];
    return `The last ${origins.length} marks: ${history} from history, ${buffered} buffered while joining, ${live} live`;
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
    made.title = `#${mark.seq}: ${originNames[mark.origin]}`;
    return made;
  }
  const [text, title] = wordsOf(mark);
  const made = element("span", "cell marker", text);
  made.dataset.mark = mark.kind;
  made.title = title;
  return made;
}

function wordsOf(mark: Exclude<Mark, { kind: "event" }>): [text: string, title: string] {
  switch (mark.kind) {
    case "twice":
      return [String(mark.seq), "came twice"];
    case "repeat":
      return [String(mark.seq), "a dropped duplicate: its answer was lost, it was sent again, and is in the room once"];
    case "live":
      return ["live", `the live marker, ${Math.round(mark.ms)} ms after the join`];
    case "behind":
      return ["behind", "this reader fell behind: the stream goes on from storage"];
    case "gap":
      return ["gap", "numbers passed over by the server, and said so"];
    case "cut":
      return ["cut", "the socket is gone"];
  }
}
