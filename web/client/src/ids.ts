/**
 * Time-ordered `client_msg_id`s: UUIDv7 (RFC 9562 §5.7). The server's index of keys likes neighbours; random keys
 * double the cost of a publish there. Order among them is also the order in which a reload sends again what it kept.
 */
export class Ids {
  #lastMs = 0;
  #count = 0;

  constructor(
    private readonly now: () => number,
    private readonly randomBytes: (count: number) => Uint8Array,
  ) {}

  /** Strictly greater, as a string, than every id before it, also when the clock steps back. */
  next(): string {
    const ms = this.now();
    if (ms > this.#lastMs) {
      this.#lastMs = ms;
      this.#count = 0;
    } else if (++this.#count > 0xfff) {
      this.#lastMs += 1;
      this.#count = 0;
    }
    const time = this.#lastMs.toString(16).padStart(12, "0");
    const count = (0x7000 | this.#count).toString(16);
    const tail = this.randomBytes(8);
    tail[0] = (tail[0]! & 0x3f) | 0x80;
    const rest = Array.from(tail, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return `${time.slice(0, 8)}-${time.slice(8)}-${count}-${rest.slice(0, 4)}-${rest.slice(4)}`;
  }

  /** No later id will be smaller than that one: what was kept from an earlier life goes first. */
  after(id: string): void {
    const ms = Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
    if (ms >= this.#lastMs) {
      this.#lastMs = ms + 1;
      this.#count = 0;
    }
  }
}
