/// The page's TypeScript, for tests: bundled in memory, with the client library's own sources and the world of its tests.
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const library = fileURLToPath(new URL("../client/src/", import.meta.url));
const client = `${library}index.ts`;

/// What the library's tests take from its built files comes from the sources: one copy of each module, and no build.
const sources = {
  name: "sources",
  setup: ({ onResolve }) =>
    onResolve({ filter: /\/dist\/.*\.js$/ }, ({ path }) => ({ path: library + path.replace(/^.*\/dist\/(.*)\.js$/, "$1.ts") })),
};

/// @param paths of modules, from this folder. @returns everything that they export
export async function load(...paths) {
  const { outputFiles } = await build({
    stdin: { contents: paths.map((path) => `export * from "${path}";`).join("\n"), resolveDir: here },
    bundle: true,
    format: "esm",
    target: "es2022",
    write: false,
    alias: { "@parley/client": client },
    plugins: [sources],
    logLevel: "error",
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
}
