import { ParleyError } from "./errors.js";

/** The nodes that a client may connect to. Any will do; a failed one is followed by the next. */
export class Addresses {
  readonly all: readonly string[];
  #next: number;

  /** @throws ParleyError `bad_option` where one is no URL of a node */
  constructor(urls: readonly string[], random: number) {
    if (urls.length === 0) throw new ParleyError("bad_option", "no url: pass the address of a node, http://HOST:8080");
    this.all = urls.map(socketUrl);
    this.#next = Math.floor(random * urls.length); // clients with one list spread over its nodes
  }

  next(): string {
    return this.all[this.#next++ % this.all.length]!;
  }
}

/** `http://host:8080` and `ws://host:8080/v1/ws` name the same place. */
function socketUrl(text: string): string {
  let url: URL;
  try {
    url = new URL(text, (globalThis as { location?: { href: string } }).location?.href);
  } catch (cause) {
    throw new ParleyError("bad_option", `"${text}" is not a URL: write http://HOST:PORT or wss://HOST`, { cause });
  }
  const scheme = { "http:": "ws:", "https:": "wss:", "ws:": "ws:", "wss:": "wss:" }[url.protocol];
  if (!scheme) throw new ParleyError("bad_option", `"${text}" begins with none of http, https, ws and wss`);
  if (url.username || url.password)
    throw new ParleyError("bad_option", "a name or password in a URL is never sent: use getToken");
  return `${scheme}//${url.host}${url.pathname === "/" ? "/v1/ws" : url.pathname}`;
}
