import { Addresses } from "./addresses.js";
import type { Draft } from "./draft.js";
import { Emitter } from "./emitter.js";
import { json, type Encoding } from "./encoding.js";
import { ParleyError } from "./errors.js";
import { Keeper, type Persistence } from "./keeper.js";
import { Link, type Credentials, type LinkState } from "./link.js";
import {
  limitsDefault,
  type Connected,
  type Envelope,
  type JoinOptions,
  type Limits,
  type Published,
  type Reconnect,
} from "./protocol.js";
import { Publisher } from "./publisher.js";
import { Questions } from "./questions.js";
import { Room } from "./room.js";
import type { RoomOptions } from "./shape.js";
import { Tokens, type GetToken } from "./token.js";
import { whenAwake } from "./wake.js";
import { realWorld, type WebSocketClass, type World } from "./world.js";

export interface ConnectOptions {
  /** A node, or the proxy before several: `http://HOST:8080` or `wss://HOST`. In a page, its own origin by default. */
  url?: string;
  /** Several nodes of one cluster: any will do, and a lost one is followed by the next. */
  urls?: readonly string[];
  /** Development mode: who you say you are. */
  user?: string;
  /** Gives a token at each connection, and before one ends. */
  getToken?: GetToken;
  /** Where there is no global WebSocket (Node before 22): that of the package `ws`. */
  WebSocket?: WebSocketClass;
  /** How envelopes travel: JSON by default, or `protobuf` of `@parley/client/protobuf`. */
  encoding?: Encoding;
  /** What outlives the page: nothing by default. */
  persist?: Persistence;
  /** How many messages may wait to be sent. Default 1000. */
  outboxMax?: number;
  /** The application's name and version, for the server's logs. */
  client?: { name: string; version: string };
  /** Clock, chance and sockets, for tests. */
  world?: World;
}

export interface ClientEvents {
  /** `cause` where something was lost or refused; `retryAt` where another attempt follows, in ms since the epoch. */
  state: { state: LinkState; cause?: ParleyError; retryAt?: number };
  connected: Connected;
  /** The node is about to stop; this client moves to another one by itself. */
  reconnect: Reconnect;
  /** What concerns no call of yours: a full storage, an earlier page's message refused, an error that the server pushed. */
  error: ParleyError;
}

const outboxMaxDefault = 1000;
const helloBytesMax = 60_000; // the server closes at a `connect` above 64 KiB

/** Connects, and stays connected until `close()`. Rooms may be joined and messages published at once. */
export function connect(options: ConnectOptions): Client {
  return new Client(options);
}

/** One user's connection, over however many sockets, and the rooms that are read over it. Made by `connect`. */
export class Client {
  /** Who the server says you are; empty before the first connection. */
  user = "";
  /** The node that this client is connected to, or was last. */
  node = "";
  /** The server's, as its last `connected` told them. */
  limits: Limits = limitsDefault;

  #world: World;
  #link: Link;
  #emitter = new Emitter<ClientEvents>();
  #keeper: Keeper;
  #publisher: Publisher;
  #questions: Questions;
  #tokens: Tokens | null;
  #rooms = new Map<string, Room>();
  #greeted = new Map<string, Room>(); // rooms that `connect` named
  #stopWaking: () => void;

  /** @throws ParleyError `bad_option` */
  constructor(private readonly options: ConnectOptions) {
    const { user, getToken, persist = {}, outboxMax = outboxMaxDefault } = options;
    if (user && getToken) throw new ParleyError("bad_option", "user and getToken: give one of them");
    if (getToken && (persist.outbox || persist.positions) && !persist.name) {
      throw new ParleyError("bad_option", "persist with getToken needs persist.name: whose messages these are");
    }
    this.#world = options.world ?? realWorld(options.WebSocket);
    const addresses = new Addresses(options.urls ?? [options.url ?? "/"], this.#world.random());
    this.#tokens = getToken ? new Tokens(getToken, this.#world) : null;
    this.#link = this.#makeLink(addresses);
    const request = (body: object, onReply: (reply: Envelope) => void) => this.#link.request(body, onReply);
    const name = persist.name ?? `${user ?? ""}@${new URL(addresses.all[0]!).host}`;
    this.#keeper = new Keeper(persist, name, this.#world, (error) => this.#emitter.emit("error", error));
    this.#questions = new Questions(request);
    this.#publisher = new Publisher(
      this.#world,
      this.#keeper,
      {
        limits: () => this.limits,
        isConnected: () => this.state === "connected",
        request,
        together: (act) => this.#link.together(act),
        lose: (why, code) => this.#link.lose(why, code),
        pendingChanged: (room) => this.#rooms.get(room)?.pendingChanged(),
        failed: (error) => this.#emitter.emit("error", error),
      },
      outboxMax,
    );
    this.#stopWaking = whenAwake(() => this.hurry());
    // Not at once: who makes a client may still want to listen, and to join rooms that `connect` then carries.
    queueMicrotask(() => this.state === "connecting" && this.#link.connect());
  }

  /** Where the connection stands; a listener of `state` is told of each change. */
  get state(): LinkState {
    return this.#link.state;
  }

  /** @returns a function that ends the listening */
  on<Name extends keyof ClientEvents>(name: Name, act: (value: ClientEvents[Name]) => void): () => void {
    return this.#emitter.on(name, act);
  }

  /** @throws ParleyError `already_joined`, `closed` */
  join(name: string, options: RoomOptions = {}): Room {
    if (this.state === "closed") throw new ParleyError("closed", "this client is closed: connect again");
    if (this.#rooms.has(name))
      throw new ParleyError("already_joined", `${name} is joined: client.room("${name}") has it`, { room: name });
    const room = new Room(name, options, {
      world: this.#world,
      keeper: this.#keeper,
      request: (body, onReply) => this.#link.request(body, onReply),
      ask: (body) => this.#questions.ask(body),
      publish: (to, draft) => this.publish(to, draft),
      pending: (of) => this.#publisher.pending(of),
      left: (gone) => this.#rooms.get(name) === gone && this.#rooms.delete(name),
    });
    this.#rooms.set(name, room);
    // Not at once, so that listeners which are added in the same turn hear everything.
    queueMicrotask(() => this.#rooms.get(name) === room && !this.#greeted.has(name) && room.join());
    return room;
  }

  /** The handle of a joined room. */
  room(name: string): Room | undefined {
    return this.#rooms.get(name);
  }

  /** As `room.publish`; the room need not be joined. */
  publish(room: string, draft: Draft): Promise<Published> {
    try {
      if (this.state === "closed") throw new ParleyError("closed", "this client is closed: connect again");
      return this.#publisher.publish(room, draft);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Resolves with the next `connected`, at once where there is a connection; fails where the client closes before. */
  whenConnected(): Promise<void> {
    if (this.state === "connected") return Promise.resolve();
    if (this.state === "closed")
      return Promise.reject(new ParleyError("closed", "this client is closed: connect again"));
    return new Promise((resolve, reject) => {
      const off = this.on("state", ({ state, cause }) => {
        if (state !== "connected" && state !== "closed") return;
        off();
        if (state === "connected") resolve();
        else reject(cause);
      });
    });
  }

  /** The network is back, or the machine awake: do not sit out a pause. In a page this happens by itself. */
  hurry(): void {
    this.#link.hurry();
  }

  /** Ends everything. What is not answered yet fails with `closed`; a kept outbox keeps it for the next client. */
  close(): void {
    this.#link.close(new ParleyError("closed", "this client was closed"));
  }

  #makeLink(addresses: Addresses): Link {
    return new Link(
      addresses,
      this.#world,
      this.options.encoding ?? json,
      {
        credentials: (done, failed) => this.#credentials(done, failed),
        hello: (credentials) => this.#hello(credentials),
        connected: (answer) => this.#connected(answer),
        push: (envelope) => this.#push(envelope),
        lost: () => this.#lost(),
        state: (state, cause) => this.#stateChanged(state, cause),
      },
      this.options.getToken !== undefined,
    );
  }

  // --- connection ---

  #credentials(done: (credentials: Credentials) => void, failed: (error: ParleyError) => void): void {
    if (!this.#tokens) return done({ user: this.options.user });
    this.#tokens.fetch((token, expiresAt) => {
      this.#tokens!.beforeEnd(expiresAt, () => this.#refresh());
      done({ token });
    }, failed);
  }

  #hello(credentials: Credentials): object {
    const rooms: Record<string, JoinOptions> = {};
    let bytes = 0;
    this.#greeted.clear();
    for (const [name, room] of this.#rooms) {
      const options = room.joinOptions();
      bytes += options ? name.length + JSON.stringify(options).length + 8 : 0;
      if (!options || bytes > helloBytesMax) continue; // joined one by one after `connected`
      rooms[name] = options;
      this.#greeted.set(name, room);
    }
    return { ...credentials, client: this.options.client ?? { name: "@parley/client", version: "1" }, rooms };
  }

  #connected(answer: Connected): void {
    this.user = answer.user;
    this.node = answer.node ?? "";
    this.limits = { ...limitsDefault, ...answer.limits };
    const greeted = new Map(this.#greeted);
    this.#greeted.clear();
    for (const [name, room] of greeted) {
      if (this.#rooms.get(name) === room) room.admitted(answer.rooms?.[name] ?? {});
      else this.#link.request({ leave: { room: name } }, () => {}); // left while `connect` was under way
    }
    for (const [name, room] of this.#rooms) if (greeted.get(name) !== room) room.join();
    this.#questions.flush();
    this.#publisher.flush();
    this.#emitter.emit("connected", answer);
  }

  #lost(): void {
    this.#questions.lost();
    this.#publisher.lost();
    for (const room of this.#rooms.values()) room.lost();
  }

  #stateChanged(state: LinkState, cause?: ParleyError): void {
    if (state === "closed") this.#closed(cause!);
    const { retryAt } = this.#link;
    this.#emitter.emit("state", { state, ...(cause && { cause }), ...(retryAt && { retryAt }) });
  }

  #closed(error: ParleyError): void {
    this.#stopWaking();
    this.#tokens?.stop();
    this.#keeper.flush();
    for (const room of [...this.#rooms.values()]) room.close(error);
    this.#rooms.clear();
    this.#questions.close(error);
    this.#publisher.close(error);
  }

  // --- pushes ---

  #push(envelope: Envelope): void {
    if (envelope.reconnect) return this.#emitter.emit("reconnect", envelope.reconnect);
    if (envelope.error) return this.#emitter.emit("error", ParleyError.of(envelope.error));
    for (const body of Object.values(envelope) as { room?: string }[]) {
      if (body?.room) this.#rooms.get(body.room)?.push(envelope);
    }
  }

  /** A token that would end soon: the connection goes on under a new one. */
  #refresh(): void {
    if (this.state !== "connected") return; // the next connection asks for one
    this.#tokens!.fetch(
      (token, expiresAt) => {
        this.#link.request({ refresh: { token } }, ({ refreshed, error }) => {
          if (error && !error.retryable)
            return this.#link.lose(`the new token was refused: ${error.message || error.name}`);
          this.#tokens!.beforeEnd(refreshed?.expires_at ?? expiresAt, () => this.#refresh());
        });
      },
      (error) => this.#emitter.emit("error", error),
    ); // at its end the server closes, and the next attempt asks again
  }
}
