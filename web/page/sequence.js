/// The rules of one room's stream, as the protocol states them: `prev`, seq, term, phase, gaps.
/// No socket and no page in here: pushes go in, what to do about them comes out as a list of effects.
///
///   {show: events}                     they follow what is held: append them
///   {passed_over: {from, to, reason}}  the server says that these numbers will not come
///   {forget: position, reset}          drop everything held of the room and go on after this position
///   {broken: evidence, heal}           the stream broke its promise; `heal`: only a resume can mend it
export class sequence {
  constructor() {
    this.position = null; // of the last event held; null before the first join
    this.phase = "none"; // none, history, live
    this.head = null; // the newest seq that the server spoke of
    this.gap_end = null; // a gap was promised by `joined`, and ends here
  }

  /// The join options that continue this stream, or begin it.
  join_options(rewind) {
    return this.position ? { since: this.position } : { rewind: { limit: rewind } };
  }

  /// The socket is gone: what is held stays, the subscription does not.
  lost() {
    this.phase = "none";
    this.gap_end = null;
    this.head = null;
  }

  joined({ head, start, recovered = false }) {
    const since = this.position;
    this.phase = "history";
    this.head = head.seq;
    if (!since) {
      this.position = start;
      return [{ forget: start }];
    }
    this.gap_end = recovered && start.seq === since.seq ? null : start;
    if (recovered && start.seq < since.seq) {
      return [broken(`resumed at #${start.seq}, behind the #${since.seq} that was held`)];
    }
    return [];
  }

  batch({ prev, phase, events }) {
    const effects = [];
    if (this.phase === "none") return [broken(`events after #${prev} before the join was answered`, true)];
    if (this.gap_end && this.gap_end.seq !== this.position.seq) {
      return [broken(`#${prev + 1} came without the gap up to #${this.gap_end.seq}`, true)];
    }
    this.gap_end = null;
    if (phase !== this.phase) effects.push(broken(`a ${phase} batch while in ${this.phase}`));
    if (prev > this.position.seq) {
      return [...effects, broken(hole(this.position.seq + 1, prev), true)];
    }
    if (prev < this.position.seq) effects.push(broken(`prev is #${prev}, but #${this.position.seq} is held`));

    const show = [];
    let missing = null;
    let { term, seq } = this.position;
    for (const event of events) {
      if (event.seq <= seq) {
        effects.push(broken(`#${event.seq} came again, or out of order, after #${seq}`));
        continue;
      }
      if (event.seq > seq + 1) {
        missing = broken(hole(seq + 1, event.seq - 1), true);
        break;
      }
      if (event.term < term) effects.push(broken(`term of #${event.seq} is below that of #${seq}`));
      ({ term, seq } = event);
      show.push(event);
    }
    this.position = { term, seq };
    if (show.length > 0) effects.push({ show });
    if (missing) effects.push(missing); // last: healing ends this connection, and what came before the hole is held
    return effects;
  }

  live({ at }) {
    const effects = [];
    if (this.phase !== "history") effects.push(broken(`a live marker while in ${this.phase}`));
    effects.push(...this.#at("live", at));
    this.gap_end = null;
    this.phase = "live";
    return effects;
  }

  catching_up({ at }) {
    const effects = [];
    if (this.phase !== "live") effects.push(broken(`catching_up while in ${this.phase}`));
    effects.push(...this.#at("catching_up", at));
    this.phase = "history";
    return effects;
  }

  gap({ from, to, reason }) {
    const effects = [];
    if (this.phase === "none") return [broken("a gap before the join was answered", true)];
    if (this.gap_end && to.seq !== this.gap_end.seq) {
      effects.push(broken(`the gap ends at #${to.seq}, but the join starts at #${this.gap_end.seq}`));
    }
    this.gap_end = null;
    if (reason === "reset") {
      this.position = to;
      this.head = null;  // it may have been of the tail that was lost
      return [...effects, { forget: to, reset: true }];
    }
    const next = this.position.seq + 1;
    if (from > next) return [...effects, broken(`a gap from #${from}, but #${next} is next`, true)];
    if (from < next) effects.push(broken(`a gap from #${from}, but #${next} is next`));
    if (to.seq < next) return [...effects, broken(`a gap up to #${to.seq}, but #${next} is next`)];
    this.position = to;
    effects.push({ passed_over: { from: next, to: to.seq, reason } });
    return effects;
  }

  /// One head may overtake events that are under way; a whole head period later they must have come.
  heard_head({ head }) {
    const before = this.head;
    this.head = head.seq;
    if (this.phase !== "live" || before === null || before <= this.position.seq) return [];
    return [broken(`the head was #${before} a while ago, but only #${this.position.seq} came`, true)];
  }

  #at(marker, at) {
    const held = this.position.seq;
    if (at.seq === held) return [];
    return [broken(`${marker} says #${at.seq}, but #${held} is held`, at.seq > held)];
  }
}

function hole(from, to) {
  return from === to ? `hole: #${from} did not come` : `hole: #${from} to #${to} did not come`;
}

function broken(evidence, heal = false) {
  return { broken: evidence, heal };
}
