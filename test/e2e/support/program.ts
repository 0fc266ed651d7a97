// SPDX-License-Identifier: GPL-3.0-or-later
/** The program `jeton` as its users run it: processes of their own. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("../../../bin/jeton.mjs", import.meta.url));
const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly process: ChildProcess;
  /** The first line on stdout, which says as JSON where things are. */
  readonly ready: Promise<Record<string, string>>;
  /** What it told on stderr so far. */
  readonly told: () => string;
  /** Interrupts it, as Ctrl-C does, and waits for its end. */
  interrupt(): Promise<Ended>;
  readonly ended: Promise<Ended>;
}

export function start(args: readonly string[], environment: Record<string, string> = {}): Running {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd: ROOT,
    env: { ...process.env, JETON_PASSWORD: "", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  const ended = new Promise<Ended>((resolve) => child.once("close", (code) => resolve({ code, stdout, stderr })));
  const ready = new Promise<Record<string, string>>((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", (line) => {
      try {
        resolve(JSON.parse(line) as Record<string, string>);
      } catch {
        reject(new Error(`the program said: ${line}\n${stderr}`));
      }
    });
    void ended.then(({ code }) => reject(new Error(`the program ended with ${code}:\n${stderr}`)));
  });
  ready.catch(() => undefined);
  return {
    process: child,
    ready,
    told: () => stderr,
    ended,
    interrupt: () => {
      child.kill("SIGINT");
      return ended;
    },
  };
}

/** Runs a command to its end. */
export const run = (args: readonly string[], environment: Record<string, string> = {}): Promise<Ended> =>
  start(args, environment).ended;
