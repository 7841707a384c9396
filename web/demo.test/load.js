/// The page's TypeScript, for tests: bundled in memory, with the client library's own sources and the world of its tests.
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const client = fileURLToPath(new URL("../client/src/index.ts", import.meta.url));

/// @param paths of modules, from this folder. @returns everything that they export
export async function load(...paths) {
  const { outputFiles } = await build({
    stdin: { contents: paths.map((path) => `export * from "${path}";`).join("\n"), resolveDir: here },
    bundle: true,
    format: "esm",
    target: "es2022",
    write: false,
    alias: { "@parley/client": client },
    plugins: [{ name: "sources", setup: ({ onResolve }) => onResolve({ filter: /\/dist\/index\.js$/ }, () => ({ path: client })) }],
    logLevel: "error",
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
}
