// Compiled, never run: what an application writes has the types that it expects, and what is wrong does not compile.
import {
  connect,
  memoryStorage,
  ParleyError,
  type Message,
  type Published,
  type Room,
  type RoomEvent,
} from "@parley/client";
import { protobuf } from "@parley/client/protobuf";

const client = connect({ urls: ["http://a", "http://b"], user: "ana", persist: { outbox: memoryStorage() } });
const room: Room = client.join("general", { rewind: 50, onGap: "jump", max: 100 });

connect({ WebSocket }).hurry();
connect({ encoding: protobuf }).close();

room.on("gap", ({ from, to, reason }) => [from + to.seq, reason === "jump"]);
room.on("state", ({ state, cause }) => state === "live" && cause?.code);
const off: () => void = room.on("change", (messages) => messages.list().map((message: Message) => message.deleted));
const published: Promise<Published> = room.publish({ parts: [{ type: "image/png", url: "u" }], replyTo: 1 });
const older: Promise<readonly Message[]> = room.history.older(20);

function words(event: RoomEvent): string {
  switch (event.kind) {
    case "message.created":
      return `${event.text} ${event.reply_to}`;
    case "message.updated":
      return `${event.target} ${event.text}`;
    case "message.deleted":
      return `${event.target}`;
    default:
      return event.kind;
  }
}

for await (const event of room) words(event);
for await (const item of room.items()) if (item.type === "reset") item.gap.to.term;

try {
  await published;
} catch (error) {
  if (error instanceof ParleyError && error.code === "outbox_full") error.retryable satisfies boolean;
}

// @ts-expect-error: no such listener
room.on("message", () => {});
// @ts-expect-error: a part has a content or a url
room.publish({ parts: [{ type: "image/png" }] });
// @ts-expect-error: an encoding, not its name
connect({ encoding: "protobuf" });
// @ts-expect-error: fill or jump
client.join("general", { onGap: "skip" });
// @ts-expect-error: no such code
new ParleyError("no_such_code", "");
// @ts-expect-error: messages do not change
room.messages.get(1)!.text = "x";
// @ts-expect-error: for the library itself
room.admitted({});
export { off, older };
