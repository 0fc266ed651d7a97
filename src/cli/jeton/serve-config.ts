// SPDX-License-Identifier: GPL-3.0-or-later
/** A gateway's settings: one JSON file. Secrets stand in files of their own or in the environment; paths are relative to the file. */
import { readFile, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";

import { getAddress, isAddress } from "ethers";
import { z } from "zod";

import { DEFAULT_LIMITS, DEFAULT_SETTINGS } from "../../gateway/index.ts";
import { CliError } from "../errors.ts";
import type { Say } from "../outcome.ts";

const address = z
  .string()
  .refine((text) => isAddress(text), "expected an address")
  .transform((text) => getAddress(text));
const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "expected the name of an environment variable");
const inEnvironment = z.object({ env: variable }).strict();
/** A value, or where it stands in the environment, for what holds a key or a password. */
const secretText = z.union([z.string().min(1), inEnvironment]);
const place = z
  .object({ host: z.string().min(1).default("127.0.0.1"), port: z.number().int().min(0).max(65_535) })
  .strict();

/** Some of these numbers, each above 0. */
const numbersOf = <K extends string>(names: readonly K[]) =>
  z.object(Object.fromEntries(names.map((name) => [name, z.number().positive().finite().optional()]))).strict();

const schema = z
  .object({
    rpcUrl: secretText,
    pool: address,
    /** The block in which the pool was created. */
    fromBlock: z.number().int().min(0).optional(),
    finality: z
      .union([
        z.object({ kind: z.literal("finalized") }).strict(),
        z.object({ kind: z.literal("confirmations"), blocks: z.number().int().min(0) }).strict(),
      ])
      .optional(),
    /** A SQLite file, or a postgres:// URL. */
    store: secretText,
    terms: z.string().min(1),
    stateKey: z.union([z.object({ file: z.string().min(1) }).strict(), inEnvironment]),
    signer: z.union([z.object({ keystoreFile: z.string().min(1), passwordEnv: variable }).strict(), inEnvironment]),
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

const unreadable = (file: string, cause: unknown): CliError =>
  new CliError("FILE_UNREADABLE", `${file} cannot be read`, cause);

/** Reads what the settings name. */
export class ServeConfig {
  readonly settings: ServeSettings;
  readonly #folder: string;
  readonly #environment: NodeJS.ProcessEnv;

  private constructor(settings: ServeSettings, folder: string, environment: NodeJS.ProcessEnv) {
    this.settings = settings;
    this.#folder = folder;
    this.#environment = environment;
  }

  /** @throws CliError FILE_UNREADABLE, OPTION_INVALID with the first thing that is wrong */
  static async read(file: string, environment: NodeJS.ProcessEnv = process.env): Promise<ServeConfig> {
    const path = resolve(file);
    const text = await readFile(path, "utf8").catch((error: unknown) => {
      throw unreadable(path, error);
    });
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      throw new CliError("OPTION_INVALID", `${path} is no JSON`, error);
    }
    const result = schema.safeParse(value);
    if (!result.success) {
      const [issue] = result.error.issues;
      const where = issue?.path.join(".") ?? "";
      throw new CliError("OPTION_INVALID", `${path}: malformed at "${where}": ${issue?.message ?? "invalid"}`);
    }
    return new ServeConfig(result.data, dirname(path), environment);
  }

  pathOf(file: string): string {
    return resolve(this.#folder, file);
  }

  /** @throws CliError CONFIGURATION_MISSING */
  text(value: string | { readonly env: string }, what: string): string {
    return typeof value === "string" ? value : this.variable(value.env, what);
  }

  /** @throws CliError CONFIGURATION_MISSING */
  variable(name: string, what: string): string {
    const value = this.#environment[name];
    if (value !== undefined && value !== "") return value;
    throw new CliError("CONFIGURATION_MISSING", `${name} is not set: it must hold ${what}`);
  }

  /** @throws CliError FILE_UNREADABLE */
  async secretFile(file: string, say: Say): Promise<string> {
    const path = this.pathOf(file);
    try {
      const { mode } = await stat(path);
      if ((mode & 0o077) !== 0) say(`warning: ${path} can be read by others: chmod 600 it`);
      return (await readFile(path, "utf8")).trim();
    } catch (error) {
      throw unreadable(path, error);
    }
  }
}

/** @throws as `ServeConfig.read` */
export const readServeConfig = (file: string): Promise<ServeConfig> => ServeConfig.read(file);
