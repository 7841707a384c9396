/// The world of a stream, as a browser offers it. Tests bring another one.
export const browser = {
  open() {
    const url = new URL("v1/ws", document.baseURI);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    url.hash = "";
    return new WebSocket(url, "parley.v1.json");
  },
  now: () => performance.now(),
  after(ms, act) {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
  random: Math.random,
};

/// Keeps the unacknowledged messages over a reload of this tab. Storage may be full or forbidden: then it does not.
export function kept_in_tab(name) {
  return {
    load() {
      try {
        return JSON.parse(sessionStorage.getItem(name)) ?? [];
      } catch {
        return [];
      }
    },
    save(entries) {
      try {
        if (entries.length > 0) sessionStorage.setItem(name, JSON.stringify(entries));
        else sessionStorage.removeItem(name);
      } catch {
        // The outbox in memory still has them.
      }
    },
  };
}
