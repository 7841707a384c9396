/// Vite's plugin for `virtual:chat-logs`: the shipped IRC logs, read when the page is built, so that a browser meets
/// neither their encodings nor their nicks.
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const name = "virtual:chat-logs";
const folder = fileURLToPath(new URL("../../tests/data/irc/", import.meta.url));

const message = /^\[\d\d:\d\d\] <([^>]*)> ?([^]*)$/u;
const action = /^\[\d\d:\d\d\] +(\* (\S+)[^]*)$/u;
const plain = /^[A-Za-z0-9._:@+-]$/u; // what an id may hold, but for `~`, which introduces an escape

export function chatLogs() {
  return {
    name: "chat-logs",
    resolveId: (id) => (id === name ? `\0${name}` : undefined),
    load(id) {
      if (id !== `\0${name}`) return undefined;
      return `export const logs = ${JSON.stringify(readLogs())};`;
    },
  };
}

/** @returns [{name, lines: [[user, text], ...]}] by name */
export function readLogs() {
  const files = readdirSync(folder).filter((file) => file.endsWith(".log")).sort();
  return files.map((file) => ({ name: file.replace(/\.log$/u, ""), lines: linesOf(readFileSync(folder + file)) }));
}

/** The messages and actions of a log as (user, text); joins, renames and blank lines are left out. */
function linesOf(bytes) {
  return rawLines(bytes).flatMap((raw) => {
    const line = decoded(raw).replaceAll("\0", "\ufffd");
    const said = message.exec(line);
    if (said) return said[2] ? [[userOf(said[1].trim()), said[2]]] : [];
    const done = action.exec(line);
    return done ? [[userOf(done[2]), done[1]]] : [];
  });
}

function rawLines(bytes) {
  const lines = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(10, start);
    const stop = end < 0 ? bytes.length : end;
    lines.push(bytes.subarray(start, bytes[stop - 1] === 13 && stop > start ? stop - 1 : stop));
    start = stop + 1;
  }
  return lines;
}

/** UTF-8, or else as most clients that mis-encoded did. A byte order mark within a line belongs to the text. */
function decoded(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

/** A user id of the protocol, different for each nick: what an id may not hold is written as `~XX` for each byte. */
export function userOf(nick) {
  const escape = (character) => [...Buffer.from(character)].map((byte) => `~${byte.toString(16).toUpperCase().padStart(2, "0")}`);
  return [...nick].flatMap((character) => (plain.test(character) ? character : escape(character))).join("") || "~";
}
