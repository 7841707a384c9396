/** What a chat takes and what it tells; `chat.ts` does it. */
import type { RoomEvent, Storage, World } from "@parley/client";

export type ChatState = "connecting" | "resuming" | "catching up" | "live" | "offline" | "closed";

/** What a pane may want to show, in order. */
export type Told =
  | { type: "begins"; seq: number } //                             nothing is held; the next event is `seq + 1`
  | { type: "reset"; seq: number } //                              as above, and what was held is no longer the log
  | { type: "show"; event: RoomEvent }
  | { type: "older"; events: RoomEvent[]; before: number }
  | { type: "gap"; from: number; to: number; reason: string }
  | { type: "live" } //                                            what was missed is all shown
  | { type: "acked"; clientMsgId: string; seq: number; duplicate: boolean }
  | { type: "broken"; evidence: string }
  | { type: "notice"; text: string }
  | { type: "connected" }
  | { type: "lost" } //                                            no connection, or no more; another attempt follows
  | { type: "wire" } //                                            something travelled: the lens has it
  | { type: "outgoing" }
  | { type: "state" };

export interface ChatOptions {
  user: string;
  room: string;
  urls: readonly string[];
  /** Keeps what is not acknowledged over a reload; `name` says whose it is. */
  keep?: { storage: Storage; name: string };
  world?: World;
}
