import { webStorage, type ParleyError, type RoomEvent } from "@parley/client";
import { Chat } from "./chat.js";
import type { Told } from "./chat_shape.js";
import { Checker } from "./checker.js";
import { copyOf, element, part } from "./elements.js";
import { oncePerFrame } from "./frame.js";
import { LensView } from "./lens_view.js";
import { LogView } from "./log_view.js";
import { readUpTo, rememberRead } from "./read_marks.js";
import { avatar } from "./row.js";
import { StateView } from "./state_view.js";
import { Unread } from "./unread.js";
import { VerdictView } from "./verdict_view.js";
import { WaitingView } from "./waiting_view.js";

const idPattern = /^(?!\.{1,2}$)[A-Za-z0-9._~:@+-]{1,128}$/;

export interface PaneHooks {
  urls(): readonly string[];
  entered(): void;
  left(): void;
  /** Another node answers than before, or none as it did. */
  nodeMayDiffer(): void;
  /** @returns evidence where another pane was shown something else */
  compare(room: string, event: RoomEvent): string;
}

/** One user in one room: the form to enter, the log, the lens, the verdict. */
export class Pane {
  readonly root = copyOf("#pane");
  user = "";
  room = "";
  chat: Chat | null = null;
  #checker = new Checker("");
  #unread = new Unread(null);
  #log: LogView | null = null;
  readonly #lens: LensView;
  readonly #waiting: WaitingView;
  readonly #state = new StateView(this.root);
  readonly #entry = part<HTMLFormElement>(this.root, ".entry");
  readonly #text = part<HTMLTextAreaElement>(this.root, ".composer textarea");
  readonly #lensButton = part<HTMLButtonElement>(this.root, ".lens-button");
  readonly #verdict = new VerdictView(part(this.root, ".checker"));
  readonly #drawVerdict = oncePerFrame(() => this.chat && this.#verdict.draw(this.#checker, this.chat));
  readonly #drawLens = oncePerFrame(() => this.chat && this.#lens.draw(this.chat.lens));
  readonly #drawWaiting = oncePerFrame(() => this.#showWaiting());

  constructor(
    private readonly number: number,
    private readonly hooks: PaneHooks,
  ) {
    this.root.setAttribute("aria-label", `Pane ${number}`);
    this.#lens = new LensView(part(this.root, ".lens"));
    this.#waiting = new WaitingView(part(this.root, ".waiting"), (id) => this.#takeBack(id));
    this.#entry.onsubmit = (event) => {
      event.preventDefault();
      this.enter(this.#field("user").value.trim(), this.#field("room").value.trim(), true);
    };
    part<HTMLFormElement>(this.root, ".composer").onsubmit = (event) => {
      event.preventDefault();
      void this.#send();
    };
    this.#text.onkeydown = (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      void this.#send();
    };
    this.#text.oninput = () => {
      this.#complain("");
      this.#fit();
    };
    part(this.root, ".cut").onclick = () => this.chat?.cut();
    part(this.root, ".pause").onclick = () => this.setPaused(!this.chat?.isPaused);
    part(this.root, ".line").onclick = () => this.#toggleLine();
    part(this.root, ".leave").onclick = () => this.leave();
    this.#lensButton.onclick = () => this.showLens(this.#lensButton.getAttribute("aria-pressed") !== "true");
    this.#showEntry(true);
  }

  suggest(user: string, room: string): void {
    this.#field("user").value = user;
    this.#field("room").value = room;
  }

  get suggested(): { user: string; room: string } {
    return { user: this.#field("user").value.trim(), room: this.#field("room").value.trim() };
  }

  /** Ready to type a name. */
  focus(): void {
    this.#field("user").focus();
    this.#field("user").select();
  }

  enter(user: string, room: string, takesFocus = false): void {
    const wrong = [["name", user] as const, ["room", room] as const].find(([, value]) => !idPattern.test(value));
    this.#refuse(wrong ? `The ${wrong[0]} needs 1 to 128 of: letters a to z, digits, . _ ~ : @ + -` : "");
    if (wrong) return;
    this.#end();
    this.suggest(user, room);
    Object.assign(this, { user, room });
    this.#checker = new Checker(user);
    this.#unread = new Unread(readUpTo(room, user));
    try {
      const keep = { storage: webStorage(() => sessionStorage), name: `pane${this.number}.${user}` };
      this.chat = new Chat({ user, room, urls: this.hooks.urls(), keep }, (told) => this.#told(told));
    } catch (error) {
      return this.#refuse((error as ParleyError).message);
    }
    this.#log = new LogView(this.root, user, this.#unread, {
      older: () => this.chat?.older(),
      trimmed: (first) => this.chat?.trimmed(first),
      read: (seq) => rememberRead(room, user, seq),
    });
    this.#nameParts();
    this.#showEntry(false);
    this.#complain("");
    this.#showState();
    this.#drawWaiting();
    if (takesFocus) this.#text.focus();
    this.hooks.entered();
  }

  leave(): void {
    this.#end();
    this.#showEntry(true);
    this.focus();
    this.hooks.left();
  }

  remove(): void {
    this.#end();
    this.root.remove();
  }

  setPaused(isPaused: boolean): void {
    if (isPaused) this.chat?.pause();
    else this.chat?.resume();
  }

  /** Many messages at once. @returns why some of them could not be taken; an empty string where all are on their way */
  async flood(count: number): Promise<string> {
    const { chat } = this;
    if (!chat) return "";
    const answers = Array.from({ length: count }, (_, index) => chat.publish(`flood ${index + 1} of ${count}`));
    return (await Promise.all(answers)).find(Boolean) ?? "";
  }

  showLens(isShown: boolean): void {
    this.#lensButton.setAttribute("aria-pressed", String(isShown));
    this.root.classList.toggle("has-lens", isShown);
    part(this.root, ".lens").hidden = !isShown || this.#entry.hidden === false;
    this.#drawLens();
  }

  // --- what the stream tells ---

  #told(told: Told): void {
    const log = this.#log;
    if (!log || !this.chat) return;
    if (told.type === "show") {
      log.append(told.event, this.chat.lens.originOf(told.event.seq));
      this.#checker.appended([told.event]);
      this.#compare([told.event]);
    } else if (told.type === "older") {
      log.prepend(told.events, "history");
      this.#checker.prepended(told.events, told.before);
      this.#compare(told.events);
      this.#showTop();
    } else if (told.type === "gap") {
      log.passedOver(told.from, told.to, told.reason);
      this.#checker.passedOver(told);
    } else if (told.type === "begins" || told.type === "reset") {
      log.clear();
      this.#checker.clear(told.seq);
      if (told.type === "reset") log.notice("The room's log was reset; what was held of it is gone.");
      this.#showTop();
    } else if (told.type === "live") {
      this.#unread.caughtUp();
      part(this.root, ".scroller").setAttribute("aria-live", "polite"); // history is not read out, new messages are
    } else if (told.type === "acked") {
      this.#checker.acked(told.clientMsgId, told.seq);
    } else if (told.type === "broken") {
      this.#checker.broken(told.evidence);
    } else if (told.type === "notice") {
      log.notice(told.text);
    } else if (told.type === "connected" || told.type === "lost") {
      this.hooks.nodeMayDiffer();
    } else if (told.type === "state") {
      this.#showState();
    }
    if (told.type === "outgoing") this.#drawWaiting();
    if (told.type === "wire") this.#drawLens();
    this.#drawVerdict();
  }

  #compare(events: readonly RoomEvent[]): void {
    for (const event of events) {
      const evidence = this.hooks.compare(this.room, event);
      if (evidence) this.#checker.broken(evidence);
    }
  }

  async #send(): Promise<void> {
    const text = this.#text.value;
    if (!this.chat || text === "") return;
    this.#text.value = "";
    this.#fit();
    this.#log?.toBottom();
    const wrong = await this.chat.publish(text);
    this.#complain(wrong);
    if (wrong && this.#text.value === "") this.#text.value = text;
    this.#fit();
  }

  #takeBack(clientMsgId: string): void {
    const text = this.chat?.takeBack(clientMsgId) ?? "";
    this.#text.value = this.#text.value ? `${text}\n${this.#text.value}` : text;
    this.#text.focus();
    this.#fit();
  }

  #toggleLine(): void {
    if (this.chat?.state === "closed") this.enter(this.user, this.room);
    else if (this.chat?.state === "offline") this.chat.goOnline();
    else this.chat?.goOffline();
  }

  #end(): void {
    this.chat?.close();
    this.chat = null;
    this.#log?.close();
    this.#log = null;
    this.#state.stop();
    part(this.root, ".waiting").replaceChildren();
  }

  // --- what is seen ---

  #field(name: string): HTMLInputElement {
    return part<HTMLInputElement>(this.#entry, `input[name=${name}]`);
  }

  #refuse(why: string): void {
    part(this.root, ".entry .wrong").textContent = why;
  }

  #showEntry(isShown: boolean): void {
    this.root.classList.toggle("is-out", isShown);
    for (const inside of this.root.querySelectorAll<HTMLElement>(".inside")) inside.hidden = isShown;
    this.#entry.hidden = !isShown;
    this.showLens(this.root.classList.contains("has-lens"));
  }

  #nameParts(): void {
    const who = part(this.root, ".who");
    who.title = `${this.user} in ${this.room}`;
    who.replaceChildren(avatar(this.user), element("span", "user", this.user), element("span", "room", this.room));
    this.root.setAttribute("aria-label", `${this.user} in ${this.room}`);
    part(this.root, ".scroller").setAttribute("aria-label", `Messages in ${this.room}`);
    this.#text.setAttribute("aria-label", `Message to ${this.room}, as ${this.user}`);
  }

  #showState(): void {
    if (!this.chat) return;
    this.#state.draw(this.chat);
    this.#showTop();
  }

  #showTop(): void {
    const chat = this.chat!;
    if (this.#log!.size === 0) return this.#log!.setTop(chat.state === "live" ? "No messages yet. Say hello." : "");
    if (!chat.olderEnds) return this.#log!.setTop("Scroll up for older messages");
    this.#log!.setTop(chat.olderFrom <= 1 ? "The room begins here" : "Older messages are no longer kept");
  }

  #showWaiting(): void {
    if (!this.chat) return;
    this.#waiting.draw(this.chat.outgoing.list, this.chat.tries());
    this.#log?.stick();
  }

  #complain(text: string): void {
    part(this.root, ".composer .wrong").textContent = text;
  }

  #fit(): void {
    this.#text.style.height = "auto";
    this.#text.style.height = `${Math.min(this.#text.scrollHeight + 2, 160)}px`;
  }
}
