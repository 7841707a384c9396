/// One WebSocket from open to end: frames in and out, replies matched to requests, silence noticed.
/// It ends once, and says nothing after `close`: what a dropped socket still delivers is not heard.
const open_wait_ms = 15_000;
const pong_wait_ms = 10_000;

export class session {
  /// @param env see `stream.js`
  /// @param on {opened(), push(envelope), broken(evidence), ended(why, code)}; code is 0 where this side gave up
  constructor(env, on) {
    this.env = env;
    this.on = on;
    this.ping_ms = open_wait_ms;
    this.asked = new Map(); // request id -> what to do with its reply
    this.last_id = 0;
    this.is_over = false;
    this.socket = env.open();
    this.socket.onopen = () => this.is_over || on.opened();
    this.socket.onmessage = ({ data }) => this.is_over || this.#received(data);
    this.socket.onclose = ({ code, reason }) => this.is_over || this.#end(reason, code);
    this.socket.onerror = () => {}; // a close follows, and says more
    this.#watch(open_wait_ms, () => this.#end("no answer", 0));
  }

  request(body, on_reply) {
    this.request_all([{ body, on_reply }]);
  }

  /// In one frame.
  request_all(requests) {
    const frame = requests.map(({ body, on_reply }) => {
      this.last_id += 1;
      this.asked.set(this.last_id, on_reply);
      return { id: this.last_id, ...body };
    });
    this.socket.send(JSON.stringify(frame.length === 1 ? frame[0] : frame));
  }

  close(code) {
    if (this.is_over) return;
    this.is_over = true;
    this.unwatch();
    if (code) this.socket.close(code);
    else this.socket.close();
  }

  #end(why, code) {
    this.close();
    this.on.ended(why, code);
  }

  #received(text) {
    this.#watch_silence();
    let frame;
    try {
      frame = JSON.parse(text);
    } catch {
      this.on.broken("a frame that is not JSON");
      return this.#end("an unreadable frame", 0);
    }
    for (const envelope of Array.isArray(frame) ? frame : [frame]) {
      if (this.is_over) return; // an earlier one of the same frame ended it
      if (envelope.id) this.#reply(envelope);
      else this.on.push(envelope);
    }
  }

  #reply(envelope) {
    const on_reply = this.asked.get(envelope.id);
    this.asked.delete(envelope.id);
    if (on_reply) on_reply(envelope);
    else this.on.broken(`a second or unasked answer to request ${envelope.id}`);
  }

  /// A browser does not show a page the server's pings. So after a quiet while this side asks, and gives up on a
  /// socket that does not answer.
  #watch_silence() {
    this.#watch(this.ping_ms, () => {
      this.request({ ping: {} }, () => {});
      this.#watch(pong_wait_ms, () => this.#end("no answer to a ping", 0));
    });
  }

  #watch(ms, act) {
    this.unwatch();
    this.unwatch = this.env.after(ms, act);
  }

  unwatch() {}
}
