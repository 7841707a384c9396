/** Parley's client: one stream per room, no gap, no duplicate, no reordering. docs/client.md tells how to use it. */
export { connect, type Client, type ClientEvents, type ConnectOptions } from "./client.js";
export type { Draft, WireContent } from "./draft.js";
export type { Encoding } from "./encoding.js";
export { ParleyError, type ErrorName, type OwnErrorName, type ServerErrorName } from "./errors.js";
export type { History, PageQuery } from "./history.js";
export type { Persistence } from "./keeper.js";
export type { LinkState } from "./link.js";
export type { Message, Messages } from "./messages.js";
export type {
  Batch,
  Connected,
  Content,
  Envelope,
  Gap,
  GapReason,
  Joined,
  JoinOptions,
  Limits,
  Marker,
  MessageCreated,
  MessageDeleted,
  MessageUpdated,
  OtherEvent,
  Page,
  Part,
  Phase,
  Position,
  Published,
  Reconnect,
  RoomEvent,
  WireError,
} from "./protocol.js";
export type { Pending } from "./publisher.js";
export type { Room } from "./room.js";
export type { Item, RoomEvents, RoomOptions, RoomState } from "./shape.js";
export { memoryStorage, webStorage, type Storage, type WebStorage } from "./storage.js";
export type { GetToken, Token } from "./token.js";
export type { Socket, WebSocketClass, World } from "./world.js";
