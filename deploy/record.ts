// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What a deployment has done: deployments/<chainId>.json. It is written after every step, and before every transaction with what is
 * about to be sent, so that a run that was cut off anywhere is continued and nothing is deployed twice.
 */
import { mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname, join } from "node:path";

import { z } from "zod";

import { DeployError } from "./errors.ts";

const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/, "expected an address");
const hash = z.string().regex(/^0x[0-9a-f]{64}$/, "expected 32 bytes in hexadecimal");
const number = z.string().regex(/^(0|[1-9]\d{0,77})$/, "expected a decimal string");
const blockNumber = z.number().int().nonnegative();

const contract = z.object({ address, transactionHash: hash.optional(), blockNumber: blockNumber.optional() }).strict();

const pool = z
  .object({
    address,
    settlement: address,
    disputes: address,
    poolHash: number,
    transactionHash: hash.optional(),
    /** Where its events begin: the block of its creation, or one before it. */
    fromBlock: blockNumber,
  })
  .strict();

const pending = z
  .object({
    /** What is being created: a contract's name, or `pool:` and a pool's name. */
    what: z.string(),
    from: address,
    nonce: z.number().int().nonnegative(),
    transactionHash: hash.optional(),
  })
  .strict();

const schema = z
  .object({
    format: z.literal("jeton.deployment.v1"),
    chainId: z.string().regex(/^[1-9]\d{0,30}$/),
    network: z.string(),
    /** Tells a chain from another one with the same id. */
    genesisHash: hash.optional(),
    deployer: address,
    /** "development" or "ceremony", from the key set's manifest. */
    keys: z.string().optional(),
    contracts: z.record(contract),
    token: z.object({ address, symbol: z.string(), decimals: z.number().int() }).strict().optional(),
    pools: z.record(pool),
    pending: pending.optional(),
  })
  .strict();

export type DeploymentRecord = z.infer<typeof schema>;
export type ContractRecord = z.infer<typeof contract>;
export type PoolRecord = z.infer<typeof pool>;
export type PendingRecord = z.infer<typeof pending>;

/** Where a record is kept. */
export interface RecordStore {
  /** For messages. */
  readonly name: string;
  load(): Promise<DeploymentRecord | undefined>;
  save(record: DeploymentRecord): Promise<void>;
}

/** @throws DeployError RECORD_FORMAT */
export function parseRecord(text: string, source: string): DeploymentRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new DeployError("RECORD_FORMAT", `${source} is no JSON: restore it from a backup, or from version control`);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new DeployError(
    "RECORD_FORMAT",
    `${source} is malformed at "${issue?.path.join(".") ?? ""}": ${issue?.message ?? ""}; restore it from a backup, or move it away to deploy anew`,
  );
}

export function memoryRecord(): RecordStore {
  let text: string | undefined;
  return {
    name: "memory",
    load: () => Promise.resolve(text === undefined ? undefined : parseRecord(text, "memory")),
    save: (record) => {
      text = JSON.stringify(record);
      return Promise.resolve();
    },
  };
}

/** A file that is replaced as a whole: a reader, or a crash, sees the old record or the new one. */
export function fileRecord(path: string): RecordStore {
  return {
    name: path,
    load: async () => {
      const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return undefined;
        throw new DeployError("RECORD_FORMAT", `cannot read ${path}: ${error.message}`, error);
      });
      return text === undefined ? undefined : parseRecord(text, path);
    },
    save: async (record) => {
      await mkdir(dirname(path), { recursive: true });
      const temporary = `${path}.${process.pid}.tmp`;
      const file = await open(temporary, "w");
      try {
        await file.writeFile(`${JSON.stringify(record, null, 2)}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
    },
  };
}

export const recordPath = (folder: string, chainId: bigint): string => join(folder, `${chainId}.json`);
