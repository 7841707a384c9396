/// Names that the docs' tables give to parts of the library, as a program that compiles where they are the library's.
const page_imports = 'import { connect, type ConnectOptions, type Room, type RoomOptions } from "@parley/client";\n';

/// What stands for the words that a call in a table passes; `room` is a name in one and a handle in the next.
const words = `declare const client: ReturnType<typeof connect>, room: Room & string, url: string, text: string;
declare const parts: [], metadata: {}, since: { term: number; seq: number }, getToken: () => string;
declare const [limit, rewind, before, after, around]: number[], act: () => void;
`;

/// The code in the cells of a table's column, of all tables whose header has `header` in that column.
function codes(page, column, header) {
  let is_inside = false;
  return page.split("\n").flatMap((line) => {
    const cells = line.startsWith("| ") ? line.split("|").slice(1, -1) : [];
    if (cells.length === 0) is_inside = false;
    else if (cells[column]?.trim() === header) is_inside = true;
    else if (is_inside) return [...cells[column].matchAll(/`([^`]+)`/gu)].map(([, code]) => code);
    return [];
  });
}

/// Parley's side of the migration notes: each call as it stands there.
function migration(page) {
  const calls = codes(page, 1, "Parley").filter((code) => /^(connect|client|room|for await)\b/u.test(code));
  return calls.map((call) => {
    if (call.startsWith("for await")) return `${call};`;
    return `${call.replace(/\.on\(("\w+")\)$/u, ".on($1, act)")};`;
  });
}

/// The tables at the end of client.md: members of the handles, options of `connect` and `join`.
function overview(page) {
  const names = (header) => codes(page, 0, header).map((code) => code.match(/^\w+/u)?.[0]);
  const members = (of) => names(of).map((name) => (name === "for" ? "" : `void ${of}.${name};`));
  const options = (header, type) => names(header).map((name) => `"${name}" satisfies keyof ${type};`);
  const parts_of = (part) =>
    [...page.matchAll(RegExp(`^\\| \`${part}\` \\| (.*) \\|$`, "gmu"))].flatMap(([, cell]) =>
      [...cell.matchAll(/`(\w+)[^`]*`/gu)].map(([, name]) => `void room.${part}.${name};`),
    );
  return [
    ...options("`connect({...})`", "ConnectOptions"),
    ...options("`join(room, {...})`", "RoomOptions"),
    ...["client", "room"].flatMap(members),
    ...["messages", "history"].flatMap(parts_of),
  ];
}

/// @returns the program, and how many names and calls it holds
export function names_program({ migration: notes, client }) {
  const lines = [...migration(notes), ...overview(client)];
  return { code: `${page_imports}${words}${lines.join("\n")}\n`, count: lines.length };
}
