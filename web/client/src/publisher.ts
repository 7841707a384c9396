import { fullJitter } from "./backoff.js";
import { frameBytes, wireContent, type Draft, type WireContent } from "./draft.js";
import { ParleyError } from "./errors.js";
import { Ids } from "./ids.js";
import type { Keeper } from "./keeper.js";
import { Outbox, type Entry } from "./outbox.js";
import type { Envelope, Limits, Published } from "./protocol.js";
import { isPosition } from "./sequence.js";
import type { World } from "./world.js";

/** A message of this client that the server has not answered for good; what a page shows below the log. */
export interface Pending {
  readonly clientMsgId: string;
  readonly content: WireContent;
  readonly at: number;
  readonly tries: number;
}

/** What the publisher needs of the connection. */
export interface PublisherPort {
  limits(): Limits;
  isConnected(): boolean;
  request(body: object, onReply: (reply: Envelope) => void): boolean;
  together(act: () => void): void;
  lose(why: string, code?: "broken_frame"): void;
  pendingChanged(room: string): void;
  /** Of a message that an earlier page left behind: nobody here waits for its answer. */
  failed(error: ParleyError): void;
}

interface Settle {
  answer: Promise<Published>;
  resolve(answer: Published): void;
  reject(error: ParleyError): void;
}

const answerWaitMs = 20_000; // the server answers a publish that it cannot store within 5 s

/** Drives the rooms' outboxes over whatever connection there is, until each message is stored or refused. */
export class Publisher {
  #rooms = new Map<string, Outbox>();
  #settles = new Map<Entry, Settle>();
  #size = 0;
  #ids: Ids;
  #attempt = 0;
  #releases = new Map<string, () => void>(); // room -> cancels its pause
  #pauses = new Map<string, number>(); // room -> what the server asked to wait
  #cancelAnswer: (() => void) | null = null;

  constructor(
    private readonly world: World,
    private readonly keeper: Keeper,
    private readonly port: PublisherPort,
    private readonly sizeMax: number,
  ) {
    this.#ids = new Ids(world.now, world.randomBytes);
    for (const entry of keeper.keptEntries()) {
      this.#ids.after(entry.clientMsgId);
      this.#add(entry);
    }
  }

  /** @throws ParleyError what is refused at once: `outbox_full`, `bad_request`, `message_too_large` */
  publish(room: string, draft: Draft): Promise<Published> {
    if (this.#size >= this.sizeMax) {
      throw new ParleyError("outbox_full", `${this.#size} messages wait to be sent`, { room, retryable: true });
    }
    const content = wireContent(draft, this.port.limits());
    const clientMsgId = draft.clientMsgId ?? this.#ids.next();
    const bytes = frameBytes(content);
    const entry: Entry = {
      room,
      clientMsgId,
      content,
      bytes,
      at: this.world.now(),
      tries: 0,
      sentAt: 0,
      state: "waiting",
    };
    const settle = {} as Settle;
    settle.answer = new Promise((resolve, reject) => Object.assign(settle, { resolve, reject }));
    this.#settles.set(entry, settle);
    this.#add(entry);
    this.keeper.keep(entry);
    this.port.pendingChanged(room);
    queueMicrotask(() => this.#flushRoom(room)); // what is published in one turn is one group
    return settle.answer;
  }

  pending(room: string): Pending[] {
    return (
      this.#rooms
        .get(room)
        ?.entries.map(({ clientMsgId, content, at, tries }) => ({ clientMsgId, content, at, tries })) ?? []
    );
  }

  /** There is a connection: all that waits goes out. */
  flush(): void {
    for (const room of [...this.#rooms.keys()]) this.#flushRoom(room);
  }

  lost(): void {
    for (const cancel of this.#releases.values()) cancel();
    this.#releases.clear();
    this.#pauses.clear();
    this.#cancelAnswer?.();
    this.#cancelAnswer = null;
    for (const outbox of this.#rooms.values()) outbox.lost();
  }

  /** For good. What is kept stays kept, for the next client. */
  close(error: ParleyError): void {
    this.lost();
    for (const { answer, reject } of this.#settles.values()) {
      answer.catch(() => {}); // who closes a client need not wait for its messages: no "unhandled rejection"
      reject(error);
    }
    this.#settles.clear();
    this.#rooms.clear();
    this.#size = 0;
  }

  #add(entry: Entry): void {
    const outbox = this.#rooms.get(entry.room) ?? new Outbox();
    this.#rooms.set(entry.room, outbox);
    outbox.add(entry);
    this.#size += 1;
  }

  #flushRoom(room: string): void {
    const outbox = this.#rooms.get(room);
    if (!outbox || !this.port.isConnected()) return;
    this.#giveUpOld(outbox);
    const group = outbox.take(this.port.limits().publishes_per_second > 0);
    // All of it at once: what is marked as sent with an older time, or none, would be taken for unanswered.
    for (const entry of group) entry.sentAt = this.world.now();
    this.port.together(() => group.forEach((entry) => this.#send(outbox, entry)));
  }

  #send(outbox: Outbox, entry: Entry): void {
    const { room, clientMsgId: client_msg_id, content } = entry;
    this.port.request({ publish: { room, client_msg_id, ...content } }, ({ published, error }) => {
      if (isPosition(published) && published.seq > 0) this.#stored(outbox, entry, published);
      else if (!error) return this.port.lose("a publish was answered with something else", "broken_frame");
      else if (error.retryable) this.#failed(outbox, entry, error.retry_after_ms ?? 0);
      else this.#refused(outbox, entry, ParleyError.of(error));
      if (outbox.awaitsRelease) this.#pause(outbox, room);
      this.#flushRoom(room);
      this.#watch();
    });
    if (!this.#cancelAnswer) this.#watch();
  }

  #stored(outbox: Outbox, entry: Entry, answer: Published): void {
    this.#attempt = 0;
    this.#leave(outbox, entry)?.resolve(answer);
  }

  #refused(outbox: Outbox, entry: Entry, error: ParleyError): void {
    const settle = this.#leave(outbox, entry);
    if (settle) settle.reject(error);
    else this.port.failed(error);
  }

  #failed(outbox: Outbox, entry: Entry, pauseMs: number): void {
    outbox.failed(entry);
    this.#pauses.set(entry.room, Math.max(pauseMs, this.#pauses.get(entry.room) ?? 0));
    this.port.pendingChanged(entry.room);
  }

  #pause(outbox: Outbox, room: string): void {
    const pauseMs = (this.#pauses.get(room) ?? 0) + fullJitter(this.#attempt++, this.world.random());
    this.#pauses.delete(room);
    this.#releases.get(room)?.();
    const cancel = this.world.after(pauseMs, () => {
      this.#releases.delete(room);
      outbox.release();
      this.#flushRoom(room);
    });
    this.#releases.set(room, cancel);
  }

  /** What was sent and is older than the server's memory of keys might be stored a second time: never again. */
  #giveUpOld(outbox: Outbox): void {
    const windowMs = this.port.limits().dedup_window_s * 1000;
    for (const entry of outbox.entries.filter(({ tries, state }) => tries > 0 && state === "waiting")) {
      if (windowMs === 0 || this.world.now() - entry.at < windowMs) continue;
      const why = "whether it was stored is unknown, and too long ago to be asked by repeating it";
      this.#refused(
        outbox,
        entry,
        new ParleyError("too_old", why, { room: entry.room, clientMsgId: entry.clientMsgId }),
      );
    }
  }

  #leave(outbox: Outbox, entry: Entry): Settle | undefined {
    if (!outbox.settled(entry)) return undefined;
    this.#size -= 1;
    const settle = this.#settles.get(entry);
    this.#settles.delete(entry);
    this.keeper.drop(entry.clientMsgId);
    if (outbox.entries.length === 0 && !this.#releases.has(entry.room)) this.#rooms.delete(entry.room);
    this.port.pendingChanged(entry.room);
    return settle;
  }

  /** A connection that brings everything but the answer to the oldest question does no good. */
  #watch(): void {
    this.#cancelAnswer?.();
    this.#cancelAnswer = null;
    const sent = [...this.#rooms.values()].flatMap(({ entries }) => entries.filter(({ state }) => state === "sent"));
    if (sent.length === 0) return;
    const oldest = Math.min(...sent.map(({ sentAt }) => sentAt));
    const leftMs = Math.max(0, oldest + answerWaitMs - this.world.now());
    this.#cancelAnswer = this.world.after(leftMs, () => this.port.lose("a message was not answered"));
  }
}
