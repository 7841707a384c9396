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
    this.passed = [];
    this.own = new Map(); // client_msg_id -> seq, from the ack or the event, whichever came first
    this.awaited = new Map(); // seq -> client_msg_id: acknowledged, not shown yet
    this.tombstones = new Set(); // own ones: these may have lost their client_msg_id
  }

  appended(events) {
    for (const event of events) {
      if (event.seq !== this.last + 1) this.broken(`#${event.seq} is shown after #${this.last}`);
      this.last = Math.max(this.last, event.seq);
      this.#own_event(event);
      this.#awaited_event(event);
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
      if (event.seq < this.first) this.#own_event(event);
    }
    this.first = Math.min(this.first, next);
  }

  passed_over({ from, to, reason }) {
    if (from !== this.last + 1) this.broken(`a gap from #${from} follows #${this.last}`);
    this.passed.push({ from, to, reason });
    for (const seq of this.awaited.keys()) if (seq <= to) this.awaited.delete(seq);
    this.last = to;
  }

  /// The stream must bring it under that number: it has done so, or it will.
  acked(client_msg_id, seq) {
    const is_shown = this.own.has(client_msg_id) || this.tombstones.has(seq);
    this.#own(client_msg_id, seq, "was acknowledged as");
    if (is_shown || seq < this.first) return;
    if (seq > this.last) this.awaited.set(seq, client_msg_id);
    else if (!this.#is_passed(seq, seq)) this.broken(`a message was acknowledged as #${seq}, but another one is shown there`);
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

  #awaited_event({ seq, sender, client_msg_id, deleted }) {
    const awaited = this.awaited.get(seq);
    if (awaited === undefined) return;
    this.awaited.delete(seq);
    if (deleted || (sender === this.user && client_msg_id === awaited)) return;
    this.broken(`a message was acknowledged as #${seq}, but another one is shown there`);
  }

  #own_event({ kind, sender, seq, client_msg_id, deleted }) {
    if (kind !== "message.created" || sender !== this.user) return;
    if (deleted) this.tombstones.add(seq);
    if (!client_msg_id) return;
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
