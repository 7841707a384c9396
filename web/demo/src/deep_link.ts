/**
 * What the address says is open, so that a reload or a shared link opens it again:
 * `#room=general&user=ana&with=ben&and=chloe&naive=1`. `with_room` and `and_room` put those panes elsewhere; `node`,
 * which may be repeated, names other nodes than the one that served the page.
 */
export interface Link {
  seats: ({ user: string; room: string } | null)[];
  /** Of the first pane, also where nobody entered it. */
  room: string;
  naive: boolean;
  nodes: string[];
}

const names = ["user", "with", "and"];
const rooms = ["room", "with_room", "and_room"];

export const panesMax = names.length;

export function readLink(hash: string, roomDefault: string): Link {
  const link = new URLSearchParams(hash.replace(/^#/, ""));
  const room = link.get("room") || roomDefault;
  const seats = names.map((name, index) => {
    const user = link.get(name);
    return user ? { user, room: link.get(rooms[index]!) || room } : null;
  });
  return { seats, room, naive: link.get("naive") === "1", nodes: link.getAll("node").filter(Boolean) };
}

export function writeLink({ seats, room, naive, nodes }: Link): string {
  const link = new URLSearchParams();
  if (seats.some(Boolean)) link.set("room", seats[0]?.room ?? room);
  seats.forEach((seat, index) => {
    if (!seat) return;
    link.set(names[index]!, seat.user);
    if (index > 0 && seat.room !== link.get("room")) link.set(rooms[index]!, seat.room);
  });
  if (naive) link.set("naive", "1");
  for (const node of nodes) link.append("node", node);
  return `#${link}`;
}
