// SPDX-License-Identifier: GPL-3.0-or-later
/** Asking a person. Questions go to stderr: stdout is for results. */
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";

import { CliError } from "./errors.ts";

export interface Terminal {
  /** False where nobody can be asked. */
  readonly isInteractive: boolean;
  ask(question: string): Promise<string>;
  /** Shows nothing of what is typed. */
  askHidden(question: string): Promise<string>;
}

async function questioned(question: string, output: NodeJS.WritableStream): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output, terminal: true });
  const stopped = new Promise<never>((_, reject) => {
    const stop = (): void => reject(new CliError("NOT_CONFIRMED", "interrupted: nothing was sent"));
    terminal.once("SIGINT", stop);
    terminal.once("close", stop);
  });
  try {
    return await Promise.race([terminal.question(question), stopped]);
  } finally {
    terminal.removeAllListeners("close");
    terminal.close();
  }
}

/** The one that the program was started in. */
export const processTerminal: Terminal = {
  get isInteractive() {
    return process.stdin.isTTY;
  },
  ask: (question) => questioned(question, process.stderr),
  askHidden: async (question) => {
    process.stderr.write(question);
    try {
      return await questioned("", new Writable({ write: (_chunk, _encoding, done) => done() }));
    } finally {
      process.stderr.write("\n");
    }
  },
};
