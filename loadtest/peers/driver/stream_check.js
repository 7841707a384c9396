/// What one reader saw of one room: each number once, in order. It tells, and refuses nothing: some peers promise less.
export class stream_check {
  #next = 1;
  seen = 0;
  repeated = 0;
  disordered = 0; // came after one that is newer
  #missing = new Set();

  take(number) {
    if (number === this.#next) {
      this.#next += 1;
      this.seen += 1;
    } else if (number > this.#next) {
      for (let one = this.#next; one < number; ++one) this.#missing.add(one);
      this.#next = number + 1;
      this.seen += 1;
    } else if (this.#missing.delete(number)) {
      this.disordered += 1;
      this.seen += 1;
    } else {
      this.repeated += 1;
    }
  }

  /// How many of the `published` ones never came.
  lost(published) {
    return published - this.seen;
  }
}
