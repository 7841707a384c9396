/** What a visitor may take home: three ways into the same room. */
export interface Copy {
  name: string;
  what: string;
  text: string;
}

/** @param origin of the node; @param room and user need no escaping: ids hold no quote and no blank */
export function copiesFor(origin: string, room: string, user: string): Copy[] {
  const path = `${origin}/v1/rooms/${encodeURIComponent(room)}`;
  return [
    {
      name: "curl",
      what: "Publish from a terminal. The key makes a repeat harmless.",
      text: `curl -X POST '${path}/messages' \\
  -H 'Content-Type: application/json' -H 'Parley-User: ${user}' \\
  -d '{"text":"hello from curl","client_msg_id":"curl-1"}'`,
    },
    {
      name: "SSE",
      what: "History, then live, as server-sent events. Last-Event-ID resumes.",
      text: `curl -N '${path}/stream?rewind=20'`,
    },
    {
      name: "Ten lines",
      what: "The client library: docs/quickstart.md says how to get it.",
      text: `import { connect } from "@parley/client";

const client = connect({ url: "${origin}", user: "${user}" });
const room = client.join("${room}", { rewind: 50 });

await room.publish({ text: "hello from ten lines" });
for await (const event of room) {
  if (event.kind !== "message.created") continue;
  console.log(event.seq, event.sender, event.text);
}`,
    },
  ];
}

/** @returns false where the browser does not let this page write to the clipboard */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
