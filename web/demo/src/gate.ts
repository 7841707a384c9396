/** What a loop waits at before each step: open as a rule, closed while somebody paused it. */
export class Gate {
  #opened: Promise<void> | null = null;
  #open = () => {};

  get isClosed(): boolean {
    return this.#opened !== null;
  }

  close(): void {
    this.#opened ??= new Promise((resolve) => (this.#open = resolve));
  }

  open(): void {
    this.#open();
    this.#opened = null;
  }

  /** Resolves at once, or when it opens. Asked again after that: it may have been closed in between. */
  async pass(): Promise<void> {
    while (this.#opened) await this.#opened;
  }
}
