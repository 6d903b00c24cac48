// A plain Socket.IO server that does what speaker.py does: the peer of `fanout` and `memory`.
// node --expose-gc speaker.js PORT, in a folder where socket.io is installed.
const http = require("http");
const { performance } = require("perf_hooks");
const { Server } = require(require.resolve("socket.io", { paths: [process.cwd()] }));

const text = "x".repeat(300);
const said = (number) => ({ said_at: (performance.timeOrigin + performance.now()) / 1000, number, text });

const listener = http.createServer((request, response) => {
  const url = new URL(request.url, "http://127.0.0.1");
  const done = (value) => response.end(String(value));
  if (url.pathname === "/healthz") return done("ok");
  if (url.pathname === "/speak/gather") {
    live.sockets.forEach((socket) => socket.join("all"));
    if (global.gc) global.gc();
    return done(live.sockets.size);
  }
  if (url.pathname === "/speak/all") {
    live.to("all").emit("resync", said(0));
    return done(1);
  }
  if (url.pathname === "/speak/each") {
    const count = Number(url.searchParams.get("count"));
    const mine = [...live.sockets.keys()];
    let number = 0;
    const some = () => {
      for (let turn = 0; turn < 100 && number < count; turn += 1, number += 1) {
        live.to(mine[number % mine.length]).emit("resync", said(number));
      }
      if (number < count) setImmediate(some);
      else done(count);
    };
    return some();
  }
  response.statusCode = 404;
  return done("");
});

const io = new Server(listener, { transports: ["websocket"], perMessageDeflate: false });
const live = io.of("/live");
listener.listen(Number(process.argv[2]), "127.0.0.1");
