/** How a name looks: initials and a hue, the same in every pane and after every reload. */

/** "ana.maria" -> "AM", "ben" -> "B". By code point, so that no character is cut in two. */
export function initials(name: string): string {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  const letters = words.slice(0, 2).map((word) => [...word][0]);
  return (letters.join("") || "?").toUpperCase();
}

/** Degrees on the colour wheel, in steps wide enough to tell neighbours apart. */
export function hue(name: string): number {
  let hash = 2166136261; // FNV-1a
  for (const char of name) hash = Math.imul(hash ^ char.codePointAt(0)!, 16777619) >>> 0;
  // Short names differ in few bits: mix them, or half of a team is green (the last step of MurmurHash3).
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (((hash ^ (hash >>> 16)) >>> 0) % 24) * 15;
}
