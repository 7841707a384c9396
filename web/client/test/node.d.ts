// As much of Node and of `ws` as the snippets use; the library itself knows neither.
declare module "ws" {
  export const WebSocket: new (url: string, protocols: string[]) => import("@parley/client").Socket;
}
declare module "node:readline" {
  export function createInterface(options: { input: unknown }): { on(name: "line", act: (text: string) => void): void };
}
declare const process: { argv: string[]; stdin: unknown };
