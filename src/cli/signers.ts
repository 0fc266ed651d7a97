// SPDX-License-Identifier: GPL-3.0-or-later
/** Who sends. A key is never an argument: it is in an encrypted keystore file, or in the environment. */
import { Wallet, getAddress } from "ethers";
import type { Provider, Signer } from "ethers";
import { z } from "zod";

import { DEPLOYER_VARIABLE, developmentWallet } from "../../deploy/index.ts";
import { CliError } from "./errors.ts";
import { readText } from "./files.ts";
import type { Terminal } from "./terminal.ts";

/** Names a keystore file where no option does. */
export const KEYSTORE_VARIABLE = "JETON_KEYSTORE";
/** The password of a keystore file, where nobody can be asked. */
export const KEYSTORE_PASSWORD_VARIABLE = "JETON_KEYSTORE_PASSWORD";

export interface KeyFlags {
  readonly keystore?: string | undefined;
  /** Which of the accounts that everybody has, on a local network. */
  readonly developmentAccount?: number | undefined;
}

export interface Key {
  readonly address: string;
  /** Asks for the password the first time. @throws CliError PASSWORD_MISSING, OPTION_INVALID */
  unlock(provider: Provider): Promise<Signer>;
}

const keystore = z.object({ address: z.string().regex(/^(0x)?[0-9a-fA-F]{40}$/), crypto: z.object({}).passthrough() });
const version = (text: string): unknown => {
  const value = JSON.parse(text) as Record<string, unknown>;
  // Some write "Crypto".
  return { ...value, crypto: value["crypto"] ?? value["Crypto"] };
};

/** The address that a keystore file names. @throws CliError FILE_UNREADABLE, OPTION_INVALID */
export async function readKeystore(file: string): Promise<{ readonly text: string; readonly address: string }> {
  const text = await readText(file, "the keystore");
  try {
    const { address } = keystore.parse(version(text));
    return { text, address: getAddress(`0x${address.replace(/^0x/, "")}`) };
  } catch (error) {
    throw new CliError("OPTION_INVALID", `${file} is no keystore file: "jeton keystore new" makes one`, error);
  }
}

/** @throws CliError PASSWORD_MISSING */
export async function keystorePassword(terminal: Terminal, question: string): Promise<string> {
  const set = process.env[KEYSTORE_PASSWORD_VARIABLE];
  if (set === undefined && !terminal.isInteractive) {
    throw new CliError(
      "PASSWORD_MISSING",
      `the keystore needs its password: set ${KEYSTORE_PASSWORD_VARIABLE}, or run in a terminal`,
    );
  }
  const password = set ?? (await terminal.askHidden(question));
  if (password === "") throw new CliError("PASSWORD_MISSING", "the password is empty");
  return password;
}

async function fromKeystore(file: string, terminal: Terminal): Promise<Key> {
  const { text, address } = await readKeystore(file);
  let opened: Promise<string> | undefined;
  const open = async (): Promise<string> => {
    const password = await keystorePassword(terminal, `The password of ${file} (${address}): `);
    const wallet = await Wallet.fromEncryptedJson(text, password).catch(() => {
      throw new CliError("OPTION_INVALID", `the password does not open ${file}`);
    });
    if (wallet.address !== address) {
      throw new CliError("OPTION_INVALID", `${file} says that its address is ${address}, and its key is another's`);
    }
    return wallet.privateKey;
  };
  return { address, unlock: async (provider) => new Wallet(await (opened ??= open()), provider) };
}

function fromEnvironment(): Key | undefined {
  const text = process.env[DEPLOYER_VARIABLE];
  if (text === undefined || text === "") return undefined;
  const digits = text.trim().replace(/^0x/, "");
  let wallet: Wallet;
  try {
    if (!/^[0-9a-fA-F]{64}$/.test(digits)) throw new Error("no key");
    wallet = new Wallet(`0x${digits}`);
  } catch {
    throw new CliError(
      "OPTION_INVALID",
      `${DEPLOYER_VARIABLE} is no private key: 32 bytes in hexadecimal are expected`,
    );
  }
  return { address: wallet.address, unlock: async (provider) => wallet.connect(provider) };
}

function developmentKey(index: number): Key {
  const wallet = developmentWallet(index);
  return { address: wallet.address, unlock: async (provider) => wallet.connect(provider) };
}

/**
 * On a local network: the keystore that an option names, or a development account. Elsewhere: the keystore that an option or the
 * environment names, or the environment's private key.
 * @throws CliError CONFIGURATION_MISSING, OPTION_INVALID, FILE_UNREADABLE
 */
export async function keyFor(
  { keystore: named, developmentAccount }: KeyFlags,
  isLocal: boolean,
  terminal: Terminal,
): Promise<Key> {
  if (developmentAccount !== undefined && !isLocal) {
    throw new CliError("OPTION_INVALID", "--development-account is for local networks: everybody has its key");
  }
  if (named !== undefined) return fromKeystore(named, terminal);
  if (isLocal) return developmentKey(developmentAccount ?? 0);
  const set = process.env[KEYSTORE_VARIABLE];
  const key = set === undefined || set === "" ? fromEnvironment() : await fromKeystore(set, terminal);
  if (key !== undefined) return key;
  throw new CliError(
    "CONFIGURATION_MISSING",
    `there is no key to send with: name an encrypted one with --keystore FILE or ${KEYSTORE_VARIABLE} ("jeton keystore new" makes one), or set ${DEPLOYER_VARIABLE}`,
  );
}
