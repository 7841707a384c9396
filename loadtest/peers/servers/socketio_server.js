/// Socket.IO with its Redis adapter, over WebSocket alone, in front of the same log: commit before the ack, then
/// `io.to(room).emit`. Arguments: PORT DSN REDIS_URL. Prints `ready`.
import { createServer } from "node:http";
import { createAdapter } from "@socket.io/redis-adapter";
import { Redis } from "ioredis";
import { Server } from "socket.io";
import { store } from "./store.js";

const [port, dsn, redis_url] = process.argv.slice(2);
const log = await store.open(dsn);
const http = createServer();
const publisher = new Redis(redis_url);
const io = new Server(http, {
  adapter: createAdapter(publisher, publisher.duplicate()),
  transports: ["websocket"],
  perMessageDeflate: false,
});

io.on("connection", (socket) => {
  socket.on("join", async (room, answer) => {
    await socket.join(room);
    answer({});
  });
  socket.on("publish", async ({ room, sender, key, text }, answer) => {
    try {
      const { id, duplicate } = await log.append({ room, sender, key, text });
      answer({ number: id, duplicate });
      if (!duplicate) io.to(room).emit("event", { room, number: id, sender, key, text });
    } catch (error) {
      answer({ error: error.message });
    }
  });
});
http.listen(Number(port), "127.0.0.1", () => console.log("ready"));
