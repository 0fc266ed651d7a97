// SPDX-License-Identifier: GPL-3.0-or-later
/** What a person is asked for: passwords, phrases, consent. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";

import { CliError } from "../../errors.ts";

/** Holds the password where nobody can be asked. */
export const PASSWORD_VARIABLE = "JETON_PASSWORD";

export interface PasswordOptions {
  readonly passwordFile?: string | undefined;
  /** Where it is no secret. */
  readonly password?: string;
}

/** Asks on the terminal, and shows nothing of what is typed. */
async function askHidden(question: string): Promise<string> {
  process.stderr.write(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true });
  const interrupted = new Promise<never>((_, reject) =>
    terminal.once("SIGINT", () => reject(new CliError("NOT_CONFIRMED", "interrupted: nothing was done"))),
  );
  try {
    return await Promise.race([terminal.question(""), interrupted]);
  } finally {
    terminal.close();
    process.stderr.write("\n");
  }
}

/** @throws CliError FILE_UNREADABLE */
export async function readText(path: string, what: string): Promise<string> {
  const text = await readFile(resolve(path), "utf8").catch((error: Error) => {
    throw new CliError("FILE_UNREADABLE", `cannot read ${what}: ${error.message}`, error);
  });
  return text.replace(/\r?\n$/, "");
}

/** From the file, the environment, or the terminal. @throws CliError PASSWORD_MISSING, FILE_UNREADABLE */
export async function readPassword(options: PasswordOptions, isNew = false): Promise<string> {
  const { passwordFile } = options;
  const given =
    passwordFile === undefined
      ? (options.password ?? process.env[PASSWORD_VARIABLE])
      : await readText(passwordFile, "the password's file");
  if (given !== undefined) {
    if (given === "") throw new CliError("PASSWORD_MISSING", "the password is empty");
    return given;
  }
  if (!process.stdin.isTTY) {
    throw new CliError(
      "PASSWORD_MISSING",
      `the wallet needs its password: set ${PASSWORD_VARIABLE}, name a file with --password-file, or run in a terminal`,
    );
  }
  const password = await askHidden(isNew ? "A password for the new wallet: " : "The wallet's password: ");
  if (password === "") throw new CliError("PASSWORD_MISSING", "the password is empty");
  if (isNew && (await askHidden("Once more: ")) !== password) {
    throw new CliError("PASSWORD_MISSING", "the two passwords differ: nothing was done");
  }
  return password;
}

/** A recovery phrase is never an argument: arguments end up in histories and process lists. */
export async function readPhrase(file: string | undefined): Promise<string> {
  if (file !== undefined) return (await readText(file, "the phrase's file")).trim();
  if (!process.stdin.isTTY) {
    throw new CliError("OPTION_MISSING", "name a file with the recovery phrase: --phrase-file FILE");
  }
  return (await askHidden("The recovery phrase, words separated by spaces: ")).trim();
}

/** @throws CliError NOT_CONFIRMED */
export async function confirm(isConfirmed: boolean, question: string): Promise<void> {
  if (isConfirmed) return;
  if (!process.stdin.isTTY) throw new CliError("NOT_CONFIRMED", `add --yes to confirm: ${question}`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`${question} Type "yes": `);
  terminal.close();
  if (answer.trim().toLowerCase() !== "yes") throw new CliError("NOT_CONFIRMED", "not confirmed: nothing was sent");
}
