/**
 * What travels, as docs/protocol.md names it. These objects reach the application as they came: their names are the
 * protocol's (`client_msg_id`), while what this library adds is written as JavaScript is (`clientMsgId`).
 */

/** Where a reader stands: the last event that it holds. `{term: 0, seq: 0}` is the one before a room's first event. */
export interface Position {
  term: number;
  seq: number;
}

/** A piece of a message beside its text. Other data than text goes by `url`. */
export type Part = { type: string; content: string } | { type: string; url: string };

/** What a message says. */
export interface Content {
  text?: string;
  parts?: Part[];
  /** A JSON object, nested at most 14 levels deep. */
  metadata?: Record<string, unknown>;
}

interface EventBase {
  /** 1, 2, 3, ... within the room, without a hole. */
  seq: number;
  /** Grows when the room's owner changes; part of a position, no more. */
  term: number;
  sender: string;
  /** Milliseconds since the Unix epoch; never falls as `seq` grows. */
  at: number;
  client_msg_id?: string;
  version?: number;
  deleted?: boolean;
}

export interface MessageCreated extends EventBase, Content {
  kind: "message.created";
  /** The seq of the message that this one answers. */
  reply_to?: number;
}

export interface MessageUpdated extends EventBase, Content {
  kind: "message.updated";
  /** The seq of the message whose content this replaces. */
  target: number;
}

export interface MessageDeleted extends EventBase {
  kind: "message.deleted";
  target: number;
}

/** Named by the schema, not sent by today's `parleyd`. A later version may send kinds that are not named here either. */
export interface OtherEvent extends EventBase {
  kind: "member.joined" | "member.left" | "room.updated" | "room.deleted";
}

/** One entry of a room's log. Pass over kinds that you do not know. */
export type RoomEvent = MessageCreated | MessageUpdated | MessageDeleted | OtherEvent;

export type Phase = "history" | "live";
export type GapReason = "jump" | "retention" | "reset";

/** Events of one room that follow each other. */
export interface Batch {
  room: string;
  /** The seq that this stream had reached; the first event follows it. */
  prev: number;
  phase: Phase;
  events: RoomEvent[];
}

/** The numbers from `from` up to `to` are passed over, and why. The only way in which that happens. */
export interface Gap {
  room: string;
  from: number;
  to: Position;
  reason: GapReason;
}

/** `live` and `catching_up`. */
export interface Marker {
  room: string;
  at: Position;
}

/** The answer to a join. */
export interface Joined {
  room: string;
  head: Position;
  /** The next seq of the stream is `start.seq + 1`. */
  start: Position;
  /** With `since` only: was that position found in the log? */
  recovered?: boolean;
}

export interface JoinOptions {
  rewind?: { limit: number };
  since?: Position;
  on_gap?: "fill" | "jump";
  max?: number;
}

/** The answer to a publish: committed to storage. */
export interface Published {
  room: string;
  seq: number;
  term: number;
  at: number;
  /** It was stored before: this was a repeat under the same `client_msg_id`. */
  duplicate: boolean;
}

/** An answer for `history.page`: events in ascending order. */
export interface Page {
  room: string;
  events: RoomEvent[];
  head: Position;
  /** For the next `before`; absent where nothing is older. */
  older?: number;
  /** For the next `after`; absent where nothing is newer. */
  newer?: number;
}

/** What the server allows; 0 is no limit. */
export interface Limits {
  content_bytes: number;
  frame_bytes: number;
  rooms_per_connection: number;
  publishes_per_second: number;
  publishes_burst: number;
  history_limit: number;
  rewind_limit: number;
  dedup_window_s: number;
}

/** An error as it travels; an application gets it as a `ParleyError`. */
export interface WireError {
  code: number;
  name: string;
  message: string;
  retryable: boolean;
  retry_after_ms?: number;
  room?: string;
  client_msg_id?: string;
}

/** The answer to `connect`. */
export interface Connected {
  /** This connection's name in the server's logs. */
  conn_id: string;
  user: string;
  node: string;
  /** How often the server asks for a sign of life. */
  ping_ms: number;
  limits: Limits;
  /** What became of each room that `connect` named. */
  rooms: Record<string, { joined?: Joined; error?: WireError }>;
}

/** An asked move to another node: after `after_ms` plus a random part of `jitter_ms`. */
export interface Reconnect {
  after_ms: number;
  jitter_ms: number;
  reason: string;
}

/** One envelope: an id where it answers a request, and one body. A later version may send bodies not named here. */
export interface Envelope {
  id?: number;
  connected?: Connected;
  joined?: Joined;
  published?: Published;
  page?: Page;
  refreshed?: { expires_at: number };
  batch?: Batch;
  live?: Marker;
  catching_up?: Marker;
  gap?: Gap;
  head?: { room: string; head: Position };
  evicted?: { room: string; error: WireError };
  reconnect?: Reconnect;
  error?: WireError;
}

export const subprotocol = "parley.v1.json";

/** Until `connected` tells the server's own. */
export const limitsDefault: Limits = {
  content_bytes: 65_536,
  frame_bytes: 1_048_576,
  rooms_per_connection: 200,
  publishes_per_second: 0,
  publishes_burst: 0,
  history_limit: 200,
  rewind_limit: 1000,
  dedup_window_s: 86_400,
};
