/** What is said, and by whom. */
export type Line = [user: string, text: string];

export interface ReplayWorld {
  /** Publishes as that user under that key. @returns false where it is refused for good. @throws where it may work again */
  publish(user: string, key: string, text: string): Promise<boolean>;
  pause(ms: number): Promise<void>;
}

const retryMs = 500;

/**
 * Says the lines of a log one after the other, each until it is stored: its key makes a repeat harmless, so that the
 * room gets every line once and in order also when the node dies in between.
 */
export class Replay {
  said = 0;
  /** Lines that had to be sent again, since their answer was lost. */
  repeats = 0;
  /** Lines that the node will never take. */
  refused = 0;
  #isStopped = false;

  constructor(
    private readonly lines: readonly Line[],
    private readonly run: string,
    private readonly world: ReplayWorld,
    private readonly changed: () => void,
  ) {}

  get length(): number {
    return this.lines.length;
  }

  get isOver(): boolean {
    return this.#isStopped || this.said === this.lines.length;
  }

  stop(): void {
    this.#isStopped = true;
    this.changed();
  }

  async play(linesPerSecond: number): Promise<void> {
    for (const [index, [user, text]] of this.lines.entries()) {
      if (!(await this.#say(user, `${this.run}-${index + 1}`, text))) return;
      this.said += 1; // also what was refused: the log goes on
      this.changed();
      await this.world.pause(1000 / linesPerSecond);
    }
  }

  /** @returns false where it was stopped before the line was answered */
  async #say(user: string, key: string, text: string): Promise<boolean> {
    while (!this.#isStopped) {
      try {
        if (!(await this.world.publish(user, key, text))) this.refused += 1;
        return true;
      } catch {
        this.repeats += 1;
        this.changed();
        await this.world.pause(retryMs);
      }
    }
    return false;
  }
}
