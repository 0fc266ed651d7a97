// SPDX-License-Identifier: GPL-3.0-or-later
/** Questions and answers between two processes, over Node's channel for messages. Both sides may ask. */
import type { ChildProcess } from "node:child_process";
import { flushCompileCache } from "node:module";

/** The other side is gone: it cannot be known what became of the question. */
export class Gone extends Error {}

export type Handlers = Readonly<Record<string, (value: never) => Promise<unknown>>>;

type Message =
  | { readonly kind: "ask"; readonly id: number; readonly name: string; readonly value: unknown }
  | { readonly kind: "done"; readonly id: number; readonly value: unknown }
  | { readonly kind: "failed"; readonly id: number; readonly code: string; readonly message: string };

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** What the other side threw. */
export class Failed extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export class Channel {
  readonly #send: (message: Message) => void;
  readonly #waiting = new Map<number, Waiting>();
  #isOpen = true;
  #next = 0;

  /** For a process that another one started: it ends with that one, and its code is kept for the next of its kind, which it may not live to see. */
  static ofChild(handlers: Handlers): Channel {
    flushCompileCache();
    process.once("disconnect", () => process.exit());
    return new Channel(process, handlers);
  }

  constructor(end: ChildProcess | NodeJS.Process, handlers: Handlers = {}) {
    // A message that can no longer be sent is one that the other side never gets, as when it dies a moment later.
    this.#send = (message) => void end.send?.(message, undefined, undefined, () => undefined);
    end.on("message", (message: Message) => {
      if (message.kind === "ask") return void this.#answer(handlers, message);
      const waiting = this.#waiting.get(message.id);
      this.#waiting.delete(message.id);
      if (message.kind === "done") waiting?.resolve(message.value);
      else waiting?.reject(new Failed(message.code, message.message));
    });
    end.on("disconnect", () => {
      this.#isOpen = false;
      for (const { reject } of this.#waiting.values()) reject(new Gone("the other process is gone"));
      this.#waiting.clear();
    });
  }

  /** @throws Gone, Failed */
  ask<T>(name: string, value?: unknown): Promise<T> {
    if (!this.#isOpen) return Promise.reject(new Gone("the other process is gone"));
    const id = this.#next++;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as Waiting["resolve"], reject });
      this.#send({ kind: "ask", id, name, value });
    });
  }

  async #answer(handlers: Handlers, { id, name, value }: Extract<Message, { kind: "ask" }>): Promise<void> {
    try {
      const handler = handlers[name];
      if (handler === undefined) throw new Error(`nobody answers "${name}"`);
      this.#send({ kind: "done", id, value: await handler(value as never) });
    } catch (error) {
      const { code = "ERROR", message } = error as { code?: string; message: string };
      this.#send({ kind: "failed", id, code, message });
    }
  }
}
