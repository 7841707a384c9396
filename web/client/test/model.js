/// A node in miniature that keeps the protocol, however its luck turns: connections break, publishes fail in every way,
/// readers fall behind, owners change. A seed decides everything.
import { limitsDefault } from "../dist/protocol.js";
import { sent } from "./frames.js";
import { FakeSocket } from "./world.js";

/// Numbers in [0, 1) out of a seed (mulberry32).
export function chance(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export class ModelNode {
  constructor(random) {
    this.random = random;
    this.logs = new Map(); // room -> events
    this.keys = new Map(); // room, sender, client_msg_id -> seq
    this.term = 100;
    this.links = [];
    this.is_well = false;
    this.met = { cuts: 0, unknown: 0, unavailable: 0, duplicates: 0, behind: 0 };
  }

  open(url, protocol) {
    const link = new Link(this, url, protocol);
    this.links.push(link);
    return link;
  }

  log(room) {
    if (!this.logs.has(room)) this.logs.set(room, []);
    return this.logs.get(room);
  }

  head(room) {
    const { term = 0, seq = 0 } = this.log(room).at(-1) ?? {};
    return { term, seq };
  }

  append(room, sender, content) {
    const log = this.log(room);
    const event = {
      seq: log.length + 1,
      term: this.term,
      kind: "message.created",
      sender,
      at: log.length,
      version: 1,
      ...content,
    };
    log.push(event);
    return event;
  }

  happens(probability) {
    return !this.is_well && this.random() < probability;
  }

  /// One thing happens somewhere.
  step() {
    if (this.happens(0.02)) this.term += 1;
    if (this.happens(0.2)) this.append(this.random() < 0.5 ? "a" : "b", "ben", { text: "from ben" });
    for (const link of this.links) link.step();
    this.links = this.links.filter(({ is_over }) => !is_over);
  }
}

class Link extends FakeSocket {
  constructor(node, url, protocol) {
    super(url, protocol);
    Object.assign(this, { node, is_open: false, is_over: false });
    this.out = []; // envelopes on their way to the client
    this.asked = []; // publishes that are not answered yet
    this.failing = new Set(); // rooms whose publishes fail until all outstanding ones are answered
    this.streams = new Map(); // room -> {last, phase}
  }

  close() {
    this.is_over = true;
  }

  send(data) {
    for (const envelope of sent(data)) this.#take(envelope);
  }

  #take({ id, connect, join, leave, publish, ping }) {
    if (connect) this.#connect(id, connect);
    if (join) this.out.push({ id, joined: this.#join(join.room, join) });
    if (leave) (this.streams.delete(leave.room), this.out.push({ id, left: leave }));
    if (ping) this.out.push({ id, pong: {} });
    if (publish) this.asked.push({ id, publish });
  }

  step() {
    const { node } = this;
    if (this.is_over) return;
    if (node.happens(0.02)) return this.#cut();
    if (!this.is_open) return this.#open();
    if (this.asked.length > 0 && (node.is_well || node.random() < 0.6)) this.#answer(this.asked.shift());
    for (const [room, stream] of this.streams) if (node.is_well || node.random() < 0.5) this.#pump(room, stream);
    const count = node.is_well ? this.out.length : Math.floor(node.random() * 4);
    if (this.out.length > 0 && count > 0) this.says(...this.out.splice(0, count));
  }

  #open() {
    this.is_open = true;
    this.open();
  }

  #cut() {
    this.node.met.cuts += 1;
    this.is_over = true;
    this.ends(1006); // what was on its way, in both directions, is gone
  }

  #connect(id, { rooms }) {
    const joined = Object.entries(rooms).map(([room, options]) => [room, { joined: this.#join(room, options) }]);
    this.out.push({
      id,
      connected: { user: "ana", node: "n", ping_ms: 25_000, limits: limitsDefault, rooms: Object.fromEntries(joined) },
    });
  }

  #join(room, { since, rewind = { limit: 0 } }) {
    const head = this.node.head(room);
    const seq = since ? since.seq : Math.max(0, head.seq - rewind.limit);
    const start = { term: this.node.log(room)[seq - 1]?.term ?? 0, seq };
    this.streams.set(room, { last: seq, phase: "history" });
    return { room, head, start, ...(since && { recovered: true }) };
  }

  #pump(room, stream) {
    const log = this.node.log(room);
    const events = log.slice(stream.last, stream.last + 1 + Math.floor(this.node.random() * 5));
    const at = () => ({ room, at: { term: log[stream.last - 1]?.term ?? 0, seq: stream.last } });
    if (events.length > 0) {
      this.out.push({ batch: { room, prev: stream.last, phase: stream.phase, events } });
      stream.last += events.length;
    } else if (stream.phase === "history") {
      this.out.push({ live: at() });
      stream.phase = "live";
    }
    if (stream.phase === "live" && this.node.happens(0.05)) {
      this.node.met.behind += 1;
      this.out.push({ catching_up: at() });
      stream.phase = "history";
    }
  }

  /// In the order asked. After a failure those already behind it, and what comes before the last of them is answered, fail too.
  #answer({ id, publish }) {
    const { node } = this;
    const { room, client_msg_id, ...content } = publish;
    const known = `${room} ana ${client_msg_id}`;
    const is_unknown = !this.failing.has(room) && node.happens(0.08);
    const fails = this.failing.has(room) || is_unknown || node.happens(0.08);
    if (fails) this.failing.add(room);
    if ((!fails || (is_unknown && node.random() < 0.5)) && !node.keys.has(known)) {
      node.keys.set(known, node.append(room, "ana", { client_msg_id, ...content }).seq);
    } else if (!fails) {
      node.met.duplicates += 1;
    }
    if (!this.asked.some((other) => other.publish.room === room)) this.failing.delete(room);
    if (fails) {
      const [code, name] = is_unknown ? [5031, "outcome_unknown"] : [5030, "unavailable"];
      node.met[is_unknown ? "unknown" : "unavailable"] += 1;
      this.out.push({ id, error: { code, name, message: name, retryable: true, room, client_msg_id } });
    } else {
      const seq = node.keys.get(known);
      this.out.push({ id, published: { room, seq, term: node.log(room)[seq - 1].term, at: 0, duplicate: false } });
    }
  }
}
