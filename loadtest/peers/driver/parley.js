/// Parley's own protocol (docs/protocol.md), in JSON.
import { scan } from "./marker.js";
import { ws_session } from "./sessions.js";

/// Frames of live events have none of these members: they are scanned, never parsed.
const is_parsed = /"(?:id|live|gap|error)":/u;

/// @returns a session that can join and publish
export async function open(to, user, events) {
  const due = new Map(); // of each publish under way
  let id = 1;
  const read = (frame, session) => {
    scan(frame, events.received);
    if (!is_parsed.test(frame)) return;
    for (const envelope of [JSON.parse(frame)].flat()) {
      if (envelope.error) events.broke(`${envelope.error.name}: ${envelope.error.message}`);
      if (envelope.gap) events.broke(`a gap up to ${envelope.gap.to.seq}`);
      if (envelope.live) session.answer(`live ${envelope.live.room}`);
      if (envelope.published) {
        events.acked(due.get(envelope.id));
        due.delete(envelope.id);
      } else if (envelope.id) session.answer(envelope.id);
    }
  };
  const session = await ws_session.open(`ws://${to}/v1/ws`, "parley.v1.json", read);
  session.broke = events.broke;
  await session.ask(id, JSON.stringify({ id, connect: { user } }));
  return {
    async join(room) {
      const live = session.ask(`live ${room}`, "");
      session.send(JSON.stringify({ id: ++id, join: { room } }));
      await live;
    },
    publish(room, number, text, due_us) {
      due.set(++id, due_us);
      session.send(JSON.stringify({ id, publish: { room, client_msg_id: key_of(number), text } }));
    },
    close: () => session.close(),
  };
}

/// Ordered, as the docs ask for it.
export const key_of = (number) => String(number).padStart(12, "0");
