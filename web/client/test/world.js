/// A world for a client: a clock moved by hand, and sockets whose other end is the test.
import { connect } from "../dist/index.js";
import { limitsDefault } from "../dist/protocol.js";
import { encoding, sent, spoken } from "./frames.js";

export const term = 1_764_000_000_000;

export class FakeClock {
  constructor() {
    this.ms = term;
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
      this.ms = Math.max(this.ms, due.at);
      due.act();
    }
    this.ms = end;
  }

  /// As a laptop's lid does: time goes on, and no timer acts before the end of it.
  sleep(ms) {
    this.ms += ms;
    this.pass(0);
  }
}

/// One connection as the server sees it.
export class FakeSocket {
  constructor(url, protocol) {
    Object.assign(this, { url, protocol, encoding: spoken(protocol) });
    this.frames = [];
    this.sent = [];
    this.closedWith = undefined;
  }

  send(data) {
    const envelopes = sent(data);
    this.frames.push(envelopes.length === 1 ? envelopes[0] : envelopes);
    this.sent.push(...envelopes);
  }

  close(code = "no code") {
    this.closedWith = code;
  }

  // --- the other end ---

  open() {
    this.onopen({});
  }

  says(...envelopes) {
    const frame = this.encoding.frame(envelopes.map(this.encoding.envelope));
    this.onmessage({ data: typeof frame === "string" ? frame : frame.buffer });
  }

  /// What may be none of the protocol's.
  says_raw(data) {
    this.onmessage({ data });
  }

  ends(code, reason = "") {
    this.onclose({ code, reason });
  }

  /// The newest request of that name, or all of them.
  asked(name) {
    return this.all(name).at(-1);
  }

  all(name) {
    return this.sent.filter((envelope) => name in envelope);
  }

  answer(name, reply) {
    const { id } = this.asked(name);
    this.says({ id, ...reply });
  }
}

/// Of what a publish may be refused with.
const codes = {
  unavailable: 5030,
  outcome_unknown: 5031,
  internal: 5000,
  rate_limited: 4290,
  idempotency_mismatch: 4091,
  message_too_large: 4130,
};

/// Lets promises and microtasks run; no time passes.
export async function settled() {
  for (let turn = 0; turn < 20; turn += 1) await null;
}

/// A world, and clients in it. `script` answers like a node for the simple cases.
export class World {
  constructor({ random = 0.5 } = {}) {
    this.clock = new FakeClock();
    this.sockets = [];
    this.random_value = random;
    this.world = {
      now: () => this.clock.ms,
      after: (ms, act) => this.clock.after(ms, act),
      random: () => this.random_value,
      randomBytes: (count) => new Uint8Array(count).fill(7),
      open: (url, protocol) => this.sockets[this.sockets.push(new FakeSocket(url, protocol)) - 1],
    };
  }

  get socket() {
    return this.sockets.at(-1);
  }

  async connect(options = {}) {
    return this.start(options);
  }

  start(options = {}) {
    const who = options.getToken ? {} : { user: "ana" };
    const client = connect({ url: "http://node:8080", ...who, world: this.world, encoding, ...options });
    client.told = [];
    for (const name of ["state", "error", "reconnect"]) client.on(name, (value) => client.told.push([name, value]));
    return client;
  }

  /// Opens the newest socket and answers `connect`. @param rooms {ROOM: joined or {error}}
  async admit(rooms = {}, connected = {}) {
    await settled();
    this.socket.open();
    const answers = Object.entries(rooms).map(([room, { error, ...joined }]) => [
      room,
      error ? { error } : { joined: { room, ...joined } },
    ]);
    const body = {
      conn_id: "c",
      user: "ana",
      node: "n1",
      ping_ms: 25_000,
      rooms: Object.fromEntries(answers),
      ...connected,
      limits: { ...limitsDefault, ...connected.limits },
    };
    this.socket.answer("connect", { connected: body });
    await settled();
  }

  /// Pushes the events after `prev` up to `last`.
  push(prev, last, phase = "live", change = {}) {
    this.socket.says({ batch: { room: "general", prev, phase, events: events(prev + 1, last, change) } });
  }

  live(seq) {
    this.socket.says({ live: { room: "general", at: at(seq) } });
  }

  /// A client with one live room that holds the events 1 to `seq`.
  async liveRoom(seq, options = {}, room_options = { rewind: 50 }) {
    const client = await this.connect(options);
    const room = client.join("general", room_options);
    watch(room);
    await this.admit({ general: { start: at(0), head: at(seq) } });
    if (seq > 0) this.push(0, seq, "history");
    this.live(seq);
    await settled();
    return { client, room };
  }

  /// What was published over the newest connection: the texts, from the `first` on, and the ids.
  texts(first = 0) {
    return this.#published.slice(first).map(({ text }) => text);
  }

  ids() {
    return this.#published.map(({ client_msg_id }) => client_msg_id);
  }

  get #published() {
    return this.socket.all("publish").map(({ publish }) => publish);
  }

  /// Answers the publish of that index of the newest connection.
  stores(index, seq, duplicate = false) {
    const { id, publish } = this.socket.all("publish")[index];
    this.socket.says({ id, published: { room: publish.room, seq, term: 1, at: 1, duplicate } });
  }

  refuses(index, name, more = {}) {
    const { id, publish } = this.socket.all("publish")[index];
    const code = codes[name];
    const retryable = code >= 5000 || name === "rate_limited";
    this.socket.says({ id, error: { code, name, message: name, retryable, room: publish.room, ...more } });
  }

  /// After a loss: the pause, and an answered `connect` that resumes behind `seq`.
  async resume(seq, head = seq, more = { recovered: true }) {
    this.clock.pass(20_000);
    await this.admit({ general: { start: at(seq), head: at(head), ...more } });
  }
}

/// A world, and in it a client with one room that nobody listens to, joined behind `start`.
export async function joined(start, room_options = {}, options = {}) {
  const world = new World();
  const client = await world.connect(options);
  const room = client.join("general", room_options);
  await world.admit({ general: { start: at(start), head: at(start) } });
  return { world, client, room };
}

/// Writes down what a room tells, in order: `room.told` and, of its events, `room.seqs`.
export function watch(room) {
  room.told = [];
  room.seqs = [];
  room.on("event", ({ seq }) => room.seqs.push(seq));
  for (const name of ["live", "catchingUp", "gap", "reset", "recovered", "broken", "state"]) {
    room.on(name, (value) => room.told.push([name, value]));
  }
}

export function told(one, name) {
  return one.told.filter(([what]) => what === name).map(([, value]) => value);
}

export function at(seq) {
  return { term: seq === 0 ? 0 : term, seq };
}

export function events(first, last, change = {}) {
  const made = [];
  for (let seq = first; seq <= last; seq += 1) {
    made.push({
      seq,
      term,
      kind: "message.created",
      sender: "ben",
      at: term + seq,
      text: `text ${seq}`,
      version: 1,
      ...change,
    });
  }
  return made;
}

export const numbers = (first, last) =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
