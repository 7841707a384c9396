import { ParleyError } from "./errors.js";
import type { Envelope } from "./protocol.js";

const questionsMax = 100;

interface Question {
  body: object;
  resolve(reply: Envelope): void;
  reject(error: ParleyError): void;
  isSent: boolean;
}

/** Questions that change nothing: asked again on the next connection where one was lost before the answer. */
export class Questions {
  #open = new Set<Question>();

  constructor(private readonly request: (body: object, onReply: (reply: Envelope) => void) => boolean) {}

  ask(body: object): Promise<Envelope> {
    if (this.#open.size >= questionsMax) {
      return Promise.reject(
        new ParleyError("too_many_requests", `${questionsMax} questions wait for an answer`, { retryable: true }),
      );
    }
    return new Promise((resolve, reject) => {
      this.#open.add({ body, resolve, reject, isSent: false });
      this.flush();
    });
  }

  flush(): void {
    for (const question of this.#open) if (!question.isSent) question.isSent = this.#send(question);
  }

  lost(): void {
    for (const question of this.#open) question.isSent = false;
  }

  close(error: ParleyError): void {
    for (const { reject } of this.#open) reject(error);
    this.#open.clear();
  }

  #send(question: Question): boolean {
    return this.request(question.body, (reply) => {
      this.#open.delete(question);
      if (reply.error) question.reject(ParleyError.of(reply.error));
      else question.resolve(reply);
    });
  }
}
