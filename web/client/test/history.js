/// Writes down what clients asked and were told, as their sockets saw it, for `parley-check` to judge: the format is in
/// tests/checker/README.md. A request is written before it goes out, an answer after it came in.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { WebSocket } from "ws";
import { program } from "../../browser.test/node.js";
import { encoding, sent } from "./frames.js";

const open_errors = new Set(["internal", "outcome_unknown"]); // they leave open whether the attempt is stored

export class History {
  constructor() {
    this.records = [];
    this.last = 0; // of whatever needs a number of its own
  }

  add(op, fields = {}) {
    this.records.push({ ns: Number(process.hrtime.bigint()), op, ...fields });
  }

  /// What to pass as `WebSocket` to a client. @param reader the client's name, the same over its reconnects
  socket_class(reader, user) {
    const history = this;
    return class extends Recorded {
      constructor(url, protocols) {
        super(url, protocols, history, reader, user);
      }
    };
  }

  /// The room read back from a node.
  async stored(address, room) {
    const events = [];
    let page = { older: 2 ** 50 };
    while (page.older) {
      page = await read(new URL(`v1/rooms/${room}/events?before=${page.older}&limit=200`, address));
      events.unshift(...page.events);
    }
    const list = events.map((event) => ({
      seq: event.seq,
      term: event.term,
      hash: hash(event),
      sender: event.sender,
      key: event.client_msg_id,
      version: event.version,
      deleted: Boolean(event.deleted),
    }));
    this.add("stored", { room, head: pair(page.head), floor: [0, 0], others: false, events: list });
    return events;
  }

  /// @returns {verdict, counts, text}; fails where the verdict is none
  judge(path, minima) {
    writeFileSync(path, this.records.map((record) => `${JSON.stringify(record)}\n`).join(""));
    const words = Object.entries(minima).flatMap(([what, least]) => ["--min", `${what}=${least}`]);
    try {
      const told = execFileSync(checker(), [...words, "--json", path], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
      });
      return JSON.parse(told);
    } catch (error) {
      throw new Error(`parley-check ended with ${error.status}: ${error.stdout}${error.stderr}`);
    }
  }
}

/// A node that just lost its neighbour may ask to be asked again.
async function read(url) {
  for (const end = Date.now() + 20_000; ; await pause(100)) {
    const answer = await fetch(url);
    if (answer.ok) return answer.json();
    if (Date.now() > end) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  }
}

/// $PARLEY_CHECK, or beside parleyd.
function checker() {
  const tried = [process.env.PARLEY_CHECK, join(dirname(program()), "parley-check")];
  const found = tried.find((path) => path && existsSync(path));
  if (!found) throw new Error(`no parley-check: set PARLEY_CHECK or build it beside ${program()}`);
  return found;
}

class Recorded {
  constructor(url, protocols, history, reader, user) {
    Object.assign(this, { history, reader, user, session: `${reader}#${++history.last}` });
    this.streams = new Map(); // room -> its stream
    this.asked = new Map(); // request id -> what is open
    this.is_over = false;
    this.socket = new WebSocket(url, protocols);
    this.socket.onopen = (event) => this.onopen(event);
    this.socket.onerror = (event) => this.onerror(event);
    this.socket.onmessage = (event) => {
      this.#heard(encoding.read(event.data));
      this.onmessage(event);
    };
    this.socket.onclose = (event) => {
      this.#end();
      this.onclose(event);
    };
  }

  set binaryType(kind) {
    this.socket.binaryType = kind;
  }

  send(data) {
    for (const { id, ...body } of sent(data)) this.#says(id, body);
    this.socket.send(data);
  }

  close(code) {
    this.#end(); // what still arrives is not heard
    this.socket.close(code);
  }

  #says(id, { connect, join, leave, publish }) {
    if (connect)
      this.asked.set(id, { joins: Object.entries(connect.rooms).map(([room, options]) => this.#join(room, options)) });
    if (join) this.asked.set(id, { joins: [this.#join(join.room, join)] });
    if (leave) this.asked.set(id, { leave: leave.room });
    if (!publish) return;
    const attempt = ++this.history.last;
    this.asked.set(id, { attempt });
    const { room, client_msg_id: key } = publish;
    this.history.add("publish", {
      phase: "invoke",
      attempt,
      room,
      session: this.session,
      sender: this.user,
      key,
      hash: hash(publish, this.user),
    });
  }

  #join(room, { since, rewind, on_gap = "fill", max = 100 }) {
    const stream = `${this.session}/${++this.history.last}`;
    const from = since ? { since: pair(since) } : { rewind: rewind?.limit ?? 0 };
    this.history.add("join", {
      phase: "invoke",
      stream,
      room,
      reader: `${this.reader} in ${room}`,
      ...from,
      on_gap,
      max,
    });
    return { room, stream };
  }

  #heard(frame) {
    if (this.is_over) return;
    for (const envelope of frame) {
      if (envelope.id) this.#answered(envelope);
      else this.#pushed(envelope);
    }
  }

  #answered({ id, connected, joined, published, error }) {
    const { joins = [], leave, attempt } = this.asked.get(id) ?? {};
    this.asked.delete(id);
    for (const { room, stream } of joins)
      this.#joined(room, stream, connected ? connected.rooms[room] : { joined, error });
    if (leave) this.#cut(leave);
    if (published)
      this.history.add("publish", {
        phase: "ok",
        attempt,
        seq: published.seq,
        term: published.term,
        duplicate: published.duplicate,
      });
    else if (attempt)
      this.history.add("publish", { phase: open_errors.has(error.name) ? "info" : "fail", attempt, error: error.name });
  }

  #joined(room, stream, { joined, error }) {
    if (!joined) return this.history.add("join", { phase: "fail", stream, error: error?.name ?? "nothing" });
    this.#cut(room); // a second join replaces the first
    this.streams.set(room, stream);
    this.history.add("join", {
      phase: "ok",
      stream,
      head: pair(joined.head),
      start: pair(joined.start),
      recovered: joined.recovered,
    });
  }

  #pushed(envelope) {
    const [kind, body] = Object.entries(envelope)[0];
    const stream = this.streams.get(body.room);
    if (!stream) {
      if (["batch", "live", "catching_up", "gap"].includes(kind))
        this.history.add("stray", { session: this.session, kind, room: body.room });
    } else if (kind === "batch") {
      const events = body.events.map((event) => [
        event.seq,
        event.term,
        hash(event),
        event.version ?? 0,
        Boolean(event.deleted),
      ]);
      this.history.add("push", { kind, stream, prev: body.prev, phase: body.phase, events });
    } else if (kind === "live" || kind === "catching_up") {
      this.history.add("push", { kind, stream, at: pair(body.at) });
    } else if (kind === "gap") {
      this.history.add("push", { kind, stream, from: body.from, to: pair(body.to), reason: body.reason });
    }
  }

  #cut(room) {
    const stream = this.streams.get(room);
    this.streams.delete(room);
    if (stream) this.history.add("cut", { stream });
  }

  #end() {
    if (this.is_over) return;
    this.is_over = true;
    for (const room of [...this.streams.keys()]) this.#cut(room);
    for (const { joins = [], attempt } of this.asked.values()) {
      for (const { stream } of joins) this.history.add("join", { phase: "info", stream, error: "closed" });
      if (attempt) this.history.add("publish", { phase: "info", attempt, error: "closed" });
    }
  }
}

/// Names all that an event tells; absent and empty are the same.
function hash(event, sender = event.sender) {
  const { kind = "message.created", client_msg_id, text, parts, metadata, reply_to } = event;
  const told = [kind, sender, client_msg_id || 0, text || 0, parts?.length ? parts : 0, metadata ?? 0, reply_to || 0];
  return createHash("sha256").update(JSON.stringify(told)).digest("hex").slice(0, 16);
}

const pair = ({ term, seq }) => [term, seq];
