import type { RoomEvent } from "@parley/client";
import { envelopesOf } from "./tap.js";

/** What the naive client needs of a browser. */
export interface NaiveWorld {
  open(): WebSocket;
  /** The newest messages of the room, ascending. @throws where they could not be fetched */
  newest(limit: number): Promise<RoomEvent[]>;
  after(ms: number, act: () => void): () => void;
}

export type NaiveTold =
  | { type: "append"; event: RoomEvent; from: "live" | "fetched" }
  | { type: "prepend"; events: RoomEvent[] }
  | { type: "notice"; text: string }
  | { type: "state" };

const firstPage = 50;
const laterPage = 20;
const retryMs = 1000;
const heldMax = 200;

/**
 * Chat as it is often written: subscribe to what happens from now on, fetch what was before, put the one above the
 * other; after a loss subscribe again and fetch the last few. No positions, and nothing is compared by its number. It
 * runs against the same node, and nothing spoils it: it loses and doubles messages by its design.
 *
 * - Both answers race. What is written between the two snapshots is in neither, or in both.
 * - After a loss the last few are what it already shows, or are not all that it missed.
 * - Who reads too slowly is thrown out after so many messages, as a broker does, and comes back as above.
 */
export class Naive {
  state: "connecting" | "live" | "reconnecting" | "offline" = "connecting";
  cuts = 0;
  #socket: WebSocket | null = null;
  #held: RoomEvent[] | null = null; // while paused
  #hasFetched = false;
  #isOver = false;
  #cancelRetry = () => {};

  constructor(
    private readonly user: string,
    private readonly room: string,
    private readonly world: NaiveWorld,
    private readonly tell: (told: NaiveTold) => void,
  ) {
    this.#connect();
  }

  get isPaused(): boolean {
    return this.#held !== null;
  }

  cut(): void {
    if (!this.#socket) return;
    this.cuts += 1;
    this.#lost();
  }

  pause(): void {
    this.#held ??= [];
    this.tell({ type: "state" });
  }

  resume(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const event of held) this.tell({ type: "append", event, from: "live" });
    if (!this.#socket) this.#connect();
    this.tell({ type: "state" });
  }

  close(): void {
    this.#isOver = true;
    this.#drop();
  }

  #connect(): void {
    this.#drop();
    const socket = this.world.open();
    this.#socket = socket;
    socket.onopen = () => {
      // An empty join: live only.
      socket.send(JSON.stringify({ id: 1, connect: { user: this.user, rooms: { [this.room]: {} } } }));
      void this.#fetch();
    };
    socket.onmessage = ({ data }) => this.#received(data);
    socket.onclose = () => this.#lost();
  }

  #received(data: string): void {
    for (const { connected, batch } of envelopesOf(data)) {
      if (connected) this.#enter("live");
      for (const event of batch?.events ?? []) if (this.#socket) this.#live(event); // until it is thrown out
    }
  }

  #live(event: RoomEvent): void {
    if (!this.#held) return this.tell({ type: "append", event, from: "live" });
    this.#held.push(event);
    if (this.#held.length <= heldMax) return;
    this.#held = [];
    this.#drop();
    this.tell({ type: "notice", text: `Thrown out as a slow reader: ${heldMax} messages waited, and are gone` });
    this.#enter("offline");
  }

  async #fetch(): Promise<void> {
    try {
      const isFirst = !this.#hasFetched;
      const events = await this.world.newest(isFirst ? firstPage : laterPage);
      if (this.#isOver) return;
      this.#hasFetched = true;
      if (isFirst) this.tell({ type: "prepend", events });
      else for (const event of events) this.tell({ type: "append", event, from: "fetched" });
    } catch {
      this.tell({ type: "notice", text: "The history could not be fetched" });
    }
  }

  #lost(): void {
    if (this.#isOver) return;
    this.#drop();
    if (!this.#held) this.#cancelRetry = this.world.after(retryMs, () => this.#connect());
    this.#enter(this.#held ? "offline" : "reconnecting"); // a paused one comes back with its reader
  }

  #drop(): void {
    this.#cancelRetry();
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #enter(state: Naive["state"]): void {
    this.state = state;
    this.tell({ type: "state" });
  }
}
