/** What a node in development mode says about the faults that it may be asked for. */
export interface FaultState {
  history_delay_ms: number;
  fan_out: "running" | "stopped";
  node: string;
  /** Addresses of the cluster's other nodes. */
  peers: string[];
  may_kill: boolean;
}

export interface Owner {
  node: string;
  address: string;
}

/** Something that a visitor may read: what was asked, and what came of it. */
export class FaultError extends Error {}

const patienceMs = 5000;

/**
 * The faults that a node plays on itself in development mode. They are asked of every node that is known, because a
 * client may be at any of them.
 */
export class Faults {
  #nodes: string[];

  constructor(
    readonly state: FaultState,
    origin: string,
    private readonly ask: typeof fetch,
  ) {
    this.#nodes = nodesOf(origin, state);
  }

  /** @returns null where the node offers no faults: another mode, or an earlier version */
  static async of(origin: string, ask: typeof fetch): Promise<Faults | null> {
    try {
      const answer = await ask(new URL("/dev/faults", origin), request("GET"));
      return answer.ok ? new Faults(await answer.json(), origin, ask) : null;
    } catch {
      return null;
    }
  }

  /** All nodes of the cluster, this page's own first. */
  get nodes(): readonly string[] {
    return this.#nodes;
  }

  /** @throws FaultError where no node did it */
  async delayHistory(ms: number): Promise<void> {
    await this.#everywhere("history_delay", { ms });
    this.state.history_delay_ms = ms;
  }

  /** @throws FaultError where no node did it */
  async setFanOut(state: FaultState["fan_out"]): Promise<void> {
    await this.#everywhere("fan_out", { state });
    this.state.fan_out = state;
  }

  /** @throws FaultError where no node answers, or none owns the room */
  async ownerOf(room: string): Promise<Owner> {
    for (const node of this.#nodes) {
      const answer = await this.#try(node, `/dev/rooms/${encodeURIComponent(room)}/owner`, request("GET"));
      if (answer?.ok) return await answer.json();
    }
    throw new FaultError(`nobody says who owns ${room}: write something into it first`);
  }

  /** Ends the process that owns the room, as `kill -9` does. @returns its name */
  async killOwnerOf(room: string): Promise<string> {
    const { node, address } = await this.ownerOf(room);
    const answer = await this.#try(address, "/dev/faults/kill", request("POST"));
    if (answer && !answer.ok) throw new FaultError(`${node} was not killed: ${await detailOf(answer)}`);
    return node; // no answer is the answer of a process that is gone
  }

  async #everywhere(fault: string, body: object): Promise<void> {
    const path = `/dev/faults/${fault}`;
    const answers = await Promise.all(this.#nodes.map((node) => this.#try(node, path, request("PUT", body))));
    if (answers.some((answer) => answer?.ok)) return;
    const refused = answers.find(Boolean);
    throw new FaultError(refused ? await detailOf(refused) : "no node answers");
  }

  async #try(node: string, path: string, init: RequestInit): Promise<Response | null> {
    try {
      return await this.ask(new URL(path, node), init);
    } catch {
      return null;
    }
  }
}

function nodesOf(origin: string, { peers }: FaultState): string[] {
  const given = [origin, ...(Array.isArray(peers) ? peers : [])];
  return [...new Set(given.map((url) => (URL.canParse(url) ? new URL(url).origin : "")))].filter(Boolean);
}

/** The header is what a page of another site cannot send without being asked first. */
function request(method: string, body?: object): RequestInit {
  return {
    method,
    headers: { "Parley-Development": "faults", ...(body && { "Content-Type": "application/json" }) },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(patienceMs),
  };
}

async function detailOf(answer: Response): Promise<string> {
  const told = await answer.json().catch(() => ({}));
  return told.detail ?? `the node answered ${answer.status}`;
}
