import { ParleyError } from "./errors.js";
import type { Content, Limits } from "./protocol.js";

/** What an application asks to publish. Text or parts must be there. */
export interface Draft extends Content {
  /** The seq of the message of this room that it answers. */
  replyTo?: number;
  /**
   * A key of your own, 1 to 128 printable ASCII characters. Without it the library makes one. Keys that grow, as the
   * library's do, cost the server less, and a kept outbox is sent in their order.
   */
  clientMsgId?: string;
}

/** The fields of `publish` that name a content: what must be the same at each repeat. */
export interface WireContent extends Content {
  reply_to?: number;
}

const metadataLevels = 14; // a deeper frame closes the connection with 4400, at each attempt
const bytes = new TextEncoder();

/**
 * A copy of the draft as it travels, so that what the application changes later does not change the repeats.
 * Lone surrogates become U+FFFD, as in everything that a browser sends.
 * @throws ParleyError `bad_request`, `message_too_large`: refused here, where a frame that the server could not take
 *   would close the connection again and again
 */
export function wireContent({ text, parts, metadata, replyTo }: Draft, limits: Limits): WireContent {
  if (!text && !parts?.length) throw new ParleyError("bad_request", "there is neither text nor a part to publish");
  let json: string;
  try {
    json = wellFormed(JSON.stringify({ text, parts, metadata, reply_to: replyTo }));
  } catch (cause) {
    throw new ParleyError("bad_request", "the message cannot be written as JSON", { cause });
  }
  const content = JSON.parse(json) as WireContent;
  if (depth(content.metadata) > metadataLevels) {
    throw new ParleyError("bad_request", `metadata nests deeper than ${metadataLevels} levels`);
  }
  const size = contentBytes(content);
  if (limits.content_bytes > 0 && size > limits.content_bytes) {
    throw new ParleyError("message_too_large", `${size} bytes of at most ${limits.content_bytes}`);
  }
  return content;
}

/** JSON.stringify writes a lone surrogate as an escape, and nothing else in this form. */
function wellFormed(json: string): string {
  return json.replace(/\\(ud[89a-f][0-9a-f]{2}|.)/gs, (all, escape: string) => (escape.length > 1 ? "\ufffd" : all));
}

function depth(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depth));
}

/** Of its JSON, in UTF-8. */
export function frameBytes(content: WireContent): number {
  return bytes.encode(JSON.stringify(content)).length;
}

/** What `content_bytes` counts: the text, all strings in parts, and the metadata as compact JSON. */
function contentBytes({ text = "", parts = [], metadata }: Content): number {
  const strings = [text, ...parts.flatMap((part) => Object.values(part)), metadata ? JSON.stringify(metadata) : ""];
  return strings.reduce((sum, string) => sum + bytes.encode(String(string)).length, 0);
}
