/// The page's smaller rules.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { readLogs } from "../demo/chat_logs.js";
import { load } from "./load.js";

const { copiesFor, Gate, Outgoing, readLink, Replay, Unread, VersionWatch, writeLink } = await load(
  "../demo/src/copies.ts",
  "../demo/src/deep_link.ts",
  "../demo/src/gate.ts",
  "../demo/src/outgoing.ts",
  "../demo/src/replay.ts",
  "../demo/src/unread.ts",
  "../demo/src/version_watch.ts",
);

test("a link names every pane, and is read as it was written", () => {
  for (const hash of [
    "#room=general&user=ana",
    "#room=general&user=ana&with=ben",
    "#room=general&user=ana&with=ben&with_room=other&and=chloe&naive=1",
    "#room=a%2Bb&user=ana&node=http%3A%2F%2F127.0.0.1%3A8081&node=http%3A%2F%2F127.0.0.1%3A8082",
    "#room=elsewhere&with=ben",
  ]) {
    assert.equal(writeLink(readLink(hash, "general")), hash);
  }
  assert.deepEqual(readLink("", "general").seats, [null, null, null]);
  assert.equal(writeLink(readLink("", "general")), "#");
});

test("the line New stands before the first message that nobody saw, and goes when one answers", () => {
  const unread = new Unread(null);
  assert.equal(unread.shown(1, false, true), false);
  assert.equal(unread.shown(2, false, false), true);
  assert.equal(unread.shown(3, false, false), false, "one line for all of them");
  unread.read();
  assert.equal(unread.line, 2, "it stays for who comes back");
  assert.equal(unread.shown(4, false, false), true, "the next absence moves it");
  unread.shown(5, true, true);
  assert.equal(unread.line, null);
});

test("after a reload the line stands behind what was read before, and live messages draw none", () => {
  const unread = new Unread(2);
  assert.deepEqual([1, 2, 3, 4].map((seq) => unread.shown(seq, false, true)), [false, false, true, false]);
  unread.caughtUp();
  assert.equal(unread.shown(5, false, true), false);
  assert.equal(unread.line, 3);
  const nothingNew = new Unread(9);
  nothingNew.shown(9, false, true);
  nothingNew.caughtUp();
  assert.equal(nothingNew.shown(10, false, true), false);
});

test("a closed gate holds who comes, also who was let through and comes again", async () => {
  const gate = new Gate();
  let passed = 0;
  const walker = (async () => {
    for (let turn = 0; turn < 3; turn += 1) {
      await gate.pass();
      passed += 1;
      if (turn === 0) gate.close();
    }
  })();
  for (let turn = 0; turn < 20; turn += 1) await null;
  assert.deepEqual([passed, gate.isClosed], [1, true]);
  gate.open();
  await walker;
  assert.equal(passed, 3);
});

test("drafts are bounded: what is acknowledged goes first", () => {
  const outgoing = new Outgoing();
  for (let number = 1; number <= 4000; number += 1) outgoing.add(`k${number}`, "x");
  outgoing.acked("k7", 7);
  outgoing.add("k4001", "x");
  assert.equal(outgoing.size, 4000);
  assert.ok(!outgoing.list.some(({ clientMsgId }) => clientMsgId === "k7"));
});

test("a replay says each line until it is stored, under one key, in order", async () => {
  const asked = [];
  let fails = 2;
  const world = {
    async publish(user, key, text) {
      asked.push([user, key, text]);
      if (text === "two" && fails-- > 0) throw new Error("503");
      return text !== "never";
    },
    pause: async () => {},
  };
  const replay = new Replay([["ana", "one"], ["ben", "two"], ["ben", "never"], ["ana", "three"]], "r", world, () => {});
  await replay.play(100);
  assert.deepEqual(asked.map(([, key, text]) => `${key} ${text}`), ["r-1 one", "r-2 two", "r-2 two", "r-2 two", "r-3 never", "r-4 three"]);
  assert.deepEqual([replay.said, replay.repeats, replay.refused, replay.isOver], [4, 2, 1, true]);
});

test("a stopped replay says no more", async () => {
  const said = [];
  const world = { publish: async (_user, _key, text) => (said.push(text), true), pause: async () => replay.stop() };
  const replay = new Replay([["ana", "one"], ["ana", "two"]], "r", world, () => {});
  await replay.play(1);
  assert.deepEqual([said, replay.isOver], [["one"], true]);
});

test("the chat logs in the page are those that scripts/replay reads: same lines, same users", () => {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const script = `
import json, pathlib, sys
sys.path.insert(0, "tests/support")
from parley_replay.irc_log import read_log
logs = [read_log(path) for path in sorted(pathlib.Path("tests/data/irc").glob("*.log"))]
print(json.dumps([{"name": log.name, "lines": [[line.user, line.text] for line in log.lines if line.user != "irc"]} for log in logs]))`;
  const read = JSON.parse(execFileSync("/usr/bin/python3", ["-B", "-c", script], { cwd: root, maxBuffer: 1 << 24 }));
  assert.deepEqual(readLogs(), read);
  assert.ok(read.every(({ lines }) => lines.length > 100));
});

test("what is copied names this node, this room and this user", () => {
  const copies = copiesFor("http://127.0.0.1:8080", "a+b", "ana");
  assert.deepEqual(copies.map(({ name }) => name), ["curl", "SSE", "Ten lines"]);
  assert.match(copies[0].text, /^curl -X POST 'http:\/\/127\.0\.0\.1:8080\/v1\/rooms\/a%2Bb\/messages'/u);
  assert.equal(copies[2].text.split("\n").length, 10);
  for (const { text } of copies) assert.match(text, /127\.0\.0\.1:8080/u);
});

test("another version of the node is told once it is seen; a node that is away is not another version", async () => {
  const changes = [];
  const answers = ["1", null, "1", "2"];
  const watch = new VersionWatch(async () => answers.shift(), (...change) => changes.push(change));
  for (let turn = 0; turn < 3; turn += 1) await watch.look();
  assert.deepEqual(changes, []);
  await watch.look();
  assert.deepEqual(changes, [["1", "2"]]);
});
