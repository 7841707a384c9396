/// The protocol of servers/node_server.js.
import { key_of } from "./parley.js";
import { scan } from "./marker.js";
import { ws_session } from "./sessions.js";

export async function open(to, user, events) {
  const due = new Map();
  let id = 0;
  const read = (frame, session) => {
    if (frame.startsWith('{"event"')) return scan(frame, events.received);
    const answer = JSON.parse(frame);
    if (answer.error) events.broke(answer.error);
    else if (answer.acked) {
      events.acked(due.get(answer.acked));
      due.delete(answer.acked);
    } else session.answer(answer.joined);
  };
  const session = await ws_session.open(`ws://${to}/`, [], read);
  session.broke = events.broke;
  return {
    join: (room) => session.ask(++id, JSON.stringify({ join: room, id })),
    publish(room, number, text, due_us) {
      due.set(++id, due_us);
      session.send(JSON.stringify({ publish: room, id, sender: user, key: key_of(number), text }));
    },
    close: () => session.close(),
  };
}
