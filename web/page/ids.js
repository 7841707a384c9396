/// Time-ordered `client_msg_id`s: UUIDv7 (RFC 9562 §5.7). The server's index of keys likes neighbours;
/// random keys double the cost of a publish there.
export class ids {
  constructor({ now = Date.now, random_bytes = bytes_of_browser } = {}) {
    this.now = now;
    this.random_bytes = random_bytes;
    this.last_ms = 0;
    this.count = 0;
  }

  /// Strictly greater, as a string, than every id before it, also when the clock steps back.
  next() {
    const ms = this.now();
    if (ms > this.last_ms) {
      this.last_ms = ms;
      this.count = 0;
    } else if (++this.count > 0xfff) {
      this.last_ms += 1;
      this.count = 0;
    }
    const time = this.last_ms.toString(16).padStart(12, "0");
    const count = (0x7000 | this.count).toString(16);
    const tail = this.random_bytes(8);
    tail[0] = (tail[0] & 0x3f) | 0x80;
    const rest = Array.from(tail, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return `${time.slice(0, 8)}-${time.slice(8)}-${count}-${rest.slice(0, 4)}-${rest.slice(4)}`;
  }
}

// Not crypto.randomUUID: browsers offer that one over https and on loopback only.
function bytes_of_browser(count) {
  return crypto.getRandomValues(new Uint8Array(count));
}
