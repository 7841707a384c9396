import assert from "node:assert/strict";
import { test } from "node:test";
import { agreement } from "../page/agreement.js";
import { checker } from "../page/checker.js";
import { hue, initials } from "../page/face.js";
import { events } from "./world.js";

function judge(...steps) {
  const made = new checker("ana");
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
    assert.equal(judge(["appended", shown]).is_ok, false);
  }
  assert.equal(judge(["clear", 5], ["appended", events(6, 7)], ["prepended", events(2, 4), 6]).is_ok, false);
  assert.equal(judge(["clear", 5], ["appended", events(6, 7)], ["prepended", events(2, 6), 6]).is_ok, false);
});

test("a page read again in front of a trimmed log is no evidence", () => {
  const made = judge(["appended", events(1, 100)], ["prepended", events(31, 80), 81], ["appended", events(101, 101)]);
  assert.equal(made.verdict(), "1..101 all present, once, in order");
});

test("older pages may step over what a gap passed over, and over nothing else", () => {
  const gap = { from: 4, to: 8, reason: "retention" };
  const steps = [["appended", events(1, 3)], ["passed_over", gap], ["appended", events(9, 10)]];
  assert.ok(judge(...steps, ["prepended", [...events(1, 3), ...events(9, 9)], 10]).is_ok);
  assert.equal(judge(...steps, ["prepended", [...events(1, 2), ...events(9, 9)], 10]).is_ok, false);
  assert.equal(judge(["appended", events(1, 2)], ["passed_over", gap]).is_ok, false);
});

test("an acknowledged message must be shown under its number, and nothing else there", () => {
  const own = (seq, id) => events(seq, seq, { sender: "ana", client_msg_id: id });
  assert.ok(judge(["acked", "a", 1], ["appended", own(1, "a")]).is_ok);
  assert.ok(judge(["appended", own(1, "a")], ["acked", "a", 1]).is_ok);
  assert.ok(judge(["clear", 5], ["acked", "a", 3], ["appended", own(6, "b")]).is_ok, "it lies before what is shown");
  assert.ok(judge(["acked", "a", 1], ["appended", [{ ...own(1)[0], deleted: true }]]).is_ok);
  assert.ok(judge(["appended", [{ ...own(1)[0], deleted: true }]], ["acked", "a", 1]).is_ok);
  assert.ok(judge(["acked", "a", 1], ["passed_over", { from: 1, to: 4, reason: "jump" }], ["appended", own(5, "b")]).is_ok);
  for (const steps of [
    [["acked", "a", 1], ["appended", own(1, "b")]],
    [["acked", "a", 1], ["appended", events(1, 1, { client_msg_id: "a" })]],
    [["appended", own(1, "b")], ["acked", "a", 1]],
    [["appended", own(1, "a")], ["acked", "a", 2]],
    [["acked", "a", 2], ["appended", own(1, "a")]],
  ]) {
    assert.equal(judge(...steps).is_ok, false, JSON.stringify(steps[0]));
  }
});

test("evidence is bounded, and all of it is counted", () => {
  const made = judge();
  for (let turn = 0; turn < 100; turn += 1) made.broken(`evidence ${turn}`);
  assert.equal(made.evidence.length, 20);
  assert.equal(made.verdict(), "Broken: evidence 0 (and 99 more)");
});

test("two readers agree unless one (room, term, seq, version) has two contents", () => {
  const both = new agreement();
  const [event] = events(1, 1);
  assert.equal(both.compare("general", event), "");
  assert.equal(both.compare("general", { ...event }), "");
  assert.equal(both.compare("general", { ...event, version: 2, text: "edited" }), "");
  assert.equal(both.compare("general", { ...event, term: event.term + 1, text: "after a reset" }), "");
  assert.equal(both.compare("other", { ...event, text: "elsewhere" }), "");
  assert.equal(both.compare("general", { ...event, deleted: true, text: undefined }), "");
  assert.match(both.compare("general", { ...event, text: "other" }), /#1 differs/);
});

test("a face has initials of whole characters and a hue that stays", () => {
  assert.equal(initials("ana"), "A");
  assert.equal(initials("dara.moss-lee"), "DM");
  assert.equal(initials("~"), "?");
  assert.equal(initials("𝒶x"), "𝒶".toUpperCase());
  assert.equal(hue("ana"), hue("ana"));
  for (const name of ["ana", "ben", "x".repeat(128), ""]) assert.ok(hue(name) >= 0 && hue(name) < 360);
});
