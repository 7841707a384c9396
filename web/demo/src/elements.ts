/** Elements by hand: what people wrote becomes text nodes, never markup. */

export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className = "",
  text = "",
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

/** The element that the page's own markup promises. @throws where markup and script disagree */
export function part<T extends HTMLElement = HTMLElement>(root: ParentNode, selector: string): T {
  const found = root.querySelector<T>(selector);
  if (!found) throw new Error(`the page has no ${selector}`);
  return found;
}

/** A fresh copy of a template's only element. */
export function copyOf(template: string): HTMLElement {
  const { content } = part<HTMLTemplateElement>(document, template);
  return content.firstElementChild!.cloneNode(true) as HTMLElement;
}

export function plural(count: number, what: string): string {
  return `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;
}
