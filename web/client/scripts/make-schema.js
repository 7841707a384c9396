/// Writes src/protobuf/schema.ts out of proto/parley/v1/client.proto, which is the source of truth. `--check` only says
/// whether what is there is current.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const proto = fileURLToPath(new URL("../../../proto/parley/v1/client.proto", import.meta.url));
const made = fileURLToPath(new URL("../src/protobuf/schema.ts", import.meta.url));

/// What is written: `?` left out of JSON where it says nothing, `!` with presence, `*` repeated, `%` a map of strings.
export function schema(text) {
  const [messages, enums] = [[], []];
  for (const [, what, name, body] of text.matchAll(/^(message|enum) (\w+) \{(?:\}|\n(.*?)^\})/gmsu)) {
    if (what === "enum") enums.push([name, enum_names(name, body)]);
    else messages.push([name, fields(body ?? "")]);
  }
  const line = (name, told) => {
    const short = `  ${name}: "${told}",`;
    return short.length - 1 <= 120 ? `${short}\n` : `  ${name}:\n    "${told}",\n`; // as Prettier would
  };
  const lines = (all, join) => all.map(([name, list]) => line(name, list.join(join))).join("");
  return `// Made by scripts/make-schema.js out of proto/parley/v1/client.proto: change that file.

/** By message, "name number type flags" of each field: \`?\` omitted where empty, \`!\` has presence, \`*\` repeated, \`%\` map. */
export const messages: Record<string, string> = {
${lines(messages, ",")}};

/** By enum, the JSON names of 0, 1, 2, ... */
export const enums: Record<string, string> = {
${lines(enums, " ")}};
`;
}

function fields(body) {
  const oneofs = [...body.matchAll(/oneof \w+ \{(.*?)\}/gsu)].map(([, inner]) => inner).join("\n");
  const lines = body.replaceAll(/oneof \w+ \{|^\s*\}/gmu, "").split("\n");
  return lines.flatMap((line) => {
    const found = line.match(/^\s*(optional |repeated )?(map<string, (\w+)>|[\w.]+) (\w+) = (\d+);(.*)$/u);
    if (!found) {
      if (line.trim() && !line.trim().startsWith("//")) throw new Error(`not understood: ${line}`);
      return [];
    }
    const [, label, type, map_type, name, number, comment] = found;
    const flags = [
      label === "repeated " ? "*" : "",
      map_type ? "%" : "",
      label === "optional " || oneofs.includes(` ${name} = ${number};`) ? "!" : "",
      /\/\/ optional/u.test(comment) || name === "id" ? "?" : "",
    ].join("");
    const bare = map_type ?? type.replace("google.protobuf.", "");
    return [[name, number, bare, flags].filter(Boolean).join(" ")];
  });
}

function enum_names(name, body) {
  const prefix = `${name.replaceAll(/(?<!^)([A-Z])/gu, "_$1").toUpperCase()}_`;
  return [...body.matchAll(/^\s*(\w+) = (\d+);/gmu)].map(([, value, number], index) => {
    if (Number(number) !== index || !value.startsWith(prefix)) throw new Error(`not understood: ${value} = ${number}`);
    const bare = value.slice(prefix.length).toLowerCase();
    return name === "EventKind" ? bare.replaceAll("_", ".") : bare;
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = schema(readFileSync(proto, "utf8"));
  if (!process.argv.includes("--check")) writeFileSync(made, text);
  else if (readFileSync(made, "utf8") !== text) {
    console.error(`${made} is not what ${proto} says: run web/client/scripts/make-schema.js`);
    process.exit(1);
  }
}
