// SPDX-License-Identifier: GPL-3.0-or-later
/** A gateway's settings. */
import { z } from "zod";

import { DEFAULT_LIMITS, DEFAULT_SETTINGS } from "../../gateway/index.ts";
import {
  SettingsFile,
  address,
  blockNumber,
  finality,
  inEnvironment,
  inFile,
  place,
  readSettings,
  secretText,
  signer,
} from "./settings-file.ts";

/** Some of these numbers, each above 0. */
const numbersOf = <K extends string>(names: readonly K[]) =>
  z.object(Object.fromEntries(names.map((name) => [name, z.number().positive().finite().optional()]))).strict();

const schema = z
  .object({
    rpcUrl: secretText,
    pool: address,
    /** The block in which the pool was created. */
    fromBlock: blockNumber.optional(),
    finality: finality.optional(),
    /** A SQLite file, or a postgres:// URL. */
    store: secretText,
    terms: z.string().min(1),
    stateKey: z.union([inFile, inEnvironment]),
    signer,
    upstream: z.object({ headers: z.record(secretText).optional() }).passthrough(),
    listen: place,
    metrics: place.optional(),
    trustProxy: z.union([z.boolean(), z.string(), z.array(z.string())]).optional(),
    limits: numbersOf(Object.keys(DEFAULT_LIMITS)).optional(),
    settings: numbersOf(Object.keys(DEFAULT_SETTINGS)).optional(),
    policyUrl: z.string().url().optional(),
    bountyRecipient: address.optional(),
    /** Threads. */
    verifiers: z.number().int().min(1).max(64).optional(),
    provers: z.number().int().min(1).max(64).optional(),
  })
  .strict();

export type ServeSettings = z.output<typeof schema>;

/** Reads what the settings name. */
export class ServeConfig extends SettingsFile<ServeSettings> {
  /** @throws CliError FILE_UNREADABLE, OPTION_INVALID with the first thing that is wrong */
  static async read(file: string, environment: NodeJS.ProcessEnv = process.env): Promise<ServeConfig> {
    return new ServeConfig(await readSettings(file, schema), file, environment);
  }
}

/** @throws as `ServeConfig.read` */
export const readServeConfig = (file: string): Promise<ServeConfig> => ServeConfig.read(file);
