import type { Chat } from "./chat.js";
import type { ChatState } from "./chat_shape.js";
import { part } from "./elements.js";

const names: Record<ChatState, string> = {
  connecting: "Connecting",
  resuming: "Resuming",
  "catching up": "Catching up",
  live: "Live",
  offline: "Offline",
  closed: "Closed",
};

/** How a pane's connection is, why, and when it is tried again; and what its buttons do then. */
export class StateView {
  #countdown: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly root: HTMLElement) {}

  draw(chat: Chat): void {
    const { state, why, retryAt, isPaused } = chat;
    this.root.dataset.state = state;
    const scroller = part(this.root, ".scroller");
    if (state !== "live") scroller.setAttribute("aria-live", "off"); // history is not read out
    scroller.setAttribute("aria-busy", String(state !== "live"));
    part(this.root, ".state .name").textContent = names[state] + (isPaused ? ", reader paused" : "");
    part(this.root, ".why").textContent = state === "live" || state === "offline" ? "" : why;
    part<HTMLButtonElement>(this.root, ".cut").disabled = !chat.isConnected;
    const pause = part(this.root, ".pause");
    pause.setAttribute("aria-pressed", String(isPaused));
    pause.textContent = isPaused ? "Go on reading" : "Pause my reader";
    part(this.root, ".line").textContent = state === "offline" || state === "closed" ? "Go online" : "Go offline";
    clearInterval(this.#countdown);
    const isWaiting = retryAt > 0 && state !== "offline";
    this.#countDown(isWaiting ? retryAt : 0);
    if (isWaiting) this.#countdown = setInterval(() => this.#countDown(retryAt), 100);
  }

  stop(): void {
    clearInterval(this.#countdown);
    this.root.dataset.state = "stopped";
  }

  #countDown(retryAt: number): void {
    const leftMs = retryAt - Date.now();
    part(this.root, ".state .left").textContent = leftMs > 0 ? ` in ${(leftMs / 1000).toFixed(1)} s` : "";
  }
}
