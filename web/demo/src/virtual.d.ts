declare module "virtual:chat-logs" {
  /** The shipped chat logs: of each line who says it, and what. */
  export const logs: { name: string; lines: [user: string, text: string][] }[];
}
