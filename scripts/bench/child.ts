// SPDX-License-Identifier: GPL-3.0-or-later
/** Processes beside the one that measures, so that what is measured shares no event loop with it. They are asked over Node's channel. */
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";

/** Answers by name. */
export type Handlers = Readonly<Record<string, (value: never) => Promise<unknown>>>;

interface Question {
  readonly id: number;
  readonly name: string;
  readonly value: unknown;
}

type Answer = { readonly id: number } & ({ readonly value: unknown } | { readonly failure: string });

/** What a process has used so far. */
export interface Usage {
  /** Processor time of all its threads, in milliseconds. */
  readonly processor: number;
  /** Bytes that it has in memory now, and the most that it had. */
  readonly resident: number;
  readonly mostResident: number;
}

export interface ChildOptions {
  /** Where it leaves a profile of its main thread when it is closed. */
  readonly profile?: string | undefined;
}

export class Child {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #next = 0;

  /** @param script calls `answerParent`. */
  constructor(script: URL, { profile }: ChildOptions = {}) {
    const flags = profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profile}`];
    this.#process = fork(script, { execArgv: [...process.execArgv, ...flags], serialization: "advanced" });
    this.#process.on("message", (answer: Answer) => {
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    });
    this.#process.on("exit", (code) => {
      for (const [id, answer] of this.#waiting) answer({ id, failure: `${script.pathname} ended with ${code}` });
    });
  }

  async ask<T>(name: string, value?: unknown): Promise<T> {
    const id = this.#next++;
    const answer = await new Promise<Answer>((resolve) => {
      this.#waiting.set(id, resolve);
      this.#process.send({ id, name, value } satisfies Question);
    });
    if ("failure" in answer) throw new Error(answer.failure);
    return answer.value as T;
  }

  usage(): Promise<Usage> {
    return this.ask("usage");
  }

  async close(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.disconnect();
    await ended;
  }
}

const own: Handlers = {
  usage: async (): Promise<Usage> => {
    const { user, system } = process.cpuUsage();
    const mostResident = process.resourceUsage().maxRSS * 1_024;
    return { processor: (user + system) / 1_000, resident: process.memoryUsage.rss(), mostResident };
  },
};

/** In the child: answers until the parent lets go of it, and ends then. */
export function answerParent(handlers: Handlers): void {
  const all: Handlers = { ...own, ...handlers };
  const answer = async ({ id, name, value }: Question): Promise<Answer> => {
    try {
      const handler = all[name];
      if (handler === undefined) throw new Error(`nobody answers "${name}"`);
      return { id, value: await handler(value as never) };
    } catch (error) {
      return { id, failure: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
  };
  process.on("message", (question: Question) => void answer(question).then((message) => process.send?.(message)));
  process.once("disconnect", () => process.exit());
}
