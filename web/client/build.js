/// Builds the library into `dist/`: modules and types by tsc, one minified module for each entry point by esbuild. Prints
/// what a page has to load, and fails where that is more than the promise.
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const here = fileURLToPath(new URL(".", import.meta.url));
const tool = (name) => fileURLToPath(new URL(`../node_modules/.bin/${name}`, import.meta.url));
const bundles = [
  { from: "src/index.ts", to: "dist/parley-client.min.js", gzip_bytes_max: 12_000 },
  { from: "src/protobuf/index.ts", to: "dist/parley-client-protobuf.min.js", gzip_bytes_max: 4_000 },
];

const run = (name, ...words) => execFileSync(tool(name), words, { cwd: here, stdio: ["ignore", "inherit", "inherit"] });

rmSync(new URL("dist", import.meta.url), { recursive: true, force: true });
run("tsc", "--project", "tsconfig.json");
for (const { from, to, gzip_bytes_max } of bundles) {
  run(
    "esbuild",
    from,
    "--bundle",
    "--minify",
    "--format=esm",
    "--target=es2022",
    "--log-level=warning",
    `--outfile=${to}`,
  );
  const code = readFileSync(new URL(to, import.meta.url));
  const size = gzipSync(code, { level: 9 }).length;
  console.log(`${to}: ${code.length} bytes minified, ${size} bytes gzipped (at most ${gzip_bytes_max})`);
  if (size <= gzip_bytes_max) continue;
  console.error(`build: ${to} is too large: find what made it grow`);
  process.exitCode = 1;
}
