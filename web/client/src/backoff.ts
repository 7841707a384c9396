/**
 * Full jitter: anywhere between nothing and a ceiling that doubles with each failed attempt.
 * A thousand clients of a node that died come back spread out, not all in the same instant.
 */
export const delayMinMs = 500;
export const delayMaxMs = 15_000;

/**
 * @param attempt 0 for the first retry after a success
 * @param random in [0, 1)
 */
export function fullJitter(attempt: number, random: number): number {
  const ceiling = Math.min(delayMaxMs, delayMinMs * 2 ** Math.min(attempt, 20));
  return Math.round(random * ceiling);
}
