// SPDX-License-Identifier: GPL-3.0-or-later
/** Ways to tell somebody of an alarm: an HTTP request, or a program. */
import { spawn } from "node:child_process";

import type { AlarmMessage, Notify } from "./ports.ts";

const LONGEST_MILLISECONDS = 15_000;

/** All that the alarm's program gets of the environment: the rest may hold keys and passwords. */
const INHERITED = ["PATH", "HOME", "LANG"] as const;

const inherited = (): Record<string, string> =>
  Object.fromEntries(
    INHERITED.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );

const textOf = ({ state, scope, code, subject, message }: AlarmMessage): string =>
  `jeton watch: ${state}: ${code} ${scope}: ${subject}: ${message}`;

/** POSTs the alarm as JSON; `text` is a line for people, as many chats take it. The URL may hold a key: it is not said. */
export const webhook =
  (url: string): Notify =>
  async (message) => {
    const body = JSON.stringify({ text: textOf(message), ...message });
    const headers = { "content-type": "application/json" };
    const signal = AbortSignal.timeout(LONGEST_MILLISECONDS);
    const answer = await fetch(url, { method: "POST", headers, body, redirect: "error", signal }).catch((): never => {
      throw new Error("the webhook cannot be reached");
    });
    await answer.body?.cancel();
    if (!answer.ok) throw new Error(`the webhook answered with status ${answer.status}`);
  };

/** Runs a program, without a shell: the alarm is JSON on its standard input, and a line in JETON_ALARM. Of the environment it gets PATH, HOME and LANG alone. */
export const command =
  ([program, ...args]: readonly [string, ...string[]]): Notify =>
  (message) =>
    new Promise((resolve, reject) => {
      const child = spawn(program, args, {
        stdio: ["pipe", "ignore", "ignore"],
        env: { ...inherited(), JETON_ALARM: textOf(message) },
        timeout: LONGEST_MILLISECONDS,
      });
      child.on("error", () => reject(new Error("the alarm's program cannot be run")));
      child.on("close", (code) =>
        code === 0 ? resolve() : reject(new Error(`the alarm's program ended with ${code}`)),
      );
      // One that does not read ends all the same.
      child.stdin.on("error", () => undefined);
      child.stdin.end(JSON.stringify(message));
    });
