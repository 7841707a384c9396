/** Protobuf's wire format: tags, varints and lengths. What the fields mean is in `codec.ts`. */

export const kind = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

const utf8 = new TextEncoder();
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export class Writer {
  #bytes = new Uint8Array(256);
  #size = 0;

  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#size);
  }

  tag(number: number, of: number): this {
    return this.varint(number * 8 + of);
  }

  /** A whole number from 0 to 2^53 - 1. */
  varint(value: number): this {
    this.#reserve(8);
    for (; value > 127; value = Math.floor(value / 128)) this.#bytes[this.#size++] = value % 128 | 128;
    this.#bytes[this.#size++] = value;
    return this;
  }

  double(value: number): this {
    this.#reserve(8);
    new DataView(this.#bytes.buffer).setFloat64(this.#size, value, true);
    this.#size += 8;
    return this;
  }

  /** With its length before it. */
  block(bytes: Uint8Array): this {
    this.varint(bytes.length).#reserve(bytes.length);
    this.#bytes.set(bytes, this.#size);
    this.#size += bytes.length;
    return this;
  }

  /** A lone surrogate becomes U+FFFD, as in all that a browser sends. */
  text(value: string): this {
    return this.block(utf8.encode(value));
  }

  #reserve(count: number): void {
    if (this.#size + count <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#size + count));
    larger.set(this.#bytes.subarray(0, this.#size));
    this.#bytes = larger;
  }
}

/** Reads what a `Writer`, or any other, wrote. @throws RangeError, TypeError where it is malformed */
export class Reader {
  #at = 0;

  constructor(private readonly data: Uint8Array) {}

  get isAtEnd(): boolean {
    return this.#at === this.data.length;
  }

  /** @throws RangeError past 2^53 - 1: no field of the protocol holds more */
  varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#take(1)[0]!;
      value += (byte & 127) * scale;
      if (value > Number.MAX_SAFE_INTEGER) throw new RangeError("a number past 2^53");
      if (byte < 128) return value;
    }
  }

  double(): number {
    const bytes = this.#take(8);
    return new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0, true);
  }

  block(): Uint8Array {
    return this.#take(this.varint());
  }

  text(): string {
    return strict.decode(this.block());
  }

  /** Passes over a field that nobody here knows. */
  skip(of: number): void {
    if (of === kind.varint) while (this.#take(1)[0]! > 127);
    else if (of === kind.fixed64) this.#take(8);
    else if (of === kind.bytes) this.block();
    else if (of === kind.fixed32) this.#take(4);
    else throw new RangeError(`no such kind of field: ${of}`);
  }

  #take(count: number): Uint8Array {
    if (count > this.data.length - this.#at) throw new RangeError("it ends too early");
    this.#at += count;
    return this.data.subarray(this.#at - count, this.#at);
  }
}
