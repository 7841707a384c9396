/// Latencies in microseconds, in buckets at most 1/64 wide: the whole tail in some thousand numbers.
const sub = 64;
const buckets = 40 * sub;

export class histogram {
  #counts = new Uint32Array(buckets);
  count = 0;
  max = 0;

  add(us) {
    const value = Math.max(1, us);
    const power = Math.floor(Math.log2(value));
    const index = Math.min(buckets - 1, power * sub + Math.floor((value / 2 ** power - 1) * sub));
    this.#counts[index] += 1;
    this.count += 1;
    if (value > this.max) this.max = value;
  }

  /// The upper end of the bucket that holds the value of which a share `p` is not larger; null: nothing was counted.
  at(p) {
    if (this.count === 0) return null;
    let rest = Math.max(1, Math.ceil(p * this.count));
    for (let index = 0; index < buckets; ++index) {
      rest -= this.#counts[index];
      if (rest <= 0) return Math.min(this.max, 2 ** Math.floor(index / sub) * (1 + ((index % sub) + 1) / sub));
    }
    return this.max;
  }

  told(name) {
    const tails = { p50: 0.5, p90: 0.9, p99: 0.99, p999: 0.999 };
    const all = Object.entries(tails).map(([tail, p]) => [`${name}_${tail}_us`, this.at(p)]);
    return Object.fromEntries([...all, [`${name}_max_us`, this.count === 0 ? null : this.max]]);
  }
}
