import {
  connect,
  realWorld,
  type Client,
  type Item,
  type ParleyError,
  type Room,
} from "@parley/client";
import type { ChatOptions, ChatState, Told } from "./chat_shape.js";
import { Gate } from "./gate.js";
import { Lens } from "./lens.js";
import { Outgoing } from "./outgoing.js";
import { Tap } from "./tap.js";

const rewindEvents = 50;
const pageEvents = 50;
const bufferEvents = 300; // small, so that a paused reader soon shows what back-pressure is
const outboxMax = 3000; // a flood and what else is written

/**
 * One user in one room: the client library's stream, read by a loop that can be paused, over sockets that can be cut.
 * Knows no element of the page.
 */
export class Chat {
  state: ChatState = "connecting";
  /** Why it is not live, where that is known. */
  why = "";
  retryAt = 0;
  cuts = 0;
  resumes = 0;
  duplicates = 0;
  olderFrom = 0;
  olderEnds = true;
  readonly outgoing = new Outgoing();
  readonly lens: Lens;

  readonly #client: Client;
  readonly #room: Room;
  readonly #tap: Tap;
  readonly #gate = new Gate();
  #hasBegun = false;
  #isOlderAsked = false;
  #isOver = false;
  #connections = 0;

  /** @throws ParleyError `bad_option` where a URL is none */
  constructor(
    private readonly options: ChatOptions,
    private readonly tell: (told: Told) => void,
  ) {
    const { user, room, urls, keep, world = realWorld() } = options;
    this.lens = new Lens(room);
    this.#tap = new Tap(world, {
      sent: (envelopes) => this.lens.sent(envelopes, world.now()),
      received: (envelopes) => {
        this.lens.received(envelopes, world.now());
        tell({ type: "wire" });
      },
      ended: () => {
        this.lens.ended();
        tell({ type: "wire" });
      },
    });
    this.#client = connect({
      urls,
      user,
      outboxMax,
      world: this.#tap.world,
      client: { name: "parley-demo", version: "1" },
      ...(keep && { persist: { outbox: keep.storage, name: keep.name } }),
    });
    this.#room = this.#client.join(room, { rewind: rewindEvents, buffer: bufferEvents });
    this.#listen();
    for (const { clientMsgId, content } of this.#room.pending) this.outgoing.add(clientMsgId, content.text ?? "");
    void this.#read();
  }

  get node(): string {
    return this.#client.node;
  }

  get isPaused(): boolean {
    return this.#gate.isClosed;
  }

  get isConnected(): boolean {
    return this.#client.state === "connected";
  }

  /** How often what is not answered yet was sent. */
  tries(): Map<string, number> {
    return new Map(this.#room.pending.map(({ clientMsgId, tries }) => [clientMsgId, tries]));
  }

  /** @returns why it is refused at once; an empty string where it is on its way */
  async publish(text: string): Promise<string> {
    const before = this.#room.pending.length;
    const answer = this.#room.publish({ text });
    const accepted = this.#room.pending;
    if (accepted.length === before) {
      return answer.then(
        () => "",
        (error: ParleyError) => error.message,
      );
    }
    this.#sent(accepted[accepted.length - 1]!.clientMsgId, text, answer);
    return "";
  }

  takeBack(clientMsgId: string): string {
    const text = this.outgoing.takeBack(clientMsgId);
    this.tell({ type: "outgoing" });
    return text;
  }

  /** The page of events before the oldest one shown. @returns false where there is none to ask for */
  older(): boolean {
    if (this.olderEnds || this.#isOlderAsked || !this.#hasBegun || !this.isConnected) return false;
    const before = this.olderFrom;
    this.#isOlderAsked = true;
    this.#room.history.page({ before, limit: pageEvents, view: "events" }).then(
      ({ events, older }) => {
        this.#isOlderAsked = false;
        if (before !== this.olderFrom || this.#isOver) return; // the room was reset meanwhile
        this.olderFrom = events[0]?.seq ?? before;
        this.olderEnds = older === undefined;
        this.tell({ type: "older", events, before });
      },
      (error: ParleyError) => {
        this.#isOlderAsked = false;
        if (!this.#isOver) this.tell({ type: "notice", text: `Older messages: ${error.message}` });
      },
    );
    return true;
  }

  /** The page let go of what lies before `first`; history goes on from there. */
  trimmed(first: number): void {
    this.olderFrom = first;
    this.olderEnds = false;
  }

  // --- what a visitor does to it ---

  cut(): void {
    if (this.#tap.cut()) this.cuts += 1;
    this.#showState();
  }

  pause(): void {
    this.#gate.close();
    this.tell({ type: "state" });
  }

  resume(): void {
    this.#gate.open();
    this.tell({ type: "state" });
  }

  goOffline(): void {
    this.#tap.goOffline();
    this.#showState();
  }

  goOnline(): void {
    this.#tap.goOnline();
    this.#client.hurry();
    this.#showState();
  }

  close(): void {
    this.#isOver = true;
    this.#gate.open();
    this.#client.close();
  }

  // --- inside ---

  #listen(): void {
    this.#client.on("state", ({ cause, retryAt }) => {
      this.retryAt = retryAt ?? 0;
      this.#showState(cause);
      if (this.retryAt > 0) this.tell({ type: "lost" });
    });
    this.#client.on("connected", () => {
      this.#connections += 1;
      if (this.#connections > 1) this.resumes += 1;
      this.tell({ type: "connected" });
    });
    this.#client.on("reconnect", ({ reason }) => this.#notice(`The node asks to reconnect${reason ? `: ${reason}` : ""}.`));
    this.#client.on("error", (error) => this.#failed(error));
    this.#room.on("state", ({ state, cause }) => {
      if (state === "catchingUp" && !this.#hasBegun) this.#begins(this.#room.position?.seq ?? 0);
      this.#showState(cause);
    });
    this.#room.on("broken", (error) => this.#isOver || this.tell({ type: "broken", evidence: error.message }));
  }

  async #read(): Promise<void> {
    try {
      for await (const item of this.#room.items()) {
        await this.#gate.pass();
        if (this.#isOver) return;
        this.#take(item);
      }
    } catch (error) {
      this.#showState(error as ParleyError); // evicted, or refused: the state says closed
    }
  }

  #take(item: Item): void {
    if (item.type === "event") {
      const { sender, client_msg_id } = item.event;
      this.tell({ type: "show", event: item.event });
      if (sender !== this.options.user || !client_msg_id) return;
      this.outgoing.seen(client_msg_id);
      this.tell({ type: "outgoing" });
    } else if (item.type === "live") {
      this.tell({ type: "live" });
    } else if (item.type === "gap") {
      this.tell({ type: "gap", from: item.gap.from, to: item.gap.to.seq, reason: item.gap.reason });
    } else if (item.type === "reset") {
      this.outgoing.forgetAcked();
      this.#begins(item.gap.to.seq, "reset");
    }
  }

  #begins(seq: number, type: "begins" | "reset" = "begins"): void {
    this.#hasBegun = true;
    this.olderFrom = seq + 1;
    this.olderEnds = seq === 0;
    this.tell({ type, seq });
  }

  #sent(clientMsgId: string, text: string, answer: ReturnType<Room["publish"]>): void {
    this.outgoing.add(clientMsgId, text);
    this.tell({ type: "outgoing" });
    answer.then(
      ({ seq, duplicate }) => {
        if (this.#isOver) return;
        if (duplicate) this.duplicates += 1;
        this.outgoing.acked(clientMsgId, seq);
        this.tell({ type: "acked", clientMsgId, seq, duplicate });
        this.tell({ type: "outgoing" });
      },
      (error: ParleyError) => this.#isOver || this.#refused(clientMsgId, error),
    );
  }

  #failed(error: ParleyError): void {
    if (error.clientMsgId) this.#refused(error.clientMsgId, error);
    else this.#notice(error.message);
  }

  #refused(clientMsgId: string, error: ParleyError): void {
    this.outgoing.refused(clientMsgId, error.message);
    this.tell({ type: "outgoing" });
  }

  #notice(text: string): void {
    if (!this.#isOver) this.tell({ type: "notice", text });
  }

  #showState(cause?: ParleyError): void {
    if (this.#isOver) return;
    const before = this.state;
    this.state = this.#stateNow();
    if (cause) this.why = cause.message;
    else if (this.state === "live" || this.state !== before) this.why = this.state === "closed" ? this.why : "";
    this.tell({ type: "state" });
  }

  #stateNow(): ChatState {
    if (this.#client.state === "closed" || this.#room.state === "closed") return "closed";
    if (this.#tap.isOffline) return "offline";
    if (this.#client.state !== "connected") return this.#connections > 0 ? "resuming" : "connecting";
    return this.#room.state === "catchingUp" ? "catching up" : this.#room.state;
  }
}
