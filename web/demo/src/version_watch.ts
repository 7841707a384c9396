/**
 * Whether the node still is of the version that this page came from. A node that was upgraded serves another page; this
 * one goes on by the protocol, which grows only by what it may ignore, but may know less than the node.
 */
export class VersionWatch {
  #first: string | null = null;

  /** @param ask the node's version; null where it cannot be told now */
  constructor(
    private readonly ask: () => Promise<string | null>,
    private readonly changed: (from: string, to: string) => void,
  ) {}

  /** At the start, after each new connection, and where none is made: a node without this page's protocol refuses it. */
  async look(): Promise<void> {
    const version = await this.ask();
    if (version === null) return;
    if (this.#first === null) this.#first = version;
    else if (version !== this.#first) this.changed(this.#first, version);
  }
}

export async function versionOfNode(): Promise<string | null> {
  try {
    const answer = await fetch(new URL("version", document.baseURI));
    const { version } = await answer.json();
    return typeof version === "string" ? version : null;
  } catch {
    return null; // the node is away; the next connection asks again
  }
}
