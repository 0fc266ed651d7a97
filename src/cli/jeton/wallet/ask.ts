// SPDX-License-Identifier: GPL-3.0-or-later
/** What a person is asked for: passwords, phrases, consent. */
import { CliError } from "../../errors.ts";
import { readText as readWhole } from "../../files.ts";
import { processTerminal } from "../../terminal.ts";

/** Holds the password where nobody can be asked. */
export const PASSWORD_VARIABLE = "JETON_PASSWORD";

export interface PasswordOptions {
  readonly passwordFile?: string | undefined;
  /** Where it is no secret. */
  readonly password?: string;
}

/** As it stands in the file, without the end of its last line. @throws CliError FILE_UNREADABLE */
export const readText = async (path: string, what: string): Promise<string> =>
  (await readWhole(path, what)).replace(/\r?\n$/, "");

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
  const password = await processTerminal.askHidden(
    isNew ? "A password for the new wallet: " : "The wallet's password: ",
  );
  if (password === "") throw new CliError("PASSWORD_MISSING", "the password is empty");
  if (isNew && (await processTerminal.askHidden("Once more: ")) !== password) {
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
  return (await processTerminal.askHidden("The recovery phrase, words separated by spaces: ")).trim();
}
