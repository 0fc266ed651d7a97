// SPDX-License-Identifier: GPL-3.0-or-later
/** The folder of a wallet: its keys, its file and where its pool is. All of it is for its owner's eyes. */
import { chmod, mkdir, readFile, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

import { z } from "zod";

import { CliError } from "../../errors.ts";
import { replaceFile } from "../../files.ts";

/** Names another folder than ~/.jeton. */
export const HOME_VARIABLE = "JETON_HOME";

const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/, "expected an address");

const finality = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("finalized") }).strict(),
  z.object({ kind: z.literal("confirmations"), blocks: z.number().int().min(0) }).strict(),
]);

const schema = z
  .object({
    format: z.literal("jeton.wallet.v1"),
    rpcUrl: z.string().url(),
    chainId: z.string().regex(/^[1-9]\d{0,30}$/),
    pool: address,
    /** Where the pool's events begin. */
    fromBlock: z.number().int().nonnegative(),
    finality,
    /** The provider's gateway. */
    gateway: z.string().url(),
    /** Made for `jeton sandbox`: worth nothing, and gone with it. */
    sandbox: z.string().optional(),
  })
  .strict();

/** Where a wallet's pool is. */
export type WalletConfig = z.output<typeof schema>;

/** A proxy that has the wallet open. */
const running = z.object({ url: z.string().url(), pid: z.number().int(), token: z.string().optional() }).strict();
export type RunningProxyNote = z.output<typeof running>;

export class WalletHome {
  readonly folder: string;

  /** @param folder the environment's JETON_HOME, or ~/.jeton, otherwise */
  constructor(folder: string | undefined) {
    this.folder = resolve(folder ?? process.env[HOME_VARIABLE] ?? join(homedir(), ".jeton"));
  }

  get keystore(): string {
    return join(this.folder, "keystore.json");
  }

  get store(): string {
    return join(this.folder, "wallet.sqlite");
  }

  get #config(): string {
    return join(this.folder, "config.json");
  }

  get #proxy(): string {
    return join(this.folder, "proxy.json");
  }

  /** Makes the folder, for its owner alone, as are the files that this process makes from now on. */
  async make(): Promise<void> {
    process.umask(0o077);
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    await chmod(this.folder, 0o700);
  }

  /** The address of the funding key, which the keystore holds in clear. @throws CliError WALLET_MISSING */
  async fundingAddress(): Promise<string> {
    const text = await readOptional(this.keystore);
    if (text === undefined) {
      throw new CliError("WALLET_MISSING", `there is no wallet in ${this.folder}: make one with "jeton wallet create"`);
    }
    const parsed = z.object({ address: z.string() }).safeParse(parseJson(text, this.keystore));
    if (!parsed.success) throw new CliError("FILE_UNREADABLE", `${this.keystore} is no keystore`);
    const digits = parsed.data.address.replace(/^0x/, "");
    const { getAddress } = await import("ethers");
    return getAddress(`0x${digits}`);
  }

  async hasKeys(): Promise<boolean> {
    return (await readOptional(this.keystore)) !== undefined;
  }

  /** Undefined before the wallet was connected. @throws CliError FILE_UNREADABLE */
  async config(): Promise<WalletConfig | undefined> {
    const text = await readOptional(this.#config);
    if (text === undefined) return undefined;
    const result = schema.safeParse(parseJson(text, this.#config));
    if (result.success) return result.data;
    const [issue] = result.error.issues;
    const where = issue?.path.join(".") ?? "";
    throw new CliError("FILE_UNREADABLE", `${this.#config} is malformed at "${where}": ${issue?.message ?? ""}`);
  }

  async saveConfig(config: WalletConfig): Promise<void> {
    await this.make();
    await replaceFile(this.#config, `${JSON.stringify(config, null, 2)}\n`);
  }

  /** The proxy that has the wallet open, if it still runs. */
  async runningProxy(): Promise<RunningProxyNote | undefined> {
    const text = await readOptional(this.#proxy);
    if (text === undefined) return undefined;
    const result = running.safeParse(parseJson(text, this.#proxy));
    return result.success && isAlive(result.data.pid) ? result.data : undefined;
  }

  async noteProxy(note: RunningProxyNote): Promise<void> {
    await replaceFile(this.#proxy, `${JSON.stringify(note)}\n`);
  }

  async forgetProxy(): Promise<void> {
    await rm(this.#proxy, { force: true });
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Undefined when there is no such file. @throws CliError FILE_UNREADABLE */
export async function readOptional(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw new CliError("FILE_UNREADABLE", `cannot read ${path}: ${error.message}`, error);
  });
}

export function parseJson(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CliError("FILE_UNREADABLE", `${source} is no JSON: restore it, or move it away`, error);
  }
}
