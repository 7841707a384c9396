import type { ParleyError } from "./errors.js";

/** A moment that many may wait for, that may come again, and that will never come once it has failed. */
export class Moment {
  #waiting: { resolve(): void; reject(error: ParleyError): void }[] = [];
  #error: ParleyError | null = null;

  /** @param isNow nothing to wait for */
  when(isNow: boolean): Promise<void> {
    if (this.#error) return Promise.reject(this.#error);
    if (isNow) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  come(): void {
    for (const { resolve } of this.#waiting.splice(0)) resolve();
  }

  fail(error: ParleyError): void {
    this.#error = error;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
