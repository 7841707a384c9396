/// What all protocols over WebSocket share: one socket, questions that wait for their answers, each under a deadline.
import WebSocket from "ws";

const patience_ms = 30_000;

export class ws_session {
  #waiting = new Map();

  /// @param address of the WebSocket
  /// @param read called with each frame's text
  static open(address, protocols, read) {
    return new Promise((resolve, reject) => {
      const session = new ws_session();
      session.socket = new WebSocket(address, protocols, { perMessageDeflate: false, skipUTF8Validation: true });
      session.socket.on("message", (frame) => read(frame.toString(), session));
      session.socket.on("open", () => resolve(session));
      session.socket.on("error", (error) => {
        reject(error);
        session.broke?.(`a connection failed: ${error.message}`);
      });
      session.socket.on("close", (code) => session.broke?.(`a connection was closed with ${code}`));
    });
  }

  send(text) {
    this.socket.send(text);
  }

  /// Sends and waits until `answer(key, ...)` is called.
  ask(key, text) {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`no answer to ${text.slice(0, 120)}`)), patience_ms);
      this.#waiting.set(key, (value) => {
        clearTimeout(late);
        resolve(value);
      });
      if (text !== "") this.send(text);
    });
  }

  /// @returns whether somebody waited for it
  answer(key, value) {
    const resolve = this.#waiting.get(key);
    if (resolve === undefined) return false;
    this.#waiting.delete(key);
    resolve(value);
    return true;
  }

  close() {
    this.broke = undefined;
    this.socket.removeAllListeners("close");
    this.socket.on("error", () => {});
    this.socket.terminate();
  }
}
