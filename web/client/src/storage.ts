/**
 * Where something outlives the page or process. Everything is a string under a key; a call may throw (full, forbidden),
 * which costs no message: what was to be kept then lives in memory alone, and the client says so (`storage_failed`).
 */
export interface Storage {
  get(key: string): string | null;
  set(key: string, value: string): void;
  remove(key: string): void;
  /** All keys that begin so. */
  keys(prefix: string): string[];
}

/** As long as the page or process lives; for tests, and to hand over from one client to the next. */
export function memoryStorage(): Storage {
  const kept = new Map<string, string>();
  return {
    get: (key) => kept.get(key) ?? null,
    set: (key, value) => void kept.set(key, value),
    remove: (key) => void kept.delete(key),
    keys: (prefix) => [...kept.keys()].filter((key) => key.startsWith(prefix)),
  };
}

/** The part of the browser's `localStorage` and `sessionStorage` that is used. */
export interface WebStorage {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/**
 * `webStorage(localStorage)` is shared by all tabs, `webStorage(sessionStorage)` is a tab's own and survives its reload.
 * Where a browser forbids storage, the name alone throws: `webStorage(() => localStorage)` is told as any failure is.
 */
export function webStorage(given: WebStorage | (() => WebStorage)): Storage {
  const kept = () => (typeof given === "function" ? given() : given);
  return {
    get: (key) => kept().getItem(key),
    set: (key, value) => kept().setItem(key, value),
    remove: (key) => kept().removeItem(key),
    keys: (prefix) =>
      Array.from({ length: kept().length }, (_, index) => kept().key(index)!).filter((key) => key?.startsWith(prefix)),
  };
}
