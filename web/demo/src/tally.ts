const heldMax = 20_000;

/** Counts what a list of numbers suffers: which are missing, which came more than once, which out of order. */
export class Tally {
  first = 0;
  last = 0;
  doubled = 0;
  unordered = 0;
  #held = new Set<number>();

  /** How many numbers from the first to the last were never shown. */
  get missing(): number {
    return this.#held.size === 0 ? 0 : this.last - this.first + 1 - this.#held.size;
  }

  get isOk(): boolean {
    return this.missing + this.doubled + this.unordered === 0;
  }

  has(seq: number): boolean {
    return this.#held.has(seq);
  }

  /** Shown below everything else. */
  appended(seq: number): void {
    if (this.#held.has(seq)) this.doubled += 1;
    else if (this.#held.size > 0 && seq < this.last) this.unordered += 1;
    this.#add(seq);
  }

  /** Shown above everything else, in this order. */
  prepended(seqs: readonly number[]): void {
    const firstBefore = this.#held.size > 0 ? this.first : Infinity;
    for (const seq of seqs) {
      if (this.#held.has(seq)) this.doubled += 1;
      else if (seq > firstBefore) this.unordered += 1;
      this.#add(seq);
    }
  }

  #add(seq: number): void {
    this.first = this.#held.size === 0 ? seq : Math.min(this.first, seq);
    this.last = Math.max(this.last, seq);
    this.#held.add(seq);
    if (this.#held.size <= heldMax) return;
    // Forgotten as a whole range, so that what is forgotten is never counted as missing.
    for (let next = this.first; this.#held.size > heldMax / 2; next += 1) {
      this.#held.delete(next);
      this.first = next + 1;
    }
  }
}
