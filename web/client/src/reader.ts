/**
 * The bounded buffer between a room's stream and a loop over it (`for await`). Its owner asks `free` before it adds, and
 * stops the stream where there is none; `onTaken` tells it that the loop went on, so that the stream may, too.
 */
export class Reader<T> {
  #items: T[] = [];
  #waiting: ((result: IteratorResult<T>) => void) | null = null;
  #fail: ((error: unknown) => void) | null = null;
  #end: { error?: unknown } | null = null;

  constructor(
    private readonly sizeMax: number,
    private readonly onTaken: () => void,
  ) {}

  get size(): number {
    return this.#items.length;
  }

  get free(): number {
    return Math.max(0, this.sizeMax - this.#items.length);
  }

  add(item: T): void {
    if (this.#end) return;
    if (!this.#waiting) {
      this.#items.push(item);
      return;
    }
    this.#answer()?.({ done: false, value: item });
  }

  /** What was added comes first, then the end: a plain one, or the error. */
  end(error?: unknown): void {
    if (this.#end) return;
    this.#end = error === undefined ? {} : { error };
    if (!this.#waiting) return;
    const fail = this.#fail!;
    const answer = this.#answer()!;
    if (error === undefined) answer({ done: true, value: undefined });
    else fail(error);
  }

  next(): Promise<IteratorResult<T>> {
    const item = this.#items.shift();
    if (item !== undefined) {
      this.onTaken();
      return Promise.resolve({ done: false, value: item });
    }
    if (this.#end) {
      const { error } = this.#end;
      return error === undefined ? Promise.resolve({ done: true, value: undefined }) : Promise.reject(error);
    }
    return new Promise((resolve, reject) => {
      this.#waiting = resolve;
      this.#fail = reject;
    });
  }

  /** Nobody will ask for what waits here. */
  drain(): T[] {
    return this.#items.splice(0);
  }

  /** The loop that waits is told that it is over; another may begin. */
  release(): void {
    this.#answer()?.({ done: true, value: undefined });
  }

  #answer(): ((result: IteratorResult<T>) => void) | null {
    const waiting = this.#waiting;
    this.#waiting = this.#fail = null;
    return waiting;
  }
}
