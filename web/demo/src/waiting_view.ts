import { element, plural } from "./elements.js";
import type { Draft } from "./outgoing.js";

const rowsMax = 50;

/** What waits below the log: being sent, acknowledged and not shown yet, or refused. */
export class WaitingView {
  constructor(
    private readonly root: HTMLElement,
    private readonly takeBack: (clientMsgId: string) => void,
  ) {}

  /** @param tries how often what is not answered yet was sent */
  draw(drafts: readonly Draft[], tries: ReadonlyMap<string, number>): void {
    const refused = drafts.filter((draft) => draft.refused);
    const under = drafts.filter((draft) => !draft.refused);
    const rows = [...refused, ...under].slice(0, rowsMax).map((draft) => this.#row(draft, tries));
    const more = drafts.length - rows.length;
    if (more > 0) rows.push(element("li", "row note", `and ${plural(more, "message")} more`));
    this.root.replaceChildren(...rows);
  }

  #row(draft: Draft, tries: ReadonlyMap<string, number>): HTMLElement {
    const { clientMsgId, text, seq, refused } = draft;
    const state = refused ? "refused" : seq !== undefined ? "acked" : tries.get(clientMsgId) ? "sent" : "waits";
    const row = element("li", `row message own ${state}`);
    const bubble = element("div", "bubble");
    bubble.append(element("span", "text", text));
    const says = { refused: `refused: ${refused}`, acked: `#${seq}`, sent: "sending", waits: "waiting" }[state];
    row.append(bubble, element("span", "seq", says));
    if (state === "refused") {
      const back = element("button", "small", "Take back");
      back.type = "button";
      back.onclick = () => this.takeBack(clientMsgId);
      row.append(back);
    }
    return row;
  }
}
