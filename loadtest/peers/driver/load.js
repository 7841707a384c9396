/// One run: rooms with a publisher and readers each, and what is measured of them between two moments.
import { histogram } from "./histogram.js";
import { marked, now_us } from "./marker.js";
import { stream_check } from "./stream_check.js";

const opening_at_once = 50;
const numbers = (count) => Array.from({ length: count }, (_, n) => n);
const spin_us = 1_300; // a timer of Node is up to a millisecond late: the rest is waited for awake

/// @param options {to, prefix, rooms, readers, mode: "paced" | "fan-out" | "publish", rate, window, text_bytes, warm_up_s, seconds,
///   drain_s}
/// @param protocol one of the modules beside this one
export class load {
  sessions = [];

  constructor(protocol, options) {
    Object.assign(this, { protocol, options, trouble: null, is_measuring: false });
    this.rooms = numbers(options.rooms).map((n) => ({ name: `${options.prefix}-${n}`, published: 0, acked: 0, delivered: 0 }));
    this.counts = { publishes: 0, acks: 0, deliveries: 0 };
    this.ack = new histogram();
    this.delivery = new histogram();
    this.late = new histogram();
    this.checks = [];
    /// Some protocols show a publisher its own message, as the only sign that it was taken.
    this.readers_of_a_room = options.readers + (protocol.publisher_reads ? 1 : 0);
  }

  async open() {
    const readers = this.rooms.flatMap((room, n) => numbers(this.options.readers).map((i) => [n, `r${n}-${i}`]));
    const writers = this.rooms.map((room, n) => [n, `w${n}`]);
    for (let at = 0; at < readers.length; at += opening_at_once)
      await Promise.all(readers.slice(at, at + opening_at_once).map(async ([n, name]) => {
        const session = await this.#session(n, name);
        await session.join(this.rooms[n].name);
        this.sessions.push(session);
      }));
    await Promise.all(writers.map(async ([n, name]) => {
      const session = await this.#session(n, name);
      if (n === 0) await session.prepare?.();
      if (this.protocol.publisher_reads) await session.join(this.rooms[n].name);
      this.sessions.push((this.rooms[n].writer = session));
    }));
  }

  async #session(n, name) {
    const check = new stream_check();
    this.checks.push([n, check, name.startsWith("r") || this.protocol.publisher_reads]);
    return this.protocol.open(this.options.to, `${this.options.prefix}-${name}`, {
      received: (due_us, room, number) => this.#received(check, n, due_us, room, number),
      acked: (due_us) => this.#acked(n, due_us),
      broke: (why) => (this.trouble ??= why),
    });
  }

  #received(check, expected_room, due_us, room, number) {
    if (room !== expected_room) this.trouble ??= `a message of room ${room} came to a reader of room ${expected_room}`;
    check.take(number);
    this.rooms[room].delivered += 1;
    if (!this.is_measuring) return;
    this.counts.deliveries += 1;
    this.delivery.add(now_us() - due_us);
  }

  #acked(n, due_us) {
    this.rooms[n].acked += 1;
    if (!this.is_measuring) return;
    this.counts.acks += 1;
    this.ack.add(now_us() - due_us);
  }

  #publish(n, due_us) {
    const room = this.rooms[n];
    const sent_us = now_us();
    room.published += 1;
    room.writer.publish(room.name, room.published, marked(due_us, n, room.published, this.options.text_bytes), due_us);
    if (!this.is_measuring) return;
    this.counts.publishes += 1;
    this.late.add(sent_us - due_us);
  }

  /// Publishes at the rate, whether or not anything is answered: rooms in turn, the clock of each from when it was due.
  async #paced(seconds) {
    const begin = now_us(), step = 1e6 / this.options.rate, end = begin + seconds * 1e6;
    for (let n = 0, due = begin; due < end && !this.trouble; ++n, due = begin + n * step) {
      const wait = due - now_us();
      if (wait > spin_us) await new Promise((go) => setTimeout(go, (wait - spin_us) / 1000));
      while (now_us() < due) await new Promise((go) => setImmediate(go));
      if (now_us() - due > 10e6) this.trouble ??= "the load is 10 s behind its rate";
      this.#publish(n % this.rooms.length, Math.round(due));
    }
  }

  /// Publishes as long as less than `window` messages of a room are under way: not acked, or not with all its readers.
  async #closed(seconds) {
    const end = now_us() + seconds * 1e6;
    while (now_us() < end && !this.trouble) {
      this.rooms.forEach((room, n) => {
        const delivered = this.readers_of_a_room > 0 ? Math.floor(room.delivered / this.readers_of_a_room) : Infinity;
        const done = Math.min(room.acked, delivered);
        while (room.published - done < this.options.window) this.#publish(n, now_us());
      });
      await new Promise((go) => setImmediate(go));
    }
  }

  async run(begins) {
    const pass = (seconds) => (this.options.mode === "paced" ? this.#paced(seconds) : this.#closed(seconds));
    await pass(this.options.warm_up_s);
    begins();
    this.is_measuring = true;
    const begin = now_us();
    await pass(this.options.seconds);
    this.is_measuring = false;
    return this.#told((now_us() - begin) / 1e6);
  }

  #told(seconds) {
    const { counts } = this;
    return { mode: this.options.mode, seconds, ...counts, acks_per_second: counts.acks / seconds,
      deliveries_per_second: counts.deliveries / seconds, ...this.ack.told("ack"), ...this.delivery.told("delivery"),
      late_p99_us: this.late.at(0.99) };
  }

  /// Waits for what is under way, then says what did not come, came twice or came out of order.
  async settle() {
    const end = Date.now() + this.options.drain_s * 1000;
    const is_settled = ({ acked, published, delivered }) => acked === published && delivered >= published * this.readers_of_a_room;
    const is_done = () => this.rooms.every(is_settled);
    while (!is_done() && !this.trouble && Date.now() < end) await new Promise((go) => setTimeout(go, 20));
    const seen = { published: 0, unacked: 0, lost: 0, repeated: 0, disordered: 0 };
    for (const room of this.rooms) {
      seen.published += room.published;
      seen.unacked += room.published - room.acked;
    }
    for (const [n, check, reads] of this.checks) {
      if (!reads) continue;
      seen.lost += check.lost(this.rooms[n].published);
      seen.repeated += check.repeated;
      seen.disordered += check.disordered;
    }
    for (const session of this.sessions) session.close();
    return seen;
  }
}
