/// One page, one script, one style, and the chat logs as a script of their own: names without hashes, because `parleyd`
/// serves each under an ETag and lets the browser ask every time.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { chatLogs } from "./chat_logs.js";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const node = "http://127.0.0.1:8080"; // for `npx vite demo` beside a running node

export default defineConfig({
  root: at("."),
  base: "./",
  publicDir: false,
  plugins: [chatLogs()],
  resolve: { alias: { "@parley/client": at("../client/src/index.ts") } },
  server: { proxy: { "/v1": { target: node, ws: true }, "/dev": node, "/version": node } },
  build: {
    outDir: at("../../build/demo"),
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rollupOptions: {
      output: {
        entryFileNames: "page/demo.js",
        chunkFileNames: "page/chat_logs.js",
        assetFileNames: "page/demo[extname]",
      },
    },
  },
});
