/** What a room takes and what it tells; `room.ts` does it. */
import type { ParleyError } from "./errors.js";
import type { Messages } from "./messages.js";
import type { Batch, Gap, Marker, Position, RoomEvent } from "./protocol.js";
import type { Pending } from "./publisher.js";

/** How to join. Without anything: from now on. */
export interface RoomOptions {
  /** Begin so many events before the newest, 0 to 1000. */
  rewind?: number;
  /** Begin right behind this position. It wins over `rewind` and over a kept position. */
  since?: Position;
  /** At a resume: `fill` (default) brings all that was missed, `jump` passes over all but the newest `max`. */
  onGap?: "fill" | "jump";
  /** 1 to 1000, default 100. */
  max?: number;
  /** How many newest messages `room.messages` keeps. Default 1000. */
  keep?: number;
  /** How many events may wait for a loop; then the stream stops until it has caught up. Default 1000. */
  buffer?: number;
}

/** `connecting`: never joined yet; `resuming`: was joined, is not now; `closed`: ended for good. */
export type RoomState = "connecting" | "resuming" | "catchingUp" | "live" | "closed";

/** What `room.items()` yields, in the order of the stream. */
export type Item =
  | { type: "event"; event: RoomEvent }
  | { type: "gap" | "reset"; gap: Gap }
  | { type: "live"; at: Position };

export interface RoomEvents {
  event: RoomEvent;
  /** As it came, once its events were told. */
  batch: Batch;
  live: Marker;
  /** The server's buffer for this reader, or this reader's own for its loop, ran over: the stream goes on from storage. */
  catchingUp: Marker;
  /** Numbers were passed over: `jump` or `retention`. */
  gap: Gap;
  /** The log lost what you held: everything was dropped. */
  reset: Gap;
  /** Back after a loss, with nothing missed: what came meanwhile follows now. */
  recovered: { since: Position; head: Position };
  /** The stream broke its promise. A resume from the last good position is under way. */
  broken: ParleyError;
  state: { state: RoomState; cause?: ParleyError };
  /** `room.messages` changed. */
  change: Messages;
  /** `room.pending` changed. */
  pending: Pending[];
}
