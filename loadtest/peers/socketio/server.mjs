// A chat as one is often built: Socket.IO with its Redis adapter, a filter of words in JavaScript, each message in a Redis stream, which is
// written to disk every second. It answers when Redis has the message. `handrail-load floors --socketio` measures it, with its Redis.
//
//   node server.mjs --listen 127.0.0.1:PORT --data DIR

import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createAdapter } from "@socket.io/redis-adapter";
import { RegExpMatcher, englishDataset, englishRecommendedTransformers } from "obscenity";
import { createClient } from "redis";
import { Server } from "socket.io";

const { values } = parseArgs({ options: { listen: { type: "string" }, data: { type: "string" } } });
const [host, port] = values.listen.split(":");
// Redis has no port: only this process speaks to it. The path is short wherever the data is, as that of a socket must be.
const path = join(tmpdir(), `handrail-peer-${process.pid}.sock`);
const redis = spawn(
  "redis-server",
  ["--port", "0", "--unixsocket", path, "--dir", values.data, "--save", "", "--appendonly", "yes", "--appendfsync", "everysec"],
  { stdio: "ignore" },
);
redis.on("error", () => {
  console.error("redis-server did not start: install it with `apt-get install redis-server`");
  process.exit(1);
});
redis.on("exit", () => process.exit(1));
process.on("exit", () => redis.kill());
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => process.exit(0));

const store = createClient({ socket: { path, reconnectStrategy: 20 } });
store.on("error", () => {});
await store.connect();
const [publishing, subscribed] = [store.duplicate(), store.duplicate()];
await Promise.all([publishing.connect(), subscribed.connect()]);

const matcher = new RegExpMatcher({ ...englishDataset.build(), ...englishRecommendedTransformers });
const http = createServer();
const io = new Server(http, { transports: ["websocket"], perMessageDeflate: false, adapter: createAdapter(publishing, subscribed) });

io.on("connection", (socket) => {
  const { number } = socket.handshake.auth;
  socket.join(`person ${number}`);
  socket.on("send", async (message, answer) => {
    const held = matcher.hasMatch(message.text);
    await store.xAdd(held ? "held" : `pair ${number >> 1}`, "*", { from: String(number), text: message.text });
    if (!held) io.to(`person ${number ^ 1}`).emit("message", message);
    answer({ id: message.id });
  });
});
http.listen(Number(port), host);
