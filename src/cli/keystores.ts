// SPDX-License-Identifier: GPL-3.0-or-later
/** `jeton keystore …`: keys that send transactions, each in an encrypted file of its own (Web3 Secret Storage, as geth and ethers have it). */
import { open } from "node:fs/promises";
import { resolve } from "node:path";

import { Wallet, encryptKeystoreJson } from "ethers";

import { CliError } from "./errors.ts";
import { readText } from "./files.ts";
import type { Outcome } from "./outcome.ts";
import { note } from "./outcome.ts";
import { KEYSTORE_PASSWORD_VARIABLE, keystorePassword, readKeystore } from "./signers.ts";
import { processTerminal } from "./terminal.ts";
import type { Terminal } from "./terminal.ts";

/** Asked twice where it is typed. */
async function newPassword(terminal: Terminal): Promise<string> {
  const password = await keystorePassword(terminal, "A password for the new keystore: ");
  if (process.env[KEYSTORE_PASSWORD_VARIABLE] === undefined && (await terminal.askHidden("Once more: ")) !== password) {
    throw new CliError("PASSWORD_MISSING", "the two passwords differ: nothing was done");
  }
  return password;
}

/** Never over a file that is there: it may hold the only copy of a key. */
async function write(file: string, { address, privateKey }: Wallet, password: string): Promise<Outcome> {
  const path = resolve(file);
  note("encrypting, which takes some seconds on purpose …");
  const text = await encryptKeystoreJson({ address, privateKey }, password);
  try {
    const handle = await open(path, "wx", 0o600);
    try {
      await handle.writeFile(`${text}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw new CliError("FILE_UNREADABLE", `cannot write ${path}: ${(error as Error).message}`, error);
  }
  return { keystore: path, address };
}

/** `jeton keystore new`. */
export async function newKeystore(file: string, terminal: Terminal = processTerminal): Promise<Outcome> {
  const password = await newPassword(terminal);
  return write(file, new Wallet(Wallet.createRandom().privateKey), password);
}

/** `jeton keystore import`: from a file with the private key, or typed unseen. @throws CliError OPTION_INVALID, OPTION_MISSING */
export async function importKeystore(
  file: string,
  keyFile: string | undefined,
  terminal: Terminal = processTerminal,
): Promise<Outcome> {
  if (keyFile === undefined && !terminal.isInteractive) {
    throw new CliError("OPTION_MISSING", "name a file with the private key: --key-file FILE; or run in a terminal");
  }
  const text =
    keyFile === undefined
      ? await terminal.askHidden("The private key, in hexadecimal: ")
      : await readText(keyFile, "the private key's file");
  const digits = text.trim().replace(/^0x/, "");
  let wallet: Wallet;
  try {
    if (!/^[0-9a-fA-F]{64}$/.test(digits)) throw new Error("no key");
    wallet = new Wallet(`0x${digits}`);
  } catch {
    throw new CliError("OPTION_INVALID", "this is no private key: 32 bytes in hexadecimal are expected");
  }
  return write(file, wallet, await newPassword(terminal));
}

/** `jeton keystore address`: without the password. */
export async function keystoreAddress(file: string): Promise<Outcome> {
  return { address: (await readKeystore(file)).address };
}
