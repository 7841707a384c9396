/// Builds the library into `dist/`: modules and types by tsc, one minified module by esbuild. Prints what a page has to
/// load, and fails where that is more than the promise.
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const here = fileURLToPath(new URL(".", import.meta.url));
const tool = (name) => fileURLToPath(new URL(`../node_modules/.bin/${name}`, import.meta.url));
const gzip_bytes_max = 12_000;
const bundle = "dist/parley-client.min.js";

const run = (name, ...words) => execFileSync(tool(name), words, { cwd: here, stdio: ["ignore", "inherit", "inherit"] });

rmSync(new URL("dist", import.meta.url), { recursive: true, force: true });
run("tsc", "--project", "tsconfig.json");
run(
  "esbuild",
  "src/index.ts",
  "--bundle",
  "--minify",
  "--format=esm",
  "--target=es2022",
  "--log-level=warning",
  `--outfile=${bundle}`,
);

const code = readFileSync(new URL(bundle, import.meta.url));
const size = gzipSync(code, { level: 9 }).length;
console.log(`${bundle}: ${code.length} bytes minified, ${size} bytes gzipped (at most ${gzip_bytes_max})`);
if (size > gzip_bytes_max) {
  console.error("build: the client is too large: find what made it grow");
  process.exit(1);
}
