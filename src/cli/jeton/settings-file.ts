// SPDX-License-Identifier: GPL-3.0-or-later
/** Settings of a program that runs for long: one JSON file. Secrets stand in files of their own or in the environment; paths are relative to the file. */
import { readFile, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";

import { Wallet, getAddress, isAddress } from "ethers";
import { z } from "zod";

import { CliError } from "../errors.ts";
import type { Say } from "../outcome.ts";

export const address = z
  .string()
  .refine((text) => isAddress(text), "expected an address")
  .transform((text) => getAddress(text));
export const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "expected the name of an environment variable");
export const inEnvironment = z.object({ env: variable }).strict();
export const inFile = z.object({ file: z.string().min(1) }).strict();
/** A value, or where it stands in the environment, for what holds a key or a password. */
export const secretText = z.union([z.string().min(1), inEnvironment]);
/** Who signs: a keystore with its password, or a private key in the environment. */
export const signer = z.union([
  z.object({ keystoreFile: z.string().min(1), passwordEnv: variable }).strict(),
  inEnvironment,
]);
export const place = z
  .object({ host: z.string().min(1).default("127.0.0.1"), port: z.number().int().min(0).max(65_535) })
  .strict();
export const finality = z.union([
  z.object({ kind: z.literal("finalized") }).strict(),
  z.object({ kind: z.literal("confirmations"), blocks: z.number().int().min(0) }).strict(),
]);
export const blockNumber = z.number().int().min(0);

const unreadable = (file: string, cause: unknown): CliError =>
  new CliError("FILE_UNREADABLE", `${file} cannot be read`, cause);

/** @throws CliError OPTION_INVALID */
export function hexKey(text: string, what: string): string {
  const digits = text.trim().replace(/^0x/, "");
  if (/^[0-9a-fA-F]{64}$/.test(digits)) return digits;
  throw new CliError("OPTION_INVALID", `${what} is no private key: 32 bytes in hexadecimal are expected`);
}

/** What a schema makes of a value. @throws CliError OPTION_INVALID with the first thing that is wrong */
export function checked<S extends z.ZodTypeAny>(schema: S, value: unknown, where: string): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data as z.output<S>;
  const [issue] = result.error.issues;
  const at = issue?.path.join(".") ?? "";
  throw new CliError("OPTION_INVALID", `${where}: malformed at "${at}": ${issue?.message ?? "invalid"}`);
}

/** @throws CliError FILE_UNREADABLE, OPTION_INVALID */
export async function readSettings<S extends z.ZodTypeAny>(file: string, schema: S): Promise<z.output<S>> {
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
  return checked(schema, value, path);
}

/** Reads what the settings name. */
export class SettingsFile<Settings> {
  readonly settings: Settings;
  readonly #folder: string;
  readonly #environment: NodeJS.ProcessEnv;

  /** @param file where the settings stand: what they name is beside it. */
  constructor(settings: Settings, file: string, environment: NodeJS.ProcessEnv) {
    this.settings = settings;
    this.#folder = dirname(resolve(file));
    this.#environment = environment;
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

  /** @param whose as in "the provider's". @throws CliError CONFIGURATION_MISSING, FILE_UNREADABLE, OPTION_INVALID */
  async signer(named: z.output<typeof signer>, whose: string, say: Say): Promise<Wallet> {
    const what = `the private key of ${whose} account`;
    if ("env" in named) return new Wallet(`0x${hexKey(this.variable(named.env, what), what)}`);
    const password = this.variable(named.passwordEnv, `the password of ${whose} keystore`);
    const keystore = await this.secretFile(named.keystoreFile, say);
    try {
      return new Wallet((await Wallet.fromEncryptedJson(keystore, password)).privateKey);
    } catch (error) {
      throw new CliError(
        "OPTION_INVALID",
        `${this.pathOf(named.keystoreFile)} is no keystore, or ${named.passwordEnv} does not open it`,
        error,
      );
    }
  }
}
