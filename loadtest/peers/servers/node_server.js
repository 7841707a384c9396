/// A chat server as a competent team writes it by hand: WebSocket, commit before the ack, Redis pub/sub so that it may run
/// several times, one subscription per room, each event encoded once. What it does not have is what a team adds later:
/// a join without a gap between history and live, resume, contiguous numbers, bounded send queues.
/// Arguments: PORT DSN REDIS_URL. Prints `ready`.
import { WebSocketServer } from "ws";
import { Redis } from "ioredis";
import { store } from "./store.js";

const [port, dsn, redis_url] = process.argv.slice(2);
const log = await store.open(dsn);
const publisher = new Redis(redis_url, { enableAutoPipelining: true });
const subscriber = new Redis(redis_url);
const readers = new Map(); // room -> {sockets here, the subscription's confirmation}

subscriber.on("messageBuffer", (channel, frame) => {
  for (const socket of readers.get(channel.toString())?.sockets ?? []) socket.send(frame, { binary: false });
});

/// Answered once Redis confirmed the subscription: what is published from then on arrives.
async function join(socket, room, id) {
  if (!readers.has(room)) readers.set(room, { sockets: new Set(), subscribed: subscriber.subscribe(room) });
  const { sockets, subscribed } = readers.get(room);
  sockets.add(socket);
  socket.rooms.add(room);
  await subscribed;
  socket.send(JSON.stringify({ joined: id }));
}

async function publish(socket, { publish: room, id, sender, key, text }) {
  try {
    const stored = await log.append({ room, sender, key, text });
    socket.send(JSON.stringify({ acked: id, number: stored.id, duplicate: stored.duplicate }));
    if (!stored.duplicate) await publisher.publish(room, JSON.stringify({ event: { room, number: stored.id, sender, key, text } }));
  } catch (error) {
    socket.send(JSON.stringify({ error: error.message, id }));
  }
}

const server = new WebSocketServer({ host: "127.0.0.1", port: Number(port), perMessageDeflate: false, clientTracking: false });
server.on("connection", (socket) => {
  socket.rooms = new Set();
  socket.on("message", (frame) => {
    let request;
    try {
      request = JSON.parse(frame);
    } catch {
      return socket.close(1007);
    }
    if (request.join) join(socket, request.join, request.id);
    else publish(socket, request);
  });
  socket.on("error", () => socket.terminate());
  socket.on("close", () => {
    for (const room of socket.rooms) {
      const { sockets } = readers.get(room);
      sockets.delete(socket);
      if (sockets.size > 0) continue;
      readers.delete(room);
      subscriber.unsubscribe(room);
    }
  });
});
server.on("listening", () => console.log("ready"));
