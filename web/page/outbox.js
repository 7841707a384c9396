/// The messages of one user in one room that the server has not acknowledged yet, oldest first.
/// An entry leaves only when the server has stored or refused it; until then it is sent again, in order and
/// under the same `client_msg_id`, so that a repeat stores nothing new.
///
/// States of an entry: waiting -> sent -> acked (gone once the stream has shown it) or refused (until discarded).
export const entries_max = 500;
const group_max = 16;
const group_bytes_max = 512 * 1024; // of a frame, which may have 1 MiB

export class outbox {
  /// @param ids where `client_msg_id`s come from
  /// @param keep {load, save} survives a reload of the page; optional
  constructor({ ids, keep = null, now = Date.now }) {
    this.ids = ids;
    this.keep = keep;
    this.now = now;
    this.entries = [];
    this.held = false; // a write failed: the ones behind it are answered first, then all go again
    this.rated = false; // the server limits the rate: see `take`
    this.repeats = 0;
    for (const { client_msg_id, text, at } of keep?.load() ?? []) {
      this.entries.push({ client_msg_id, text, at, state: "waiting", tries: 1 });
    }
  }

  /// @returns the new entry, or a reason why not, as a string
  add(text, content_bytes_max) {
    const clean = well_formed(text);
    if (clean.trim() === "") return "There is nothing to send.";
    // Refused here, not by the server: too large a frame would close the socket at each attempt.
    const size = new TextEncoder().encode(clean).length;
    if (content_bytes_max > 0 && size > content_bytes_max) {
      return `This is too long: ${size} bytes of at most ${content_bytes_max}.`;
    }
    if (this.entries.length >= entries_max) return "Too many messages wait to be sent.";
    const entry = { client_msg_id: this.ids.next(), text: clean, at: this.now(), state: "waiting", tries: 0 };
    this.entries.push(entry);
    this.#save();
    return entry;
  }

  get in_flight() {
    return this.entries.filter((entry) => entry.state === "sent").length;
  }

  /// What to send now, in order and in one frame. The next ones go when all of these are answered: one that was still
  /// on its way when the last of them failed would be stored ahead of their repeat. A write refused for its rate fails
  /// alone, so that with a rate in force one goes at a time.
  take() {
    if (this.held || this.in_flight > 0) return [];
    let bytes = 0;
    const next = [];
    for (const entry of this.entries) {
      if (entry.state !== "waiting") continue;
      bytes += new TextEncoder().encode(JSON.stringify(entry.text)).length;
      if (next.length > 0 && (this.rated || bytes > group_bytes_max)) break;
      next.push(entry);
      if (next.length === group_max) break;
    }
    for (const entry of next) {
      entry.state = "sent";
      if (entry.tries++ > 0) this.repeats += 1;
    }
    return next;
  }

  /// @param shown the newest seq that the stream has shown: up to there the event itself is on the page
  acked(client_msg_id, seq, shown) {
    const entry = this.#find(client_msg_id);
    if (!entry) return;
    entry.state = "acked";
    entry.seq = seq;
    if (entry.seen || seq <= shown) this.#drop(entry);
    this.#save();
  }

  /// The stream brought the message. Its ack may still be on the way: then the entry waits for it, unseen.
  seen(client_msg_id) {
    const entry = this.#find(client_msg_id);
    if (!entry) return;
    entry.seen = true;
    if (entry.state === "acked") this.#drop(entry);
  }

  /// @returns true where the entry will go again: call `release` after a pause, once nothing is in flight
  failed(client_msg_id, error) {
    const entry = this.#find(client_msg_id);
    if (!entry) return false;
    entry.state = error.retryable ? "waiting" : "refused";
    entry.reason = error.message || error.name;
    if (error.retryable) this.held = true;
    this.#save();
    return Boolean(error.retryable);
  }

  release() {
    this.held = false;
  }

  /// The socket is gone. Whether it took the sent ones along is unknown: they go again.
  lost() {
    for (const entry of this.entries) if (entry.state === "sent") entry.state = "waiting";
    this.held = false;
  }

  /// The room's log was reset: an acked message that it no longer holds will never be shown.
  forget_acked() {
    this.entries = this.entries.filter((entry) => entry.state !== "acked");
  }

  discard(client_msg_id) {
    const entry = this.#find(client_msg_id);
    if (entry?.state === "refused") this.#drop(entry);
    this.#save();
    return entry;
  }

  /// What the page shows below the log.
  unseen() {
    return this.entries.filter((entry) => !entry.seen);
  }

  #find(client_msg_id) {
    return this.entries.find((entry) => entry.client_msg_id === client_msg_id);
  }

  #drop(entry) {
    this.entries = this.entries.filter((other) => other !== entry);
  }

  #save() {
    this.keep?.save(
      this.entries
        .filter(({ state }) => state === "waiting" || state === "sent")
        .map(({ client_msg_id, text, at }) => ({ client_msg_id, text, at })),
    );
  }
}

// A lone surrogate would make the frame unreadable and close the socket; NUL is refused everywhere.
function well_formed(text) {
  return text
    .replace(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g, "\uFFFD")
    .replaceAll("\0", "");
}
