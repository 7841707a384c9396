/// Two readers of one page must see the same thing under the same number: (room, term, seq, version) names one content.
const known_max = 20_000;

export class agreement {
  constructor() {
    this.known = new Map();
  }

  /// @returns evidence where someone else was shown something different, otherwise an empty string
  compare(room, event) {
    const { seq, term, version = 0, kind, sender, at, text = "", client_msg_id = "", deleted = false } = event;
    if (deleted) return ""; // a tombstone may replace any content
    const name = JSON.stringify([room, term, seq, version]);
    const content = JSON.stringify([kind, sender, at, text, client_msg_id]);
    const before = this.known.get(name);
    if (before !== undefined) return before === content ? "" : `#${seq} differs from what the other pane was shown`;
    this.known.set(name, content);
    if (this.known.size > known_max) this.known.delete(this.known.keys().next().value);
    return "";
  }
}
