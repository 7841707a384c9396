type Handlers<Events> = { [Name in keyof Events]?: Set<(value: Events[Name]) => void> };

/** Typed listeners. A listener that throws is reported as an uncaught error and disturbs neither stream nor neighbour. */
export class Emitter<Events> {
  #handlers: Handlers<Events> = {};

  /** @returns a function that ends the listening */
  on<Name extends keyof Events>(name: Name, act: (value: Events[Name]) => void): () => void {
    const set = (this.#handlers[name] ??= new Set());
    set.add(act);
    return () => set.delete(act);
  }

  emit<Name extends keyof Events>(name: Name, value: Events[Name]): void {
    for (const act of [...(this.#handlers[name] ?? [])]) {
      try {
        act(value);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  has(name: keyof Events): boolean {
    return (this.#handlers[name]?.size ?? 0) > 0;
  }
}
