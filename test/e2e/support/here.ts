// SPDX-License-Identifier: GPL-3.0-or-later
/** `jeton …` in this process: the same options, the same output, and nothing is loaded anew for each command. */
import type { Command } from "commander";

import { jetonProgram } from "../../../src/cli/jeton/program.ts";
import { walletCommand } from "../../../src/cli/jeton/wallet.ts";
import type { Ended } from "./program.ts";

/** Takes what a stream is given, until it is released. */
function capture(stream: NodeJS.WriteStream): { readonly text: () => string; readonly release: () => void } {
  let text = "";
  const write = stream.write.bind(stream);
  stream.write = (chunk: Uint8Array | string): boolean => {
    text += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8");
    return true;
  };
  return { text: () => text, release: () => void (stream.write = write) };
}

/** `jeton wallet` to its end; one at a time. What comes after it. */
export const runHere = (args: readonly string[], environment: Record<string, string>): Promise<Ended> =>
  runCommand(walletCommand(), args, environment);

/** `jeton` to its end. What comes after it: its usage errors would end this process. */
export const runJeton = (args: readonly string[], environment: Record<string, string>): Promise<Ended> =>
  runCommand(jetonProgram(), args, environment);

/** One command to its end; one at a time. */
export async function runCommand(
  command: Command,
  args: readonly string[],
  environment: Record<string, string>,
): Promise<Ended> {
  const before = { ...process.env };
  const { exitCode } = process;
  Object.assign(process.env, environment);
  process.exitCode = 0;
  const [stdout, stderr] = [capture(process.stdout), capture(process.stderr)];
  try {
    await command.parseAsync([...args], { from: "user" });
    return { code: process.exitCode, stdout: stdout.text(), stderr: stderr.text() };
  } finally {
    stdout.release();
    stderr.release();
    for (const name of Object.keys(environment)) {
      const value = before[name];
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    process.exitCode = exitCode;
  }
}
