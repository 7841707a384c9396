import { fullJitter } from "./backoff.js";
import type { Draft } from "./draft.js";
import { Emitter } from "./emitter.js";
import { ParleyError } from "./errors.js";
import { History } from "./history.js";
import type { Keeper } from "./keeper.js";
import { Messages } from "./messages.js";
import { Moment } from "./moment.js";
import type {
  Batch,
  Envelope,
  Gap,
  JoinOptions,
  Joined,
  Marker,
  Position,
  Published,
  RoomEvent,
  WireError,
} from "./protocol.js";
import type { Pending } from "./publisher.js";
import { Reader } from "./reader.js";
import { Sequence, type Effect } from "./sequence.js";
import type { Item, RoomEvents, RoomOptions, RoomState } from "./shape.js";
import type { World } from "./world.js";

/** What a room needs of its client. */
export interface RoomPort {
  world: World;
  keeper: Keeper;
  request(body: object, onReply: (reply: Envelope) => void): boolean;
  ask(body: object): Promise<Envelope>;
  publish(room: string, draft: Draft): Promise<Published>;
  pending(room: string): Pending[];
  left(room: Room): void;
}

const keepDefault = 1000;
const bufferDefault = 1000;

/** One room's stream, over however many connections: listen, or loop over it with `for await`. */
export class Room implements AsyncIterable<RoomEvent> {
  /** Where the stream stands; a listener of `state` is told of each change. */
  state: RoomState = "connecting";
  /** The newest messages, and older ones that were asked for. */
  readonly messages = new Messages();
  /** What lies before the stream. */
  readonly history: History;

  #sequence: Sequence;
  #reader: Reader<Item>;
  #emitter = new Emitter<RoomEvents>();
  #isRead = false; // by a loop
  #isPaused = false; // until the loop has taken enough
  #isJoined = false; // ever
  #joined = new Moment();
  #live = new Moment();
  #attempt = 0;
  #isAsked = false; // a join was sent and is not answered yet
  #cancelRetry = () => {};

  constructor(
    readonly name: string,
    private readonly options: RoomOptions,
    private readonly port: RoomPort,
  ) {
    this.#sequence = new Sequence(options.since ?? port.keeper.position(name));
    this.#reader = new Reader(Math.max(1, options.buffer ?? bufferDefault), () => this.#taken());
    this.history = new History(name, this.messages, {
      ask: (body) => port.ask(body),
      joined: () => this.#joined.when(this.#isJoined),
      changed: () => this.#emitter.emit("change", this.messages),
    });
  }

  /** Of the last event received; null before the first join is answered. */
  get position(): Position | null {
    return this.#sequence.position;
  }

  /** Your messages that are not answered yet, oldest first. */
  get pending(): Pending[] {
    return this.port.pending(this.name);
  }

  /** @returns a function that ends the listening */
  on<Name extends keyof RoomEvents>(name: Name, act: (value: RoomEvents[Name]) => void): () => void {
    const off = this.#emitter.on(name, act);
    if (!this.#isForLoop()) queueMicrotask(() => this.#tellWaiting());
    return off;
  }

  /** Resolves once the event is committed to storage. Until then it is repeated over every loss of connection. */
  publish(draft: Draft): Promise<Published> {
    return this.port.publish(this.name, draft);
  }

  /** Resolves when the stream has caught up; at once where it has. */
  whenLive(): Promise<void> {
    return this.#live.when(this.state === "live");
  }

  /** The events one by one. While the loop is slow the stream waits; nothing is skipped and memory stays bounded. */
  async *[Symbol.asyncIterator](): AsyncGenerator<RoomEvent, void> {
    for await (const item of this.items()) if (item.type === "event") yield item.event;
  }

  /** As the loop over the room, with gaps, resets and `live` in their place between the events. */
  async *items(): AsyncGenerator<Item, void> {
    if (this.#isRead) throw new ParleyError("already_reading", "another loop reads this room", { room: this.name });
    this.#isRead = true;
    try {
      for (;;) {
        const { done, value } = await this.#reader.next();
        if (done) return;
        yield value;
        this.port.keeper.stands(this.name, positionOf(value)); // the loop's body is done with it
      }
    } finally {
      this.#isRead = false;
      this.#reader.release();
      if (!this.#isForLoop()) this.#reader.drain();
    }
  }

  /** Ends the stream and this handle. What was published still goes out. */
  leave(): void {
    if (this.state === "closed") return;
    this.port.request({ leave: { room: this.name } }, () => {});
    this.close(new ParleyError("left", "this room was left", { room: this.name }));
    this.port.left(this);
  }

  // --- for the client ---

  /** @internal What `connect` says about this room; null where it is not to be joined now. */
  joinOptions(): JoinOptions | null {
    if (this.state === "closed" || this.#isPaused) return null;
    const { rewind = 0, onGap, max } = this.options;
    return this.#sequence.joinOptions(
      { rewind: { limit: rewind } },
      { ...(onGap && { on_gap: onGap }), ...(max && { max }) },
    );
  }

  /** @internal Asks for the stream on the connection that there is. */
  join(): void {
    const options = this.joinOptions();
    if (!options || this.#isAsked) return;
    this.#cancelRetry();
    this.#isAsked = this.port.request({ join: { room: this.name, ...options } }, (reply) => this.admitted(reply));
  }

  /** @internal The answer to a join. */
  admitted({ joined, error }: { joined?: Joined; error?: WireError }): void {
    this.#isAsked = false;
    if (this.state === "closed") return;
    if (error) return this.#failed(ParleyError.of(error));
    if (!joined) return this.#failed(new ParleyError("broken_frame", "a join was not answered", { retryable: true }));
    const since = this.#sequence.position;
    const effects = this.#sequence.joined(joined);
    if (!this.#isJoined && this.#sequence.position) this.history.beginsBehind(this.#sequence.position.seq);
    this.#isJoined = true;
    this.#enter("catchingUp");
    this.#joined.come();
    if (since && joined.recovered && joined.start.seq === since.seq)
      this.#emitter.emit("recovered", { since, head: joined.head });
    this.#perform(effects);
  }

  /** @internal A push of this room. */
  push(envelope: Envelope): void {
    if (this.state === "closed" || this.#sequence.phase === "none") return;
    const { batch, live, catching_up, gap, head, evicted } = envelope;
    if (batch) this.#batch(batch);
    else if (gap && this.#isForLoop() && this.#reader.free === 0) this.#pause();
    else if (gap) this.#perform(this.#sequence.gap(gap));
    else if (head) this.#perform(this.#sequence.heardHead(head));
    else if (live) this.#mark(this.#sequence.live(live), "live", live);
    else if (catching_up) this.#mark(this.#sequence.catchingUp(catching_up), "catchingUp", catching_up);
    else if (evicted) this.#evicted(evicted.error);
  }

  /** @internal The connection is gone. */
  lost(cause?: ParleyError): void {
    this.#cancelRetry();
    this.#isAsked = false;
    this.#sequence.lost();
    if (this.state !== "closed" && !this.#isPaused) this.#enter(this.#isJoined ? "resuming" : "connecting", cause);
  }

  /** @internal For good. */
  close(error: ParleyError): void {
    if (this.state === "closed") return;
    this.#cancelRetry();
    this.#sequence.lost();
    this.#enter("closed", error);
    const isWanted = error.code === "left" || error.code === "closed";
    this.#reader.end(isWanted ? undefined : error);
    this.#joined.fail(error);
    this.#live.fail(error);
  }

  /** @internal */
  pendingChanged(): void {
    if (this.#emitter.has("pending")) this.#emitter.emit("pending", this.pending);
  }

  // --- the stream ---

  #batch(batch: Batch): void {
    const before = this.#sequence.position!;
    for (const effect of this.#sequence.batch(batch)) {
      if (effect.type !== "show") this.#perform([effect]);
      else if (!this.#show(effect.events, before, batch)) return this.#pause();
    }
  }

  /** @returns false where the loop's buffer could not take them all: the stream then stands behind the last that it took */
  #show(events: RoomEvent[], before: Position, batch: Batch): boolean {
    const isForLoop = this.#isForLoop();
    if (!isForLoop) this.#tellWaiting();
    const taken = isForLoop ? events.slice(0, this.#reader.free) : events;
    if (taken.length < events.length) this.#sequence.standAt(taken[taken.length - 1] ?? before);
    if (taken.length === 0) return false;
    const revision = this.messages.revision;
    for (const event of taken) this.messages.apply(event);
    const first = this.messages.trim((this.options.keep ?? keepDefault) + this.history.extra);
    if (first !== null) this.history.trimmed(first);
    this.#tell(taken, batch);
    if (this.state === "closed") return true; // a listener left
    if (revision !== this.messages.revision) this.#emitter.emit("change", this.messages);
    for (const event of isForLoop ? taken : []) this.#reader.add({ type: "event", event });
    if (!isForLoop) this.port.keeper.stands(this.name, taken[taken.length - 1]!);
    return taken.length === events.length;
  }

  #tell(events: RoomEvent[], batch: Omit<Batch, "events">): void {
    for (const event of events) {
      if (this.state === "closed") return;
      this.#emitter.emit("event", event);
    }
    if (this.state !== "closed") this.#emitter.emit("batch", { ...batch, events });
  }

  #mark(effects: Effect[], state: "live" | "catchingUp", marker: Marker): void {
    if (effects.length > 0) return this.#perform(effects);
    if (state === "live") this.#attempt = 0;
    this.#enter(state);
    this.#emitter.emit(state, marker);
    if (state === "live") this.#live.come();
    if (state === "live" && this.#isForLoop() && this.#reader.free > 0)
      this.#reader.add({ type: "live", at: marker.at });
  }

  #perform(effects: Effect[]): void {
    for (const effect of effects) {
      if (effect.type === "gap" || effect.type === "reset") this.#passedOver(effect.type, effect.gap);
      else if (effect.type === "broken") {
        const error = new ParleyError("broken_stream", effect.evidence, { room: this.name, retryable: true });
        this.#emitter.emit("broken", error);
        this.#failed(error);
      }
    }
  }

  #passedOver(type: "gap" | "reset", gap: Gap): void {
    if (type === "reset") {
      this.messages.clear();
      this.#emitter.emit("change", this.messages);
    }
    if (this.messages.size === 0) this.history.beginsBehind(gap.to.seq);
    this.#emitter.emit(type, gap);
    if (this.#isForLoop()) this.#reader.add({ type, gap });
    else this.port.keeper.stands(this.name, gap.to);
  }

  #evicted(error?: WireError): void {
    this.#failed(new ParleyError("evicted", error?.message ?? "no longer of this room", { room: this.name }));
  }

  /** Joins again after a pause, or gives up where that would only repeat. */
  #failed(error: ParleyError): void {
    if (this.state === "closed") return;
    if (!error.retryable) {
      this.close(error);
      return this.port.left(this);
    }
    this.#enter(this.#isJoined ? "resuming" : "connecting", error);
    const pauseMs = error.retryAfterMs + fullJitter(this.#attempt++, this.port.world.random());
    this.#cancelRetry();
    this.#cancelRetry = this.port.world.after(pauseMs, () => this.join());
  }

  // --- back-pressure ---

  #pause(): void {
    if (this.state === "closed") return;
    this.#isPaused = true;
    this.port.request({ leave: { room: this.name } }, () => {});
    this.#sequence.lost();
    this.#enter("catchingUp");
    this.#emitter.emit("catchingUp", { room: this.name, at: this.#sequence.position! });
  }

  /** The loop took something. Half a buffer is worth a question. */
  #taken(): void {
    if (!this.#isPaused || this.#reader.size > this.#reader.free) return;
    this.#isPaused = false;
    this.join();
  }

  /** Somebody listens to what was kept for a loop that did not come. */
  #tellWaiting(): void {
    if (this.#isRead || this.#reader.size === 0) return;
    const kept = this.#reader.drain();
    let events: RoomEvent[] = [];
    for (const [index, item] of kept.entries()) {
      if (item.type === "event") events.push(item.event);
      if (events.length === 0 || kept[index + 1]?.type === "event") continue; // a batch has no gap within
      this.#tell(events, { room: this.name, prev: events[0]!.seq - 1, phase: "history" });
      events = [];
    }
    this.port.keeper.stands(this.name, positionOf(kept[kept.length - 1]!));
    this.#taken();
  }

  /** Where nobody listens, events are kept for the loop that is to come. */
  #isForLoop(): boolean {
    return this.#isRead || !(["event", "batch", "change"] as const).some((name) => this.#emitter.has(name));
  }

  // --- state ---

  #enter(state: RoomState, cause?: ParleyError): void {
    if (this.state === "closed" || (this.state === state && !cause)) return;
    this.state = state;
    this.#emitter.emit("state", cause ? { state, cause } : { state });
  }
}

function positionOf(item: Item): Position {
  return item.type === "event" ? item.event : item.type === "live" ? item.at : item.gap.to;
}
