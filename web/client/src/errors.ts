import type { WireError } from "./protocol.js";

/** What the server answers (docs/protocol.md, "Errors and closing"). */
export type ServerErrorName =
  | "bad_request"
  | "unauthenticated"
  | "token_expired"
  | "forbidden"
  | "room_not_found"
  | "message_not_found"
  | "version_conflict"
  | "idempotency_mismatch"
  | "message_too_large"
  | "rate_limited"
  | "quota_exceeded"
  | "internal"
  | "unavailable"
  | "outcome_unknown";

/** What this library says by itself. */
export type OwnErrorName =
  | "bad_option" //      an option is wrong, a URL for instance: mend it and connect again
  | "connection_lost" // no connection, or no more: another attempt follows by itself
  | "wrong_version" //   a server of another version, where the WebSocket tells: another attempt follows, at the next address
  | "broken_frame" //    the server sent what is not the protocol: another attempt follows by itself
  | "broken_stream" //   a batch or marker broke the stream's promise: the room resumes from the last good position
  | "refused" //         the server closed with 4400 to 4429 (`number`): do not come back without a change
  | "token_failed" //    `getToken` threw or took too long: another attempt follows by itself
  | "closed" //          `client.close()` was called
  | "left" //            `room.leave()` was called
  | "evicted" //         membership or permission ended
  | "already_joined" //  one handle for one room: use `client.room(name)`
  | "already_reading" // one loop at a time over one room
  | "outbox_full" //     too much waits to be sent: try again once some of it was answered
  | "too_old" //         sent once, never answered, and now too old to be repeated safely: look whether the room has it
  | "too_many_requests" // too many questions wait for an answer
  | "store_full" //      enough older messages are held: `history.trim()`, or read with `history.page()`
  | "storage_failed"; // the browser's storage is full or closed: what was to be kept lives in memory alone

export type ErrorName = ServerErrorName | OwnErrorName;

export interface ErrorDetails {
  number?: number;
  retryable?: boolean;
  retryAfterMs?: number;
  room?: string;
  clientMsgId?: string;
  cause?: unknown;
}

/** Every error of this library. `code` says which, and is what to switch on; `message` is for developers. */
export class ParleyError extends Error {
  readonly code: ErrorName;
  /** The server's number of it (4000), or the WebSocket's close code; 0 for what this library found by itself. */
  readonly number: number;
  /** The same again may work. Where this library repeats by itself, it says so above. */
  readonly retryable: boolean;
  readonly retryAfterMs: number;
  readonly room: string | undefined;
  readonly clientMsgId: string | undefined;

  constructor(code: ErrorName, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "ParleyError";
    this.code = code;
    this.number = details.number ?? 0;
    this.retryable = details.retryable ?? false;
    this.retryAfterMs = details.retryAfterMs ?? 0;
    this.room = details.room;
    this.clientMsgId = details.clientMsgId;
  }

  static of(wire: WireError): ParleyError {
    return new ParleyError(wire.name as ErrorName, wire.message || wire.name, {
      number: wire.code,
      retryable: wire.retryable,
      retryAfterMs: wire.retry_after_ms,
      room: wire.room,
      clientMsgId: wire.client_msg_id,
    });
  }
}
