/// XMPP over WebSocket (RFC 7395), as an occupant of group chats (XEP-0045). XMPP has no ack of a stored message: a
/// publisher takes its own message, as the room sends it to all occupants, for that. ejabberd archives it before it sends it.
import { scan } from "./marker.js";
import { ws_session } from "./sessions.js";

export const publisher_reads = true;
const host = "localhost", service = "conference.localhost";
const begin = `<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='${host}' version='1.0'/>`;

export async function open(to, user, events) {
  const mine = new Map(); // number -> when it was due, of what this session published
  const found = (due_us, room, number) => {
    events.received(due_us, room, number);
    if (mine.delete(number)) events.acked(due_us);
  };
  const read = (frame, session) => {
    scan(frame, found);
    if (frame.startsWith("<stream:features") || frame.startsWith("<features")) return session.answer("features");
    if (frame.startsWith("<success")) return session.answer("success");
    if (frame.includes("<bind")) return session.answer("bound");
    if (frame.includes("<subject")) return session.answer("joined");
    if (/^<(failure|stream:error)|type='error'/u.test(frame)) events.broke(frame.slice(0, 300));
  };
  const session = await ws_session.open(`ws://${to}/ws`, "xmpp", read);
  session.broke = events.broke;
  await session.ask("features", begin);
  await session.ask("success", "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'/>");
  await session.ask("features", begin);
  await session.ask("bound", "<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>");
  return {
    /// The room's subject is the last thing that an occupant gets on entering.
    join: (room) => session.ask("joined", `<presence xmlns='jabber:client' to='${room}@${service}/${user}'>` +
      "<x xmlns='http://jabber.org/protocol/muc'><history maxstanzas='0'/></x></presence>"),
    publish(room, number, text, due_us) {
      mine.set(number, due_us);
      session.send(`<message xmlns='jabber:client' type='groupchat' to='${room}@${service}' id='${number}'><body>${text}</body></message>`);
    },
    close: () => session.close(),
  };
}
