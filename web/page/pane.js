/// One user in one room: the form to enter, the stream, its log, its verdict.
import { browser, kept_in_tab } from "./browser.js";
import { checker } from "./checker.js";
import { once_per_frame } from "./frame.js";
import { ids } from "./ids.js";
import { outbox } from "./outbox.js";
import { avatar, element } from "./row.js";
import { stream } from "./stream.js";
import { view } from "./view.js";

const id_pattern = /^(?!\.{1,2}$)[A-Za-z0-9._~:@+-]{1,128}$/;
const own_ids = new ids();

export class pane {
  /// @param on {entered(), left(), compare(room, event) -> evidence}
  constructor(root, number, on) {
    this.root = root;
    this.number = number;
    this.on = on;
    this.entry = root.querySelector(".entry");
    this.composer = root.querySelector(".composer");
    this.text = root.querySelector(".composer textarea");
    this.entry.onsubmit = (event) => {
      event.preventDefault();
      this.enter(this.entry.user.value.trim(), this.entry.room.value.trim(), true);
    };
    this.composer.onsubmit = (event) => {
      event.preventDefault();
      this.#send();
    };
    this.text.onkeydown = (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#send();
    };
    this.text.oninput = () => {
      this.#complain("");
      this.#fit();
    };
    root.querySelector(".cut").onclick = () => this.stream.cut();
    root.querySelector(".line").onclick = () => this.#toggle_line();
    root.querySelector(".leave").onclick = () => this.leave();
    this.verdict_soon = once_per_frame(() => this.stream && this.#show_verdict());
    this.outbox_soon = once_per_frame(() => this.stream && this.view.show_outbox(this.outbox.unseen()));
    this.#show_entry(true);
  }

  suggest(user, room) {
    this.entry.user.value = user;
    this.entry.room.value = room;
  }

  /// Ready to type a name.
  focus() {
    this.entry.user.focus();
    this.entry.user.select();
  }

  enter(user, room, takes_focus = false) {
    const wrong = [["name", user], ["room", room]].find(([, value]) => !id_pattern.test(value));
    this.root.querySelector(".entry .wrong").textContent = wrong
      ? `The ${wrong[0]} needs 1 to 128 of: letters a to z, digits, . _ ~ : @ + -`
      : "";
    if (wrong) return;
    if (this.stream) this.leave();
    this.suggest(user, room);
    this.user = user;
    this.room = room;
    this.duplicates = 0;
    this.checker = new checker(user);
    const keep = kept_in_tab(`parley.outbox.${this.number}.${room}.${user}`);
    this.outbox = new outbox({ ids: own_ids, keep });
    this.view = new view(this.root, user, {
      older: () => this.stream.older(),
      trimmed: (first) => this.stream.trimmed(first),
      discard: (client_msg_id) => this.#take_back(client_msg_id),
    });
    this.stream = new stream({ user, room, outbox: this.outbox, env: browser, tell: (what, value) => this.#told(what, value) });
    this.#name_parts();
    this.#show_entry(false);
    this.#complain("");
    this.#fit();
    this.stream.start();
    if (takes_focus) this.text.focus();
    this.on.entered();
  }

  leave() {
    this.stream.stop();
    this.view.clear("");
    this.view.show_outbox([]);
    this.view.close();
    this.stream = null;
    clearInterval(this.countdown);
    this.#show_entry(true);
    this.focus();
    this.on.left();
  }

  #told(what, value) {
    if (what === "show") {
      this.view.append(value);
      this.checker.appended(value);
      this.#compare(value);
    } else if (what === "older") {
      this.view.prepend(value.events);
      this.checker.prepended(value.events, value.before);
      this.#compare(value.events);
      this.#show_top();
    } else if (what === "passed_over") {
      this.view.passed_over(value);
      this.checker.passed_over(value);
    } else if (what === "forget") {
      this.view.clear("");
      this.checker.clear(value.seq);
      if (value.reset) this.view.notice("The room's log was reset; what was held of it is gone.");
      this.#show_top();
    } else if (what === "acked") {
      if (value.duplicate) this.duplicates += 1;
      this.checker.acked(value.client_msg_id, value.seq);
    } else if (what === "broken") {
      this.checker.broken(value);
    } else if (what === "notice") {
      this.view.notice(value);
    } else if (what === "outbox") {
      this.outbox_soon();
    } else if (what === "state") {
      this.#show_state();
    }
    this.verdict_soon();
  }

  #compare(events) {
    for (const event of events) {
      const evidence = this.on.compare(this.room, event);
      if (evidence) this.checker.broken(evidence);
    }
  }

  #send() {
    if (!this.stream) return;
    const wrong = this.stream.publish(this.text.value);
    this.#complain(this.text.value === "" ? "" : wrong);
    if (wrong) return;
    this.text.value = "";
    this.#fit();
    this.view.to_bottom();
  }

  #take_back(client_msg_id) {
    const entry = this.outbox.discard(client_msg_id);
    if (!entry) return;
    this.text.value = this.text.value ? `${entry.text}\n${this.text.value}` : entry.text;
    this.text.focus();
    this.#fit();
    this.#told("outbox");
  }

  #toggle_line() {
    if (this.stream.state === "closed") this.stream.start();
    else this.stream.go_offline();
  }

  // --- what is seen ---

  #show_entry(is_shown) {
    this.root.classList.toggle("is-out", is_shown);
    for (const part of this.root.querySelectorAll(".inside")) part.hidden = is_shown;
    this.entry.hidden = !is_shown;
  }

  #name_parts() {
    const who = this.root.querySelector(".who");
    who.title = `${this.user} in ${this.room}`;
    who.replaceChildren(avatar(this.user), element("span", "user", this.user), element("span", "room", this.room));
    this.root.setAttribute("aria-label", `${this.user} in ${this.room}`);
    this.root.querySelector(".scroller").setAttribute("aria-label", `Messages in ${this.room}`);
    this.text.setAttribute("aria-label", `Message to ${this.room}, as ${this.user}`);
  }

  #show_state() {
    const { state, why, retry_at } = this.stream;
    const scroller = this.root.querySelector(".scroller");
    // History is not read out, new messages are.
    scroller.setAttribute("aria-live", state === "live" ? "polite" : "off");
    scroller.setAttribute("aria-busy", String(state !== "live"));
    this.root.dataset.state = state;
    const names = { connecting: "Connecting", resuming: "Resuming", live: "Live", "catching up": "Catching up", closed: "Closed" };
    this.root.querySelector(".state .name").textContent = names[state] ?? state;
    const why_part = this.root.querySelector(".why");
    why_part.textContent = why && state !== "live" ? why : "";
    this.root.querySelector(".cut").disabled = !this.stream.session;
    this.root.querySelector(".line").textContent = state === "closed" ? "Go online" : "Go offline";
    clearInterval(this.countdown);
    this.#count_down(retry_at);
    if (retry_at) this.countdown = setInterval(() => this.#count_down(retry_at), 100);
    this.#show_top();
  }

  #count_down(retry_at) {
    const left_ms = retry_at - browser.now();
    this.root.querySelector(".state .left").textContent = left_ms > 0 ? ` in ${(left_ms / 1000).toFixed(1)} s` : "";
  }

  #show_top() {
    if (!this.stream || this.view.rows.size === 0) {
      return this.view?.set_top(this.stream?.state === "live" ? "No messages yet. Say hello." : "");
    }
    if (!this.stream.older_ends) return this.view.set_top("Scroll up for older messages");
    this.view.set_top(this.stream.older_from <= 1 ? "The room begins here" : "Older messages are no longer kept");
  }

  #show_verdict() {
    const line = this.root.querySelector(".checker");
    const was = line.dataset.verdict;
    const now = !this.checker.is_ok ? "broken" : this.checker.last < this.checker.first ? "none" : "ok";
    line.dataset.verdict = now;
    line.querySelector(".verdict").textContent = this.checker.verdict();
    const evidence = line.querySelector("details");
    evidence.hidden = this.checker.evidence.length < 2;
    evidence.querySelector("ul").replaceChildren(...this.checker.evidence.map((text) => element("li", "", text)));
    // Read out once, when it breaks; the green line changes with every message and stays silent.
    if (now === "broken" && was !== now) this.root.querySelector(".alarm").textContent = this.checker.verdict();
    if (now !== "broken") this.root.querySelector(".alarm").textContent = "";
    const { cuts, resumes, node } = this.stream;
    const counts = [[cuts, "cut"], [resumes, "resume"], [this.outbox.repeats, "repeat"], [this.duplicates, "duplicate ack"]];
    const said = counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}${count === 1 ? "" : "s"}`);
    this.root.querySelector(".counts").textContent = [node && `node ${node}`, ...said].filter(Boolean).join(" · ");
  }

  #complain(text) {
    this.root.querySelector(".composer .wrong").textContent = text;
  }

  #fit() {
    this.text.style.height = "auto";
    this.text.style.height = `${Math.min(this.text.scrollHeight + 2, 160)}px`;
  }
}
