/// What each message carries so that it can be found in any protocol's frame without parsing that protocol:
/// `@DUE,ROOM,NUMBER@` in front of the text. DUE is when it was to be sent, in whole microseconds of this process' clock;
/// NUMBER counts from 1 within the room.
export const now_us = () => Math.round(performance.now() * 1000);

export function marked(due_us, room, number, bytes) {
  return `@${due_us},${room},${number}@`.padEnd(bytes, "x");
}

const marker = /@(\d+),(\d+),(\d+)@/gu;

/// Calls `found(due_us, room, number)` for each message in a frame, in the frame's order.
export function scan(frame, found) {
  marker.lastIndex = 0;
  for (let match = marker.exec(frame); match !== null; match = marker.exec(frame)) found(+match[1], +match[2], +match[3]);
}
