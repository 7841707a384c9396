/// One user's subscription to one room over one WebSocket after another: connects, joins, and after each loss
/// resumes inside `connect` from the position held, so that one round trip brings it back. Sends the outbox.
///
/// States: connecting -> catching up -> live; after a loss: resuming -> catching up -> live; closed: it will not
/// try again by itself; stopped: nobody wants it any more.
import { full_jitter } from "./backoff.js";
import { sequence } from "./sequence.js";
import { session } from "./session.js";

const rewind_events = 50;
const page_events = 50;
const answer_wait_ms = 20_000;
const content_bytes_default = 65_536;

export class stream {
  /// @param env {open() -> WebSocket, now(), after(ms, fn) -> cancel, random()}: the world, so that a test can be one
  /// @param tell called with (what, value) for each thing that the page may want to show:
  ///   state, show, older, passed_over, forget, broken, outbox, acked, notice
  constructor({ user, room, outbox, env, tell }) {
    Object.assign(this, { user, room, outbox, env, tell });
    this.sequence = new sequence();
    this.session = null;
    this.is_connected = false; // `connect` was answered
    this.state = "stopped";
    this.why = "";
    this.node = "";
    this.limits = { content_bytes: content_bytes_default };
    this.timers = new Map();

    this.attempt = 0;
    this.retry_at = 0; // when the next attempt starts, where one is waited for
    this.move_at = 0; // when a draining node asked this client to be gone
    this.release_ms = 0; // how long the outbox was asked to pause
    this.cuts = 0;
    this.resumes = 0;

    this.older_from = 0; // the oldest seq held, from where history goes on
    this.older_ends = true;
    this.older_asked = false;
  }

  start() {
    this.attempt = 0;
    this.#connect();
  }

  stop() {
    this.#drop(1000);
    this.#clear("retry");
    this.#enter("stopped");
  }

  /// Drops the socket as a dying network would: nothing is said, whatever is under way is lost.
  cut(why = "the socket was cut") {
    if (!this.session) return;
    this.cuts += 1;
    this.#lost(why);
  }

  /// Stays away until `start`.
  go_offline() {
    this.#drop();
    this.#clear("retry");
    this.#enter("closed", "offline, as you asked");
  }

  /// The network is said to be back: do not sit out the pause.
  hurry() {
    if (this.timers.has("retry")) this.#connect();
  }

  /// @returns an empty string, or why the text was not taken
  publish(text) {
    const entry = this.outbox.add(text, this.limits.content_bytes);
    if (typeof entry === "string") return entry;
    this.#flush();
    return "";
  }

  /// Asks for the page of events before the oldest one held. @returns false where there is none to ask for
  older() {
    if (!this.is_connected || this.older_ends || this.older_asked) return false;
    const before = this.older_from;
    this.older_asked = true;
    const history = { room: this.room, before, limit: page_events, view: "events" };
    this.session.request({ history }, ({ page, error }) => {
      this.older_asked = false;
      if (error) this.tell("notice", `Older messages: ${error.message || error.name}`);
      else if (before === this.older_from) this.#older_page(page, before); // else the room was reset meanwhile
    });
    return true;
  }

  /// The page let go of what lies before `first`; history goes on from there.
  trimmed(first) {
    this.older_from = first;
    this.older_ends = false;
  }

  // --- connection ---

  #connect() {
    this.#drop();
    this.#clear("retry");
    this.#enter(this.sequence.position ? "resuming" : "connecting");
    this.session = new session(this.env, {
      opened: () => this.#hello(),
      push: (envelope) => this.#push(envelope),
      broken: (evidence) => this.tell("broken", evidence),
      ended: (why, code) => this.#ended(why, code),
    });
  }

  #hello() {
    const rooms = { [this.room]: this.sequence.join_options(rewind_events) };
    const connect = { user: this.user, client: { name: "parley-page", version: "1" }, rooms };
    this.session.request({ connect }, ({ connected, error }) => {
      if (error) return this.#refused(error);
      const answer = connected.rooms?.[this.room] ?? {};
      if (!answer.joined) return this.#refused(answer.error ?? { message: "the room was not joined", retryable: true });
      this.is_connected = true;
      this.node = connected.node ?? "";
      this.limits = { ...this.limits, ...connected.limits };
      this.session.ping_ms = connected.ping_ms || 25_000;
      this.outbox.rated = this.limits.publishes_per_second > 0;
      this.#joined(answer.joined);
      this.#flush();
    });
  }

  #joined(joined) {
    if (this.sequence.position) this.resumes += 1;
    this.#perform(this.sequence.joined(joined));
    this.#enter("catching up");
  }

  #refused({ message, name, retryable, retry_after_ms = 0 }) {
    if (retryable) return this.#lost(message || name, retry_after_ms);
    this.#drop();
    this.#enter("closed", message || name);
  }

  #ended(why, code) {
    // 4400 to 4429: this client did something that it would only do again. All else may be tried again.
    if (code >= 4400 && code <= 4429) {
      this.#drop();
      this.#enter("closed", `${why || "refused by the server"} (${code})`);
    } else if (code === 1006) {
      this.#lost("the connection was lost");
    } else {
      this.#lost(code ? `${why || "closed by the server"} (${code})` : why);
    }
  }

  #lost(why, pause_min_ms = 0) {
    const told_ms = Math.max(0, this.move_at - this.env.now());
    this.#drop();
    const jitter_ms = full_jitter(this.attempt++, this.env.random());
    // A draining node has said when to come back; that moment is already spread out.
    const pause_ms = told_ms || pause_min_ms + jitter_ms;
    this.retry_at = this.env.now() + pause_ms;
    this.#enter(this.sequence.position ? "resuming" : "connecting", why);
    this.#set("retry", pause_ms, () => this.#connect());
  }

  #drop(code) {
    for (const name of ["answer", "release", "move"]) this.#clear(name);
    this.session?.close(code);
    this.session = null;
    this.is_connected = false;
    this.older_asked = false;
    this.move_at = 0;
    this.retry_at = 0;
    this.sequence.lost();
    this.outbox.lost();
    this.tell("outbox");
  }

  // --- pushes ---

  #push(push) {
    if (push.error) return this.#push_error(push.error);
    if (push.reconnect) return this.#move(push.reconnect);
    const [name] = Object.keys(push);
    const body = push[name];
    if (body?.room !== this.room) return;
    if (name === "batch") this.#perform(this.sequence.batch(body));
    else if (name === "gap") this.#perform(this.sequence.gap(body));
    else if (name === "head") this.#perform(this.sequence.heard_head(body));
    else if (name === "live") this.#mark(this.sequence.live(body), "live");
    else if (name === "catching_up") this.#mark(this.sequence.catching_up(body), "catching up", "fell behind");
    else if (name === "evicted") this.#refused({ message: body.error?.message || "no longer a member of this room" });
  }

  #mark(effects, state, why) {
    this.#perform(effects);
    if (!this.session) return; // a hole showed: a resume is under way
    if (state === "live") this.attempt = 0;
    this.#enter(state, why);
  }

  #push_error(error) {
    if (error.client_msg_id) this.#publish_failed(error.client_msg_id, error);
    else this.tell("notice", error.message || error.name || "The server reported an error.");
  }

  /// The node drains. Reconnect at a moment of one's own, also if it closes the socket before that moment.
  #move({ after_ms = 0, jitter_ms = 0, reason = "" }) {
    const pause_ms = after_ms + Math.round(this.env.random() * jitter_ms);
    this.move_at = this.env.now() + pause_ms;
    this.tell("notice", `The node asks to reconnect${reason ? `: ${reason}` : ""}.`);
    this.#set("move", pause_ms, () => this.#connect());
  }

  #perform(effects) {
    for (const effect of effects) {
      if (effect.show) this.#show(effect.show);
      else if (effect.passed_over) this.tell("passed_over", effect.passed_over);
      else if (effect.forget) this.#forget(effect.forget.seq, Boolean(effect.reset));
      else if (effect.broken) {
        this.tell("broken", effect.broken);
        if (effect.heal) return this.#lost("the stream had a hole");
      }
    }
  }

  #show(events) {
    this.tell("show", events);
    for (const { sender, client_msg_id } of events) {
      if (sender === this.user && client_msg_id) this.outbox.seen(client_msg_id);
    }
    this.tell("outbox");
  }

  #forget(seq, reset) {
    this.older_from = seq + 1;
    this.older_ends = seq === 0;
    this.older_asked = false;
    if (reset) this.outbox.forget_acked();
    this.tell("forget", { seq, reset });
  }

  #older_page({ events = [], older }, before) {
    this.older_from = events[0]?.seq ?? before;
    this.older_ends = !older;
    this.tell("older", { events, before });
  }

  // --- outbox ---

  #flush() {
    const group = this.is_connected ? this.outbox.take() : [];
    const requests = group.map(({ client_msg_id, text }) => ({
      body: { publish: { room: this.room, client_msg_id, text } },
      on_reply: ({ published, error }) => {
        if (error) this.#publish_failed(client_msg_id, error);
        else this.#published(client_msg_id, published);
      },
    }));
    if (requests.length > 0) this.session.request_all(requests);
    if (this.outbox.in_flight > 0 && !this.timers.has("answer")) {
      this.#set("answer", answer_wait_ms, () => this.cut("a message was not answered"));
    }
    this.tell("outbox");
  }

  #published(client_msg_id, { seq, duplicate = false }) {
    this.outbox.acked(client_msg_id, seq, this.sequence.position?.seq ?? 0);
    this.tell("acked", { client_msg_id, seq, duplicate });
    this.#answered();
  }

  #publish_failed(client_msg_id, error) {
    const goes_again = this.outbox.failed(client_msg_id, error);
    if (goes_again) this.release_ms = Math.max(this.release_ms, error.retry_after_ms ?? 0);
    this.#answered();
  }

  #answered() {
    this.#clear("answer");
    if (!this.outbox.held && this.state === "live") this.attempt = 0;
    if (this.outbox.held && this.outbox.in_flight === 0) {
      const pause_ms = this.release_ms + full_jitter(this.attempt++, this.env.random());
      this.release_ms = 0;
      this.#set("release", pause_ms, () => {
        this.outbox.release();
        this.#flush();
      });
    }
    this.#flush();
  }

  // --- time and state ---

  #set(name, ms, act) {
    this.#clear(name);
    const cancel = this.env.after(ms, () => {
      this.timers.delete(name);
      act();
    });
    this.timers.set(name, cancel);
  }

  #clear(name) {
    this.timers.get(name)?.();
    this.timers.delete(name);
  }

  #enter(state, why = "") {
    this.state = state;
    this.why = why;
    this.tell("state");
  }
}
