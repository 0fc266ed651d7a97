// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What a wallet follows from: a BIP-39 phrase, at rest as an Ethereum keystore file (version 3, scrypt), which other programs read too.
 * A keystore is written once and never overwritten.
 */
import { constants } from "node:fs";
import { link, open, readFile, unlink } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { dirname } from "node:path";

import { HDNodeWallet, Mnemonic, decryptKeystoreJson, encryptKeystoreJson, isKeystoreJson } from "ethers";
import type { KeystoreAccount } from "ethers";

import { WalletError } from "./errors.ts";

export interface Keystore {
  /** BIP-39, English. Whoever has it has the wallet. */
  readonly phrase: string;
  /** 64 bytes (BIP-39, no passphrase): what accounts are derived from. */
  readonly seed: Uint8Array;
  /** The private key of m/44'/60'/0'/0/0, which pays for deposits: `0x…`. */
  readonly fundingKey: string;
  readonly fundingAddress: string;
}

export interface KeystoreOptions {
  /** What a guess of the password costs: a power of two. Default: 131,072, about a second. */
  readonly scryptN?: number;
  /** Told how far it is, from 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

const DEFAULT_SCRYPT_N = 131_072;
const FUNDING_PATH = "m/44'/60'/0'/0/0";
/** Bytes of entropy by words. */
const ENTROPY = { 12: 16, 24: 32 } as const;

/**
 * Makes a new phrase and its file.
 * @throws WalletError KEYSTORE_EXISTS, KEYSTORE_UNREADABLE where it cannot be written
 */
export function createKeystore(
  path: string,
  password: string,
  { words = 12, ...options }: KeystoreOptions & { readonly words?: 12 | 24 } = {},
): Promise<Keystore> {
  return write(path, Mnemonic.fromEntropy(randomBytes(ENTROPY[words])), password, options);
}

/** Makes the file of a phrase that exists. @throws WalletError PHRASE_INVALID, KEYSTORE_EXISTS, KEYSTORE_UNREADABLE */
export async function importKeystore(
  path: string,
  phrase: string,
  password: string,
  options: KeystoreOptions = {},
): Promise<Keystore> {
  const words = phrase.normalize("NFKD").trim().toLowerCase().split(/\s+/).join(" ");
  if (!Mnemonic.isValidMnemonic(words)) {
    throw new WalletError("PHRASE_INVALID", "these words are no BIP-39 phrase: a word is wrong, missing or misplaced");
  }
  return write(path, Mnemonic.fromPhrase(words), password, options);
}

/** @throws WalletError KEYSTORE_UNREADABLE, PASSWORD_WRONG */
export async function openKeystore(
  path: string,
  password: string,
  { onProgress }: Pick<KeystoreOptions, "onProgress"> = {},
): Promise<Keystore> {
  const json = await readFile(path, "utf8").catch((error: unknown) => {
    throw new WalletError("KEYSTORE_UNREADABLE", `${path} cannot be read`, { cause: error });
  });
  if (!isKeystoreJson(json)) throw new WalletError("KEYSTORE_UNREADABLE", `${path} is no keystore`);
  const account = await decryptKeystoreJson(json, password, onProgress).catch((error: unknown) => {
    const isPassword = error instanceof Error && /incorrect password/i.test(error.message);
    if (isPassword) throw new WalletError("PASSWORD_WRONG", `the password does not open ${path}`);
    throw new WalletError("KEYSTORE_UNREADABLE", `${path} cannot be decrypted`, { cause: error });
  });
  return keystoreOf(path, account);
}

function keystoreOf(path: string, { address, mnemonic }: KeystoreAccount): Keystore {
  const keystore = mnemonic && derive(Mnemonic.fromEntropy(mnemonic.entropy));
  if (keystore === undefined || keystore.fundingAddress !== address) {
    throw new WalletError("KEYSTORE_UNREADABLE", `${path} holds no phrase, or one of another wallet`);
  }
  return keystore;
}

function derive(mnemonic: Mnemonic): Keystore {
  const { privateKey, address } = HDNodeWallet.fromMnemonic(mnemonic, FUNDING_PATH);
  const seed = Buffer.from(mnemonic.computeSeed().slice(2), "hex");
  return { phrase: mnemonic.phrase, seed, fundingKey: privateKey, fundingAddress: address };
}

async function write(
  path: string,
  mnemonic: Mnemonic,
  password: string,
  { scryptN = DEFAULT_SCRYPT_N, onProgress }: KeystoreOptions,
): Promise<Keystore> {
  const keystore = derive(mnemonic);
  const account: KeystoreAccount = {
    address: keystore.fundingAddress,
    privateKey: keystore.fundingKey,
    mnemonic: { entropy: mnemonic.entropy, path: FUNDING_PATH, locale: "en" },
  };
  const json = await encryptKeystoreJson(account, password, {
    scrypt: { N: scryptN },
    ...(onProgress === undefined ? {} : { progressCallback: onProgress }),
  });
  await writeOnce(path, `${json}\n`);
  return keystore;
}

/** Whole or not at all, synced, readable by its owner alone, and never in the place of another file. */
async function writeOnce(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString("hex")}.draft`;
  try {
    const file = await open(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
    try {
      await file.writeFile(text, "utf8");
      await file.sync();
    } finally {
      await file.close();
    }
    // A link, unlike a renaming, fails where there is a file.
    await link(draft, path);
    await syncFolder(dirname(path));
  } catch (error) {
    const isThere = error instanceof Error && "code" in error && error.code === "EEXIST";
    if (isThere)
      throw new WalletError("KEYSTORE_EXISTS", `there is a file at ${path} already, and it is not overwritten`);
    throw new WalletError("KEYSTORE_UNREADABLE", `${path} cannot be written`, { cause: error });
  } finally {
    await unlink(draft).catch(() => undefined);
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
