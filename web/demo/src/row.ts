import type { RoomEvent } from "@parley/client";
import { element } from "./elements.js";
import { hue, initials } from "./face.js";

/** One line of the log as elements. What people wrote becomes text nodes, never markup. */

const groupMs = 5 * 60_000;
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const longDay = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long", year: "numeric" });

export function avatar(name: string): HTMLElement {
  const made = element("span", "avatar", initials(name));
  made.style.setProperty("--hue", String(hue(name)));
  made.setAttribute("aria-hidden", "true");
  return made;
}

/** The row of an event. `relate` it to its neighbour once that is known. */
export function rowOf(event: RoomEvent, user: string): HTMLElement {
  const row = element("li", "row");
  row.dataset.seq = String(event.seq);
  if (event.kind !== "message.created") {
    row.classList.add("note");
    row.append(element("span", "what", whatHappened(event)), seqOf(event));
    return row;
  }
  row.classList.add("message", event.sender === user ? "own" : "other");
  row.style.setProperty("--hue", String(hue(event.sender)));
  const head = element("div", "head");
  head.append(element("span", "sender", event.sender), timeOf(event.at));
  row.append(avatar(event.sender), head, element("div", "bubble"), seqOf(event));
  fill(row, event);
  return row;
}

/** Puts an event's content, or a newer version of it, into its row. */
export function fill(row: HTMLElement, event: RoomEvent): void {
  const bubble = row.querySelector(".bubble")!;
  bubble.replaceChildren();
  row.classList.toggle("deleted", Boolean(event.deleted));
  if (event.deleted) {
    bubble.append(element("span", "gone", "This message was deleted."));
    return;
  }
  if (event.kind !== "message.created") return;
  if (event.reply_to) bubble.append(element("span", "reply", `in reply to #${event.reply_to}`));
  if (event.text) bubble.append(textOf(event.text));
  for (const piece of event.parts ?? []) {
    const line = element("span", "part");
    line.append(element("span", "type", piece.type), " ", textOf("url" in piece ? piece.url : piece.content));
    bubble.append(line);
  }
  if ((event.version ?? 1) > 1) bubble.append(element("span", "edited", "edited"));
}

/** Groups the row with the one before it, or sets it off by its day. `before` is null for the first. */
export function relate(row: HTMLElement, event: RoomEvent, before: RoomEvent | null): void {
  const isSameDay = before !== null && new Date(event.at).toDateString() === new Date(before.at).toDateString();
  const isMessage = event.kind === "message.created" && before?.kind === "message.created";
  const isGrouped = isSameDay && isMessage && event.sender === before.sender && event.at - before.at < groupMs;
  row.classList.toggle("grouped", isGrouped);
  row.querySelector(".day")?.remove();
  if (isSameDay) return;
  const day = element("div", "day");
  day.append(element("span", "", nameOfDay(event.at)));
  row.prepend(day);
}

export function nameOfDay(at: number, today = new Date()): string {
  const day = new Date(at);
  const yesterday = new Date(today);
  yesterday.setDate(today.getDate() - 1);
  if (day.toDateString() === today.toDateString()) return "Today";
  if (day.toDateString() === yesterday.toDateString()) return "Yesterday";
  return longDay.format(day);
}

export function timeOf(at: number): HTMLElement {
  const made = element("time", "", clock.format(at));
  made.dateTime = new Date(at).toISOString();
  made.title = new Date(at).toLocaleString();
  return made;
}

function whatHappened(event: RoomEvent): string {
  const { kind, sender } = event;
  if (kind === "message.updated") return `${sender} edited #${event.target}`;
  if (kind === "message.deleted") return `${sender} deleted #${event.target}`;
  const known: Record<string, string> = {
    "member.joined": `${sender} became a member`,
    "member.left": `${sender} left`,
    "room.updated": `${sender} changed the room`,
    "room.deleted": `${sender} deleted the room`,
  };
  return known[kind] ?? `${kind} by ${sender}`;
}

function seqOf({ seq, term }: RoomEvent): HTMLElement {
  const made = element("span", "seq", `#${seq}`);
  made.title = `seq ${seq}, term ${term}`;
  return made;
}

/** Text with its web addresses as links. Only http and https: an address may run no script. */
function textOf(text: string): HTMLElement {
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
