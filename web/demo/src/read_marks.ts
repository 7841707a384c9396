/** How far each user had read each room, for the line "New" of the next visit. Without a storage there is no such line. */
const prefix = "parley.read.";

export function readUpTo(room: string, user: string): number | null {
  try {
    const kept = localStorage.getItem(`${prefix}${room}.${user}`);
    const seq = Number(kept);
    return kept !== null && Number.isSafeInteger(seq) && seq >= 0 ? seq : null;
  } catch {
    return null;
  }
}

export function rememberRead(room: string, user: string, seq: number): void {
  try {
    localStorage.setItem(`${prefix}${room}.${user}`, String(seq));
  } catch {
    // Full, or forbidden.
  }
}
