import { frameBytes } from "./draft.js";
import { ParleyError } from "./errors.js";
import type { Entry } from "./outbox.js";
import { isPosition } from "./sequence.js";
import type { Position } from "./protocol.js";
import type { Storage } from "./storage.js";
import type { World } from "./world.js";

export interface Persistence {
  /** Keeps what is not acknowledged yet: after a reload it is sent again, by whichever tab starts first. */
  outbox?: Storage;
  /** Keeps where each room's reader stands: a room joined again goes on from there. */
  positions?: Storage;
  /** Whose these are. Default: user and host. Needed with `getToken`, so that no user sends another one's messages. */
  name?: string;
}

const positionPauseMs = 200;

/**
 * What outlives this page. Each message has a key of its own, so that two tabs never overwrite each other's; a message
 * that both send is stored once, by its `client_msg_id`. Positions are written with a small delay: after a crash some
 * events come again, none is skipped.
 */
export class Keeper {
  #waiting = new Map<string, Position>();
  #isPlanned = false;

  constructor(
    private readonly kept: Persistence,
    private readonly name: string,
    private readonly world: World,
    private readonly failed: (error: ParleyError) => void,
  ) {}

  keep({ room, clientMsgId, content, at }: Entry): void {
    this.#try(() => this.kept.outbox?.set(this.#key("outbox", clientMsgId), JSON.stringify({ room, content, at })));
  }

  drop(clientMsgId: string): void {
    this.#try(() => this.kept.outbox?.remove(this.#key("outbox", clientMsgId)));
  }

  /** In the order in which they were written. What is unreadable is removed. */
  keptEntries(): Entry[] {
    const prefix = this.#key("outbox", "");
    const keys = this.#try(() => this.kept.outbox?.keys(prefix)) ?? [];
    return keys.sort().flatMap((key) => {
      const clientMsgId = key.slice(prefix.length);
      const { room, content, at } = this.#read(this.kept.outbox, key) ?? {};
      if (typeof room !== "string" || typeof content !== "object" || typeof at !== "number") {
        this.drop(clientMsgId);
        return [];
      }
      return [
        { room, content, at, clientMsgId, bytes: frameBytes(content), tries: 1, sentAt: 0, state: "waiting" as const },
      ];
    });
  }

  position(room: string): Position | null {
    const kept = this.#read(this.kept.positions, this.#key("position", room));
    return isPosition(kept) ? { term: kept.term, seq: kept.seq } : null;
  }

  stands(room: string, { term, seq }: Position): void {
    if (!this.kept.positions) return;
    this.#waiting.set(room, { term, seq });
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    this.world.after(positionPauseMs, () => this.flush());
  }

  flush(): void {
    this.#isPlanned = false;
    for (const [room, position] of this.#waiting) {
      this.#try(() => this.kept.positions?.set(this.#key("position", room), JSON.stringify(position)));
    }
    this.#waiting.clear();
  }

  #key(what: string, which: string): string {
    return `parley:${this.name}:${what}:${which}`;
  }

  #read(storage: Storage | undefined, key: string): any {
    try {
      return JSON.parse(storage?.get(key) ?? "null");
    } catch {
      return null;
    }
  }

  #try<T>(act: () => T): T | undefined {
    try {
      return act();
    } catch (cause) {
      this.failed(
        new ParleyError("storage_failed", "the storage is full, or may not be used; memory keeps it alone", { cause }),
      );
      return undefined;
    }
  }
}
