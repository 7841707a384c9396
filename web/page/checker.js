/// Looks over the stream's shoulder: is every number from the first to the last on the page, once and in order, and did
/// every acknowledged message arrive under the number that its ack named? It counts for itself and shares no code
/// with `sequence.js`, so that a mistake in one of them shows in the other.
const evidence_max = 20;
const own_max = 2000;

export class checker {
  constructor(user) {
    this.user = user;
    this.evidence = [];
    this.evidence_count = 0;
    this.clear(0);
  }

  /// Nothing is held any more; the next event shown must be `seq + 1`.
  clear(seq) {
    this.first = seq + 1;
    this.last = seq;
    this.events = 0;
    this.passed = [];
    this.own = new Map(); // client_msg_id -> seq, from the ack or the event, whichever came first
  }

  appended(events) {
    for (const event of events) {
      if (event.seq !== this.last + 1) this.broken(`#${event.seq} is shown after #${this.last}`);
      this.last = Math.max(this.last, event.seq);
      this.events += 1;
      this.#own_event(event);
    }
  }

  /// A page of older history, put in front of `before`.
  prepended(events, before) {
    let next = before;
    for (const event of [...events].reverse()) {
      if (event.seq !== next - 1 && !this.#is_passed(event.seq + 1, next - 1)) {
        this.broken(`history: #${event.seq} is shown before #${next}`);
      }
      next = event.seq;
      if (event.seq < this.first) {
        this.events += 1;
        this.#own_event(event);
      }
    }
    this.first = Math.min(this.first, next);
  }

  passed_over({ from, to, reason }) {
    if (from !== this.last + 1) this.broken(`a gap from #${from} follows #${this.last}`);
    this.passed.push({ from, to, reason });
    this.last = to;
  }

  acked(client_msg_id, seq) {
    this.#own(client_msg_id, seq, "was acknowledged as");
  }

  broken(text) {
    this.evidence_count += 1;
    if (this.evidence.length < evidence_max) this.evidence.push(text);
  }

  get is_ok() {
    return this.evidence_count === 0;
  }

  /// One line for people.
  verdict() {
    if (!this.is_ok) {
      const more = this.evidence_count > 1 ? ` (and ${this.evidence_count - 1} more)` : "";
      return `Broken: ${this.evidence[0]}${more}`;
    }
    if (this.last < this.first) return "Nothing to check yet";
    const range = this.first === this.last ? `#${this.first}` : `${this.first}..${this.last}`;
    const gaps = this.passed.map(({ from, to, reason }) => `${from}..${to} (${reason})`);
    return gaps.length === 0
      ? `${range} all present, once, in order`
      : `${range} in order, once; passed over by the server: ${gaps.join(", ")}`;
  }

  #own_event({ kind, sender, seq, client_msg_id }) {
    if (kind !== "message.created" || sender !== this.user || !client_msg_id) return;
    this.#own(client_msg_id, seq, "is shown as");
  }

  #own(client_msg_id, seq, how) {
    const before = this.own.get(client_msg_id);
    if (before !== undefined && before !== seq) this.broken(`a message ${how} #${seq}, but also as #${before}`);
    this.own.set(client_msg_id, seq);
    if (this.own.size > own_max) this.own.delete(this.own.keys().next().value);
  }

  #is_passed(from, to) {
    return this.passed.some((gap) => gap.from <= from && to <= gap.to);
  }
}
