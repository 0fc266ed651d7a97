// SPDX-License-Identifier: GPL-3.0-or-later
/** A party in a process of its own, that is killed and lives again. */
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";

import { Channel, Gone } from "./channel.ts";
import type { Handlers } from "./channel.ts";

interface Life {
  readonly child: ChildProcess;
  readonly channel: Channel;
  /** What it ended by. */
  readonly ended: Promise<NodeJS.Signals | number | null>;
}

export interface PartyOptions {
  readonly script: URL;
  /** What a process makes itself ready with; it gets it as JSON. */
  readonly setup: object;
  /** Where its output goes. */
  readonly output: string;
  /** Where it notes that it is about to die by itself. */
  readonly deaths: string;
  /** Where compiled code is kept for the next process. */
  readonly cache: string;
  /** How often it is meant to die: for so many lives a process is made ready in time. */
  readonly expected: number;
  /** What it may ask of this process. */
  readonly handlers?: Handlers;
  /** Brings a process that is ready to where the one before it was. If it dies of that, the next one is brought there. */
  readonly revive: (party: Party) => Promise<void>;
}

/**
 * Loading a program takes longer than what is tested here, so the next process is made ready beside the one that lives: it has read its
 * code and its keys, and touches no file and no port of the party before it is revived.
 */
export class Party {
  readonly #options: PartyOptions;
  #life: Life | undefined;
  #next: Life | undefined;
  #isClosed = false;
  #revived = Promise.withResolvers<undefined>();
  readonly #run: Promise<void>;
  /** Points at which it died, in order; undefined for a death from outside. */
  readonly deaths: (string | undefined)[] = [];

  constructor(options: PartyOptions) {
    this.#options = options;
    this.#run = this.#live();
    this.#run.catch((error: unknown) => this.#revived.reject(error));
    this.#revived.promise.catch(() => undefined);
  }

  /** Resolves when it lives and is where it was before. @throws Error when it ended by anything but SIGKILL, or cannot be revived */
  async alive(): Promise<void> {
    for (;;) {
      const { promise } = this.#revived;
      await promise;
      if (this.#isDying) await this.#life?.ended;
      else if (promise === this.#revived.promise) return;
    }
  }

  /** Which of its processes this is, from 1. */
  get generation(): number {
    return this.deaths.length + 1;
  }

  /** @throws Gone when it is dead, or dies before it answers; Failed */
  ask<T>(name: string, value?: unknown): Promise<T> {
    return this.#life === undefined ? Promise.reject(new Gone("it is dead")) : this.#life.channel.ask(name, value);
  }

  /** kill -9, now. */
  kill(): void {
    this.#life?.child.kill("SIGKILL");
  }

  /** Ends it for good, by kill -9. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const lives = [this.#life, this.#next].filter((life) => life !== undefined);
    for (const { child } of lives) child.kill("SIGKILL");
    await Promise.all(lives.map(({ ended }) => ended));
    await this.#run.catch(() => undefined);
  }

  async #live(): Promise<void> {
    while (!this.#isClosed) {
      const life = this.#next ?? this.#load();
      this.#next = undefined;
      this.#life = life;
      const isRevived = await this.#options.revive(this).then(
        () => true,
        (error: unknown) => {
          if (!(error instanceof Gone)) throw error;
          return false;
        },
      );
      if (this.deaths.length < this.#options.expected) this.#next = this.#load();
      if (isRevived) this.#revived.resolve(undefined);
      const how = await life.ended;
      if (this.#isClosed) return;
      if (how !== "SIGKILL") throw new Error(`${this.#options.script.pathname} ended by itself, with ${how}`);
      this.#life = undefined;
      this.deaths.push(this.#noteOf(life));
      if (isRevived) this.#revived = Promise.withResolvers<undefined>();
    }
  }

  /** Somebody sent the signal, or the process is about to. */
  get #isDying(): boolean {
    return this.#life === undefined || this.#life.child.killed || this.#noteOf(this.#life) !== undefined;
  }

  #noteOf({ child }: Life): string | undefined {
    const { deaths } = this.#options;
    if (!existsSync(deaths)) return undefined;
    const notes = readFileSync(deaths, "utf8").split("\n");
    return notes.find((note) => note.startsWith(`${child.pid} `))?.slice(`${child.pid} `.length);
  }

  #load(): Life {
    const { script, setup, output, handlers, cache } = this.#options;
    const file = openSync(output, "a");
    const child = fork(script, [JSON.stringify(setup)], {
      execArgv: ["--import", "tsx"],
      env: { ...process.env, NODE_COMPILE_CACHE: cache },
      serialization: "advanced",
      stdio: ["ignore", file, file, "ipc"],
    });
    closeSync(file);
    const ended = new Promise<NodeJS.Signals | number | null>((resolve) => {
      child.once("exit", (code, signal) => resolve(signal ?? code));
    });
    return { child, channel: new Channel(child, handlers), ended };
  }
}
