/// Full jitter: anywhere between nothing and a ceiling that doubles with each failed attempt.
/// A thousand clients of a node that died come back spread out, not all in the same instant.
export const delay_min_ms = 500;
export const delay_max_ms = 15_000;

/// @param attempt 0 for the first retry after a success
/// @param random a number in [0, 1)
export function full_jitter(attempt, random) {
  const ceiling = Math.min(delay_max_ms, delay_min_ms * 2 ** Math.min(attempt, 20));
  return Math.round(random * ceiling);
}
