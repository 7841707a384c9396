import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.js";

const { Agreement, Checker, events, hue, initials } = await load(
  "../demo/src/checker.ts",
  "../demo/src/agreement.ts",
  "../demo/src/face.ts",
  "../client/test/world.js",
);

function judge(...steps) {
  const made = new Checker("ana");
  for (const [deed, ...args] of steps) made[deed](...args);
  return made;
}

test("the checker is content with every number once and in order", () => {
  const made = judge(["clear", 50], ["appended", events(51, 60)], ["prepended", events(1, 50), 51], ["appended", events(61, 61)]);
  assert.equal(made.verdict(), "1..61 all present, once, in order");
  assert.equal(judge(["clear", 6], ["appended", events(7, 7)]).verdict(), "#7 all present, once, in order");
  assert.equal(judge().verdict(), "Nothing to check yet");
});

test("the checker sees a missing, a repeated and a swapped number by itself", () => {
  const [one, two, three] = events(1, 3);
  for (const shown of [[one, three], [one, two, two, three], [two, one, three], [two, three]]) {
    assert.equal(judge(["appended", shown]).isOk, false);
  }
  assert.equal(judge(["clear", 5], ["appended", events(6, 7)], ["prepended", events(2, 4), 6]).isOk, false);
  assert.equal(judge(["clear", 5], ["appended", events(6, 7)], ["prepended", events(2, 6), 6]).isOk, false);
});

test("a page read again in front of a trimmed log is no evidence", () => {
  const made = judge(["appended", events(1, 100)], ["prepended", events(31, 80), 81], ["appended", events(101, 101)]);
  assert.equal(made.verdict(), "1..101 all present, once, in order");
});

test("older pages may step over what a gap passed over, and over nothing else", () => {
  const gap = { from: 4, to: 8, reason: "retention" };
  const steps = [["appended", events(1, 3)], ["passedOver", gap], ["appended", events(9, 10)]];
  assert.ok(judge(...steps, ["prepended", [...events(1, 3), ...events(9, 9)], 10]).isOk);
  assert.equal(judge(...steps, ["prepended", [...events(1, 2), ...events(9, 9)], 10]).isOk, false);
  assert.equal(judge(["appended", events(1, 2)], ["passedOver", gap]).isOk, false);
  assert.match(judge(...steps).verdict(), /^1\.\.10 in order, once; passed over by the server: 4\.\.8 \(retention\)$/u);
});

test("an acknowledged message must be shown under its number, and nothing else there", () => {
  const own = (seq, id) => events(seq, seq, { sender: "ana", client_msg_id: id });
  assert.ok(judge(["acked", "a", 1], ["appended", own(1, "a")]).isOk);
  assert.ok(judge(["appended", own(1, "a")], ["acked", "a", 1]).isOk);
  assert.ok(judge(["clear", 5], ["acked", "a", 3], ["appended", own(6, "b")]).isOk, "it lies before what is shown");
  assert.ok(judge(["acked", "a", 1], ["appended", [{ ...own(1)[0], deleted: true }]]).isOk);
  assert.ok(judge(["appended", [{ ...own(1)[0], deleted: true }]], ["acked", "a", 1]).isOk);
  assert.ok(judge(["acked", "a", 1], ["passedOver", { from: 1, to: 4, reason: "jump" }], ["appended", own(5, "b")]).isOk);
  for (const steps of [
    [["acked", "a", 1], ["appended", own(1, "b")]],
    [["acked", "a", 1], ["appended", events(1, 1, { client_msg_id: "a" })]],
    [["appended", own(1, "b")], ["acked", "a", 1]],
    [["appended", own(1, "a")], ["acked", "a", 2]],
    [["acked", "a", 2], ["appended", own(1, "a")]],
  ]) {
    assert.equal(judge(...steps).isOk, false, JSON.stringify(steps[0]));
  }
});

test("two readers who are shown different contents under one number disagree, a tombstone apart", () => {
  const readers = new Agreement();
  const [one] = events(1, 1);
  assert.equal(readers.compare("general", one), "");
  assert.equal(readers.compare("general", { ...one }), "");
  assert.equal(readers.compare("other", { ...one, text: "of another room" }), "");
  assert.equal(readers.compare("general", { ...one, text: "an edit", version: 2 }), "");
  assert.equal(readers.compare("general", { ...one, text: undefined, deleted: true }), "");
  assert.match(readers.compare("general", { ...one, text: "a lie" }), /^#1 differs/u);
});

test("names have initials and a colour of their own", () => {
  assert.deepEqual(["ana", "ben.miller", "Ölaf", "王小明", "..", "a-b-c"].map(initials), ["A", "BM", "Ö", "王", "?", "AB"]);
  const colours = new Set(["ana", "ben", "chloe", "dara", "emil", "fatou"].map(hue));
  assert.ok(colours.size >= 5);
  assert.equal(hue("ana"), hue("ana"));
});
