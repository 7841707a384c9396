import type { Checker } from "./checker.js";
import { element, part, plural } from "./elements.js";

/** What beside the verdict is counted. */
export interface Counts {
  node: string;
  cuts: number;
  resumes: number;
  duplicates: number;
}

/** The line at the bottom of a pane: green or red, and why. */
export class VerdictView {
  readonly #verdict: HTMLElement;
  readonly #counts: HTMLElement;
  readonly #evidence: HTMLElement;
  readonly #alarm: HTMLElement;

  constructor(private readonly line: HTMLElement) {
    this.#verdict = part(line, ".verdict");
    this.#counts = part(line, ".counts");
    this.#evidence = part(line, "details");
    this.#alarm = part(line, ".alarm");
  }

  draw(checker: Checker, { node, cuts, resumes, duplicates }: Counts): void {
    const was = this.line.dataset.verdict;
    const now = checker.state;
    this.line.dataset.verdict = now;
    this.#verdict.textContent = checker.verdict();
    this.#evidence.hidden = checker.evidence.length < 2;
    part(this.#evidence, "ul").replaceChildren(...checker.evidence.map((text) => element("li", "", text)));
    // Read out once, when it breaks; the green line changes with every message and stays silent.
    if (now !== was) this.#alarm.textContent = now === "broken" ? checker.verdict() : "";
    const counts: [number, string][] = [
      [cuts, "cut"],
      [resumes, "resume"],
      [duplicates, "duplicate ack"],
    ];
    const said = counts.filter(([count]) => count > 0).map(([count, what]) => plural(count, what));
    this.#counts.textContent = [node && `node ${node}`, ...said].filter(Boolean).join(" · ");
  }
}
