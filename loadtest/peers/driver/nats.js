/// NATS' own protocol over TCP. A publish goes into a JetStream stream and is acknowledged by it; a reader has a plain
/// subscription, which is the cheapest way of NATS to hand a live message to many.
import net from "node:net";
import { key_of } from "./parley.js";
import { scan } from "./marker.js";

const patience_ms = 30_000;
const stream = "PARLEYPEER";

class nats_session {
  #rest = "";
  #waiting = [];

  constructor(socket, take) {
    this.socket = socket;
    this.take = take;
    socket.setNoDelay(true);
    socket.setEncoding("latin1");
    socket.on("data", (chunk) => this.#read(chunk));
  }

  static open(to, take) {
    const [host, port] = to.split(":");
    return new Promise((resolve, reject) => {
      const socket = net.connect(Number(port), host, () => resolve(new nats_session(socket, take)));
      socket.on("error", reject);
    });
  }

  /// Everything sent before it has been taken when the server answers.
  async flushed() {
    this.socket.write("PING\r\n");
    await new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error("NATS did not answer a PING")), patience_ms);
      this.#waiting.push(() => {
        clearTimeout(late);
        resolve();
      });
    });
  }

  #read(chunk) {
    const text = this.#rest + chunk;
    let at = 0;
    for (let end = text.indexOf("\r\n", at); end >= 0; end = text.indexOf("\r\n", at)) {
      const line = text.slice(at, end);
      if (line.startsWith("MSG ") || line.startsWith("HMSG ")) {
        const words = line.split(" ");
        const body = end + 2, after = body + Number(words.at(-1));
        if (text.length < after + 2) break;
        this.take(words[1], text.slice(body, after));
        at = after + 2;
      } else {
        if (line === "PING") this.socket.write("PONG\r\n");
        if (line === "PONG") this.#waiting.shift()?.();
        if (line.startsWith("-ERR")) this.take("error", line);
        at = end + 2;
      }
    }
    this.#rest = text.slice(at);
  }
}

export async function open(to, user, events) {
  const due = new Map();
  let id = 0;
  const inbox = `_INBOX.${user}`;
  let made = () => {};
  const session = await nats_session.open(to, (subject, body) => {
    if (subject === "error") return events.broke(body);
    if (!subject.startsWith(inbox)) return scan(body, events.received);
    const answer = JSON.parse(body);
    const number = Number(subject.slice(inbox.length + 1));
    if (number === 0) return made(answer);
    if (answer.error) return events.broke(answer.error.description);
    events.acked(due.get(number));
    due.delete(number);
  });
  session.socket.on("close", () => events.broke("a connection was closed"));
  session.socket.write('CONNECT {"verbose":false,"headers":true,"no_responders":true}\r\n');
  session.socket.write(`SUB ${inbox}.* 1\r\n`);
  await session.flushed();
  return {
    async join(room) {
      session.socket.write(`SUB peer.${room} ${++id + 1}\r\n`);
      await session.flushed();
    },
    /// Once for a server, before the first publish.
    async prepare() {
      const told = new Promise((resolve) => (made = resolve));
      const plan = JSON.stringify({ name: stream, subjects: ["peer.>"], storage: "file", num_replicas: 1, retention: "limits",
        discard: "old", max_consumers: -1, max_msgs: -1, max_bytes: -1, max_age: 0, duplicate_window: 120_000_000_000 });
      session.socket.write(`PUB $JS.API.STREAM.CREATE.${stream} ${inbox}.0 ${plan.length}\r\n${plan}\r\n`);
      const answer = await told;
      if (answer.error && answer.error.err_code !== 10058) throw new Error(answer.error.description); // 10058: it exists
    },
    publish(room, number, text, due_us) {
      due.set(++id, due_us);
      const header = `NATS/1.0\r\nNats-Msg-Id: ${user}-${key_of(number)}\r\n\r\n`;
      session.socket.write(
        `HPUB peer.${room} ${inbox}.${id} ${header.length} ${header.length + text.length}\r\n${header}${text}\r\n`);
    },
    close() {
      session.socket.removeAllListeners("close");
      session.socket.destroy();
    },
  };
}
