import { ParleyError } from "./errors.js";
import type { Message, Messages } from "./messages.js";
import type { Envelope, Page } from "./protocol.js";
import { isPosition } from "./sequence.js";

/** At most one of `before`, `after` (both exclusive) and `around`; none asks for the newest. */
export interface PageQuery {
  before?: number;
  after?: number;
  around?: number;
  /** 1 to 200, default 50. */
  limit?: number;
  /** `messages` (default): in their newest version. `events`: the log as it is. */
  view?: "messages" | "events";
}

export interface HistoryPort {
  /** Survives reconnects; fails with the server's error. */
  ask(body: object): Promise<Envelope>;
  joined(): Promise<void>;
  changed(): void;
}

const olderMax = 10_000; // messages beyond what the room keeps by itself

/** What lies before the stream: older messages, page by page into `room.messages`; any other page as it comes. */
export class History {
  /** Does the log go on before the oldest message held? */
  hasOlder = false;
  /** How many older messages were asked for, and are kept beside the newest ones. */
  extra = 0;

  #from = 0; // what lies below is not held
  #era = 0; // grows when what was held is dropped
  #underWay: Promise<readonly Message[]> | null = null;

  constructor(
    private readonly room: string,
    private readonly messages: Messages,
    private readonly port: HistoryPort,
  ) {}

  /**
   * The page before the oldest message held, which joins `room.messages`. Calls while one is under way share it.
   * @returns the page's messages, ascending; none where the log begins
   */
  older(limit = 50): Promise<readonly Message[]> {
    return (this.#underWay ??= this.#older(limit).finally(() => (this.#underWay = null)));
  }

  /** Any page; nothing of it is kept. */
  async page(query: PageQuery = {}): Promise<Page> {
    const { page } = await this.port.ask({ history: { room: this.room, ...query } });
    if (!page || !Array.isArray(page.events)) {
      throw new ParleyError("broken_frame", "a question for history was answered with something else", {
        room: this.room,
      });
    }
    return page;
  }

  /** @internal The stream holds what follows that seq, and nothing below. */
  beginsBehind(seq: number): void {
    this.#from = seq + 1;
    this.hasOlder = seq > 0;
    this.extra = 0;
    this.#era += 1;
  }

  /** Lets go of all but the newest messages, at least one; `older` goes on from there. */
  trim(count: number): void {
    const first = this.messages.trim(Math.max(1, count));
    if (first === null) return;
    this.extra = 0;
    this.trimmed(first);
    this.port.changed();
  }

  /** @internal The store let go of what lies before that seq. */
  trimmed(first: number): void {
    this.#from = first;
    this.hasOlder = true;
  }

  async #older(limit: number): Promise<readonly Message[]> {
    await this.port.joined();
    if (!this.hasOlder) return [];
    if (this.extra + limit > olderMax) {
      throw new ParleyError(
        "store_full",
        `${this.extra} older messages are held: history.trim() lets go of them, page() keeps nothing`,
        { room: this.room },
      );
    }
    const [before, era] = [this.#from, this.#era];
    const page = await this.page({ before, limit });
    if (era !== this.#era || before !== this.#from) return []; // reset or trimmed meanwhile: ask again
    this.#check(page, before);
    this.hasOlder = page.older !== undefined;
    this.#from = page.events[0]?.seq ?? before;
    this.extra += page.events.length;
    for (const event of page.events) this.messages.apply(event);
    this.port.changed();
    return page.events.flatMap(({ seq }) => this.messages.get(seq) ?? []);
  }

  #check({ events }: Page, before: number): void {
    const isFine = events.every(
      (event, index) => isPosition(event) && event.seq < before && event.seq > (events[index - 1]?.seq ?? 0),
    );
    if (!isFine)
      throw new ParleyError("broken_stream", `a page before #${before} is out of order`, { room: this.room });
  }
}
