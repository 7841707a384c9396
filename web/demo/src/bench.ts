import { element, part, plural } from "./elements.js";
import { FaultError, Faults } from "./faults.js";
import type { NaivePane } from "./naive_pane.js";
import type { Pane } from "./pane.js";

const floodCount = 1000;
const delayMs = 3000;

/** What the buttons act on. */
export interface BenchPort {
  panes(): Pane[];
  naive(): NaivePane | null;
}

/**
 * The buttons that break things. The first three act in this page, on all panes at once; the others ask the node for a
 * fault, and are shown only where it offers them.
 */
export class Bench {
  #isPaused = false;
  #faults: Faults | null = null;
  readonly #says = part(document, ".bench .says");

  constructor(
    private readonly root: HTMLElement,
    private readonly port: BenchPort,
  ) {
    this.#button("cut-all").onclick = () => this.#cutAll();
    this.#button("pause-all").onclick = () => this.#pauseAll();
    this.#button("flood").onclick = () => void this.#flood();
    this.#button("delay").onclick = () => void this.#ask(() => this.#delay());
    this.#button("redis").onclick = () => void this.#ask(() => this.#redis());
    this.#button("kill").onclick = () => void this.#ask(() => this.#kill());
    this.showState();
  }

  /** The node offers faults. */
  offer(faults: Faults): void {
    this.#faults = faults;
    part(this.root, ".server").hidden = false;
    this.#button("kill").hidden = !faults.state.may_kill;
    this.showState();
  }

  /** Which buttons can do something now. */
  showState(): void {
    const isIn = this.#room() !== null;
    for (const name of ["cut-all", "pause-all"]) this.#button(name).disabled = !isIn && this.port.naive() === null;
    for (const name of ["flood", "kill"]) this.#button(name).disabled = !isIn;
    this.#press("pause-all", this.#isPaused, "Let readers go on", "Pause all readers");
    const { history_delay_ms = 0, fan_out = "running" } = this.#faults?.state ?? {};
    this.#press("delay", history_delay_ms > 0, "History without delay", "Delay history 3 s");
    this.#press("redis", fan_out === "stopped", "Start Redis", "Stop Redis");
  }

  #cutAll(): void {
    for (const pane of this.port.panes()) pane.chat?.cut();
    this.port.naive()?.cut();
    this.#say("All sockets were cut: the panes resume where they were.");
  }

  #pauseAll(): void {
    this.#isPaused = !this.#isPaused;
    for (const pane of this.port.panes()) pane.setPaused(this.#isPaused);
    this.port.naive()?.setPaused(this.#isPaused);
    this.#say(this.#isPaused ? "Nobody reads. What a reader cannot hold stays in storage." : "All read on.");
    this.showState();
  }

  async #flood(): Promise<void> {
    const pane = this.port.panes().find(({ chat }) => chat);
    if (!pane) return this.#say("Enter a room first.");
    const wrong = await pane.flood(floodCount);
    if (wrong) this.#say(`Not all of the flood was taken: ${wrong}.`, true);
    else this.#say(`${pane.user} writes ${plural(floodCount, "message")} into ${pane.room}.`);
  }

  async #delay(): Promise<string> {
    const isOn = this.#faults!.state.history_delay_ms > 0;
    await this.#faults!.delayHistory(isOn ? 0 : delayMs);
    return isOn ? "History comes at once again." : "Each read of history now takes 3 s: cut a socket and look at the lens.";
  }

  async #redis(): Promise<string> {
    const isStopped = this.#faults!.state.fan_out === "stopped";
    await this.#faults!.setFanOut(isStopped ? "running" : "stopped");
    if (isStopped) return "The live path runs again.";
    return "The live path is dead: readers learn of new messages by polls.";
  }

  async #kill(): Promise<string> {
    const room = this.#room();
    if (room === null) throw new FaultError("enter a room first");
    return `${await this.#faults!.killOwnerOf(room)}, which owned ${room}, was killed. Go on writing.`;
  }

  #room(): string | null {
    return this.port.panes().find(({ chat }) => chat)?.room ?? null;
  }

  async #ask(act: () => Promise<string>): Promise<void> {
    try {
      this.#say(await act());
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      this.#say(error.message, true);
    }
    this.showState();
  }

  #say(text: string, isBad = false): void {
    this.#says.replaceChildren(element("span", isBad ? "bad" : "", text));
  }

  #press(name: string, isOn: boolean, on: string, off: string): void {
    const button = this.#button(name);
    button.textContent = isOn ? on : off;
    button.setAttribute("aria-pressed", String(isOn));
  }

  #button(name: string): HTMLButtonElement {
    return part<HTMLButtonElement>(this.root, `.${name}`);
  }
}
