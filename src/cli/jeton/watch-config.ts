// SPDX-License-Identifier: GPL-3.0-or-later
/** A watcher's settings: pools, their feeds, who claims, and whom to call. */
import { z } from "zod";

import { fixedPrice } from "../../watcher/index.ts";
import {
  SettingsFile,
  address,
  blockNumber,
  checked,
  finality,
  inFile,
  place,
  readSettings,
  secretText,
  signer,
} from "./settings-file.ts";

const seconds = z.number().int().min(1).max(31_536_000);

/** What one whole token is worth, in coins of the chain: a number, or a service that says it. */
const price = z.union([
  z.string().refine((text) => {
    try {
      fixedPrice(text);
      return true;
    } catch {
      return false;
    }
  }, "expected a decimal number of coins such as 0.0004"),
  z
    .object({
      url: secretText,
      /** The names that lead to the price in the answer. */
      path: z.array(z.string()).default(["price"]),
      keepSeconds: seconds.default(300),
      staleSeconds: seconds.default(21_600),
    })
    .strict(),
]);

const claim = z
  .object({
    signer,
    /** Default: the signer. */
    recipient: address.optional(),
    price,
    /** The most that a claim may cost, of its bounty's worth. */
    costPercent: z.number().int().min(1).max(100).default(50),
  })
  .strict();

const pool = z
  .object({
    /** Unique, and never given to another pool. Default: the pool's address. */
    name: z.string().min(1).max(100).optional(),
    rpcUrl: z.union([secretText, inFile]),
    pool: address,
    /** The block in which the pool was created. */
    fromBlock: blockNumber.optional(),
    finality: finality.optional(),
    /** The provider's gateways. */
    feeds: z.array(z.string().url()).min(1).max(16),
    /** Allows plain HTTP to another machine: for a gateway on one's own network. */
    allowInsecure: z.boolean().default(false),
    claim: claim.optional(),
    thresholds: z
      .object({
        silentSeconds: seconds.optional(),
        unjudgedSeconds: seconds.optional(),
        unclaimedSeconds: seconds.optional(),
        headSeconds: seconds.optional(),
      })
      .strict()
      .optional(),
  })
  .strict();

const schema = z
  .object({
    /** A SQLite file. */
    store: z.string().min(1).default("watcher.sqlite"),
    /** Between two looks. */
    pauseSeconds: z.number().min(0.1).max(3_600).default(12),
    /** For pools that have none of their own. */
    claim: claim.optional(),
    pools: z.array(pool).min(1),
    alarm: z
      .object({
        webhook: z.union([secretText, inFile]).optional(),
        /** A program and its arguments. */
        command: z.array(z.string()).min(1).optional(),
      })
      .strict()
      .default({}),
    listen: place.optional(),
  })
  .strict()
  .refine(
    ({ pools }) => new Set(pools.map(({ name, pool: at }) => name ?? at)).size === pools.length,
    "expected different names: two pools have the same",
  );

export type WatchSettings = z.output<typeof schema>;
export type WatchedPoolSettings = WatchSettings["pools"][number];
export type ClaimSettings = NonNullable<WatchSettings["claim"]>;

/** Reads what the settings name. */
export class WatchConfig extends SettingsFile<WatchSettings> {
  /** @throws CliError FILE_UNREADABLE, OPTION_INVALID with the first thing that is wrong */
  static async read(file: string, environment: NodeJS.ProcessEnv = process.env): Promise<WatchConfig> {
    return new WatchConfig(await readSettings(file, schema), file, environment);
  }

  /** The settings of one pool, as flags give them; paths are relative to where the program was started. @throws CliError OPTION_INVALID */
  static of(value: unknown, environment: NodeJS.ProcessEnv = process.env): WatchConfig {
    return new WatchConfig(checked(schema, value, "the options"), "options", environment);
  }
}
