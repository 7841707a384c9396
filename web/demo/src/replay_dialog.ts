import { element, part } from "./elements.js";
import { Replay, type ReplayWorld } from "./replay.js";

/** Real chat into a room: which log, how fast, and how far it is. The logs are loaded when somebody asks for them. */
export class ReplayDialog {
  readonly #dialog = part<HTMLDialogElement>(document, "#replay");
  readonly #start = part<HTMLButtonElement>(this.#dialog, ".start");
  #replay: Replay | null = null;

  /** @param enter brings the first pane into that room */
  constructor(
    private readonly button: HTMLButtonElement,
    private readonly enter: (room: string) => void,
  ) {
    button.onclick = () => (this.#isRunning ? this.#replay!.stop() : void this.#open());
    part(this.#dialog, "form").onsubmit = ({ submitter }) => {
      if (submitter === this.#start) void this.#play(); // either button closes the dialog by itself
    };
  }

  get #isRunning(): boolean {
    return this.#replay !== null && !this.#replay.isOver;
  }

  async #open(): Promise<void> {
    const { logs } = await import("virtual:chat-logs");
    const choice = part<HTMLSelectElement>(this.#dialog, "[name=log]");
    choice.replaceChildren(
      ...logs.map(({ name, lines }) => {
        const option = element("option", "", `${name}: ${lines.length} lines`);
        option.value = name;
        return option;
      }),
    );
    this.#start.disabled = false;
    this.#dialog.showModal();
  }

  async #play(): Promise<void> {
    const { logs } = await import("virtual:chat-logs");
    const log = logs.find(({ name }) => name === part<HTMLSelectElement>(this.#dialog, "[name=log]").value)!;
    const speed = Number(part<HTMLSelectElement>(this.#dialog, "[name=speed]").value);
    const room = `irc-${log.name}`;
    this.enter(room);
    const replay = new Replay(log.lines, `replay-${Date.now()}`, browserWorld(room), () => this.#show());
    this.#replay = replay;
    await replay.play(speed);
    this.#show();
  }

  #show(): void {
    const { said, length, repeats } = this.#replay!;
    this.button.textContent = this.#isRunning ? `Stop: ${said} of ${length}` : "Real chat";
    this.button.dataset.said = String(said);
    this.button.title = repeats > 0 ? `${repeats} sent again` : "";
  }
}

function browserWorld(room: string): ReplayWorld {
  const url = new URL(`v1/rooms/${encodeURIComponent(room)}/messages`, document.baseURI);
  return {
    async publish(user, key, text) {
      const headers = { "Content-Type": "application/json", "Parley-User": user, "Idempotency-Key": key };
      const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify({ text }) });
      if (answer.ok) return true;
      const { retryable = true } = await answer.json().catch(() => ({}));
      if (retryable) throw new Error(`${answer.status}`);
      return false;
    },
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  };
}
