/// One line of the log as elements. What people wrote becomes text nodes, never markup.
import { hue, initials } from "./face.js";

const group_ms = 5 * 60_000;
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const long_day = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long", year: "numeric" });

export function element(tag, class_name = "", text = "") {
  const made = document.createElement(tag);
  if (class_name) made.className = class_name;
  if (text) made.textContent = text;
  return made;
}

export function avatar(name) {
  const made = element("span", "avatar", initials(name));
  made.style.setProperty("--hue", hue(name));
  made.setAttribute("aria-hidden", "true");
  return made;
}

/// The row of an event. `relate` it to its neighbour once that is known.
export function row_of(event, user) {
  const row = element("li", "row");
  row.dataset.seq = event.seq;
  if (event.kind !== "message.created") {
    row.classList.add("note");
    row.append(element("span", "what", what_happened(event)), seq_of(event));
    return row;
  }
  const is_own = event.sender === user;
  row.classList.add("message", is_own ? "own" : "other");
  row.style.setProperty("--hue", hue(event.sender));
  const head = element("div", "head");
  head.append(element("span", "sender", event.sender), time_of(event));
  const bubble = element("div", "bubble");
  row.append(avatar(event.sender), head, bubble, seq_of(event));
  fill(row, event);
  return row;
}

/// Puts an event's content, or a newer version of it, into its row.
export function fill(row, event) {
  const bubble = row.querySelector(".bubble");
  bubble.replaceChildren();
  row.classList.toggle("deleted", Boolean(event.deleted));
  if (event.deleted) {
    bubble.append(element("span", "gone", "This message was deleted."));
    return;
  }
  if (event.reply_to) bubble.append(element("span", "reply", `in reply to #${event.reply_to}`));
  if (event.text) bubble.append(text_of(event.text));
  for (const part of event.parts ?? []) {
    const line = element("span", "part");
    line.append(element("span", "type", part.type ?? "part"), " ", text_of(part.url ?? part.content ?? ""));
    bubble.append(line);
  }
  if (event.version > 1) bubble.append(element("span", "edited", "edited"));
}

/// Groups the row with the one before it, or sets it off by its day. `before` is null for the first.
export function relate(row, event, before) {
  const same_day = before && new Date(event.at).toDateString() === new Date(before.at).toDateString();
  const is_message = event.kind === "message.created" && before?.kind === "message.created";
  const grouped = same_day && is_message && event.sender === before.sender && event.at - before.at < group_ms;
  row.classList.toggle("grouped", Boolean(grouped));
  row.querySelector(".day")?.remove();
  if (same_day) return;
  const day = element("div", "day");
  day.append(element("span", "", name_of_day(event.at)));
  row.prepend(day);
}

export function name_of_day(at, today = new Date()) {
  const day = new Date(at);
  const yesterday = new Date(today);
  yesterday.setDate(today.getDate() - 1);
  if (day.toDateString() === today.toDateString()) return "Today";
  if (day.toDateString() === yesterday.toDateString()) return "Yesterday";
  return long_day.format(day);
}

function what_happened({ kind, sender, target }) {
  const known = {
    "message.updated": `${sender} edited #${target}`,
    "message.deleted": `${sender} deleted #${target}`,
    "member.joined": `${sender} became a member`,
    "member.left": `${sender} left`,
    "room.updated": `${sender} changed the room`,
    "room.deleted": `${sender} deleted the room`,
  };
  return known[kind] ?? `${kind} by ${sender}`;
}

function seq_of({ seq, term }) {
  const made = element("span", "seq", `#${seq}`);
  made.title = `seq ${seq}, term ${term}`;
  return made;
}

function time_of({ at }) {
  const made = element("time", "", clock.format(at));
  made.dateTime = new Date(at).toISOString();
  made.title = new Date(at).toLocaleString();
  return made;
}

/// Text with its web addresses as links. Only http and https: an address may run no script.
function text_of(text) {
  const made = element("span", "text");
  for (const piece of text.split(/(https?:\/\/[^\s<>"']+)/u)) {
    if (!/^https?:\/\//u.test(piece)) {
      made.append(piece);
      continue;
    }
    const link = element("a", "", piece);
    link.href = piece;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    made.append(link);
  }
  return made;
}
