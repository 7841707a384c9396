/// Socket.IO 4 over WebSocket alone: Engine.IO's packets (0 open, 2 ping, 3 pong, 4 message) around Socket.IO's (0 connect,
/// 2 event, 3 ack). Its own client library would cost the load more than the server spends.
import { key_of } from "./parley.js";
import { scan } from "./marker.js";
import { ws_session } from "./sessions.js";

export async function open(to, user, events) {
  const due = new Map();
  let id = 0;
  const read = (frame, session) => {
    if (frame.startsWith("42[")) return scan(frame, events.received);
    if (frame === "2") return session.send("3");
    if (frame.startsWith("0{")) return session.send("40");
    if (frame.startsWith("40")) return session.answer("connected");
    const ack = /^43(\d+)(\[.*\])$/su.exec(frame);
    if (!ack) return events.broke(`not understood: ${frame.slice(0, 120)}`);
    const [answer] = JSON.parse(ack[2]);
    if (answer?.error) return events.broke(answer.error);
    if (!due.has(+ack[1])) return session.answer(+ack[1]);
    events.acked(due.get(+ack[1]));
    due.delete(+ack[1]);
  };
  const opened = ws_session.open(`ws://${to}/socket.io/?EIO=4&transport=websocket`, [], read);
  const session = await opened;
  session.broke = events.broke;
  await session.ask("connected", "");
  return {
    join: (room) => session.ask(++id, `42${id}${JSON.stringify(["join", room])}`),
    publish(room, number, text, due_us) {
      due.set(++id, due_us);
      session.send(`42${id}${JSON.stringify(["publish", { room, sender: user, key: key_of(number), text }])}`);
    },
    close: () => session.close(),
  };
}
