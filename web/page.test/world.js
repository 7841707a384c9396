/// A world for a stream: a clock moved by hand and sockets whose other end is the test.
import { ids } from "../page/ids.js";
import { outbox } from "../page/outbox.js";
import { checker } from "../page/checker.js";
import { stream } from "../page/stream.js";

export const term = 1_764_000_000_000;

export class fake_clock {
  constructor() {
    this.ms = 1000;
    this.timers = new Set();
  }

  after(ms, act) {
    const timer = { at: this.ms + ms, act };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  /// Moves on, and lets each timer act at its own moment.
  pass(ms) {
    const end = this.ms + ms;
    for (;;) {
      const due = [...this.timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.timers.delete(due);
      this.ms = due.at;
      due.act();
    }
    this.ms = end;
  }
}

export class fake_socket {
  constructor() {
    this.sent = []; // envelopes
    this.frames = 0;
    this.closed_with = null;
  }

  send(text) {
    this.sent.push(...[JSON.parse(text)].flat());
    this.frames += 1;
  }

  close(code = "no code") {
    this.closed_with = code;
  }

  // --- the other end ---

  open() {
    this.onopen({});
  }

  says(frame) {
    this.onmessage({ data: typeof frame === "string" ? frame : JSON.stringify(frame) });
  }

  ends(code, reason = "") {
    this.onclose({ code, reason });
  }

  /// The newest request of that name, or all of them.
  asked(name) {
    return this.sents(name).at(-1);
  }

  sents(name) {
    return this.sent.filter((envelope) => name in envelope);
  }
}

/// A stream in a world of its own; what it tells is collected, and checked by a checker as on the page.
export function reader({ user = "ana", room = "general", random = 0.5, keep = null } = {}) {
  const clock = new fake_clock();
  const sockets = [];
  const told = [];
  const env = {
    open: () => sockets[sockets.push(new fake_socket()) - 1],
    now: () => clock.ms,
    after: (ms, act) => clock.after(ms, act),
    random: () => random,
  };
  const box = new outbox({ ids: new ids({ now: () => clock.ms }), keep, now: () => clock.ms });
  const judge = new checker(user);
  const tell = (what, value) => {
    told.push([what, value]);
    if (what === "show") judge.appended(value);
    if (what === "older") judge.prepended(value.events, value.before);
    if (what === "forget") judge.clear(value.seq);
    if (what === "passed_over") judge.passed_over(value);
    if (what === "acked") judge.acked(value.client_msg_id, value.seq);
    if (what === "broken") judge.broken(value);
  };
  const made = new stream({ user, room, outbox: box, env, tell });
  return {
    stream: made,
    clock,
    outbox: box,
    checker: judge,
    sockets,
    get socket() {
      return sockets.at(-1);
    },
    shown: () => told.filter(([what]) => what === "show").flatMap(([, events]) => events.map(({ seq }) => seq)),
    told: (name) => told.filter(([what]) => what === name).map(([, value]) => value),
    /// Answers `connect`: the room is joined from `start` on.
    admit(start, { head = start, recovered = false, ...connected } = {}) {
      this.socket.open();
      const joined = { room, head: at(head), start: at(start), recovered };
      const { id } = this.socket.asked("connect");
      this.socket.says({ id, connected: { conn_id: "c", user, node: "n1", ping_ms: 25_000, limits: {}, rooms: { [room]: { joined } }, ...connected } });
    },
    /// Pushes the events after `prev` up to `last`.
    push(prev, last, phase = "live", change = {}) {
      this.socket.says({ batch: { room, prev, phase, events: events(prev + 1, last, change) } });
    },
    live(seq) {
      this.socket.says({ live: { room, at: at(seq) } });
    },
    /// Joined with events 1 to `seq`, and live.
    go_live(seq) {
      made.start();
      this.admit(0, { head: seq });
      if (seq > 0) this.push(0, seq, "history");
      this.live(seq);
    },
  };
}

export function at(seq) {
  return { term: seq === 0 ? 0 : term, seq };
}

export function events(first, last, change = {}) {
  const made = [];
  for (let seq = first; seq <= last; seq += 1) {
    made.push({ seq, term, kind: "message.created", sender: "ben", at: term + seq, text: `text ${seq}`, version: 1, ...change });
  }
  return made;
}
