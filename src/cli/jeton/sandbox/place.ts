// SPDX-License-Identifier: GPL-3.0-or-later
/** Where a sandbox keeps its files, and where a wallet finds it: sandbox.json in its folder. */
import { mkdir, readdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";

import { z } from "zod";

import { CliError } from "../../errors.ts";
import { replaceFile } from "../../files.ts";
import { WalletHome, isAlive, parseJson, readOptional } from "../wallet/home.ts";

const schema = z
  .object({
    format: z.literal("jeton.sandbox.v1"),
    /** Another one for every start: its chain begins anew. */
    instance: z.string().regex(/^[0-9a-f]{8}$/),
    pid: z.number().int(),
    rpcUrl: z.string().url(),
    chainId: z.string(),
    pool: z.string(),
    fromBlock: z.number().int(),
    gateway: z.string().url(),
    model: z.string().url(),
  })
  .strict();

export type SandboxNote = z.output<typeof schema>;

export class SandboxPlace {
  readonly folder: string;

  /** @param folder "sandbox" in the wallet's usual folder otherwise */
  constructor(folder: string | undefined) {
    this.folder = resolve(folder ?? join(new WalletHome(undefined).folder, "sandbox"));
  }

  get #note(): string {
    return join(this.folder, "sandbox.json");
  }

  storeOf(instance: string): string {
    return join(this.folder, `provider-${instance}.sqlite`);
  }

  /** The throwaway wallet's folder. */
  walletOf(instance: string): string {
    return join(this.folder, `wallet-${instance}`);
  }

  /** Makes the folder, and takes what earlier sandboxes left: their chains are gone. @throws CliError SANDBOX_RUNNING while one runs from it */
  async clear(): Promise<void> {
    const other = await this.#read();
    if (other !== undefined && isAlive(other.pid)) {
      throw new CliError(
        "SANDBOX_RUNNING",
        `a sandbox runs from ${this.folder} already (process ${other.pid}): use it, end it, or name another folder with --dir`,
      );
    }
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    for (const name of await readdir(this.folder)) {
      if (!/^(provider|wallet)-[0-9a-f]{8}(\.sqlite(-wal|-shm)?)?$/.test(name)) continue;
      await rm(join(this.folder, name), { recursive: true, force: true });
    }
  }

  async write(note: SandboxNote): Promise<void> {
    await replaceFile(this.#note, `${JSON.stringify(note, null, 2)}\n`);
  }

  /** Takes the note away, and what is worth nothing without the chain. */
  async end(instance: string): Promise<void> {
    await rm(this.#note, { force: true });
    for (const end of ["", "-wal", "-shm"]) await rm(`${this.storeOf(instance)}${end}`, { force: true });
  }

  /** The sandbox that runs. @throws CliError SANDBOX_MISSING */
  async running(): Promise<SandboxNote> {
    const note = await this.#read();
    if (note !== undefined && isAlive(note.pid)) return note;
    throw new CliError(
      "SANDBOX_MISSING",
      `no sandbox runs from ${this.folder}: start one with "npx jeton sandbox", in another terminal`,
    );
  }

  async #read(): Promise<SandboxNote | undefined> {
    const text = await readOptional(this.#note);
    if (text === undefined) return undefined;
    const result = schema.safeParse(parseJson(text, this.#note));
    return result.success ? result.data : undefined;
  }
}
