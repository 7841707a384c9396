import { copiesFor, copy, type Copy } from "./copies.js";
import { element, part } from "./elements.js";

/** The three ways into the room that is open, each with a button that copies it. */
export class CopyDialog {
  readonly #dialog = part<HTMLDialogElement>(document, "#code");

  constructor(button: HTMLButtonElement, where: () => { room: string; user: string }) {
    button.onclick = () => {
      const { room, user } = where();
      const blocks = copiesFor(location.origin, room, user).map((one) => this.#block(one));
      part(this.#dialog, ".blocks").replaceChildren(...blocks);
      this.#dialog.showModal();
    };
  }

  #block({ name, what, text }: Copy): HTMLElement {
    const block = element("section", "block");
    block.dataset.copy = name;
    const code = element("pre");
    code.tabIndex = 0;
    code.append(element("code", "", text));
    const button = element("button", "small", "Copy");
    button.type = "button";
    button.setAttribute("aria-label", `Copy: ${name}`);
    button.onclick = async () => {
      const isCopied = await copy(text);
      button.textContent = isCopied ? "Copied" : "Select it by hand";
      if (!isCopied) getSelection()?.selectAllChildren(code);
    };
    const head = element("header");
    head.append(element("h3", "", name), element("p", "", what), button);
    block.append(head, code);
    return block;
  }
}
