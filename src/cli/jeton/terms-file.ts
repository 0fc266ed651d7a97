// SPDX-License-Identifier: GPL-3.0-or-later
/** Terms as a file: read, and made from what was typed. */
import { readFile, writeFile } from "node:fs/promises";

import { GatewayError, parseTerms, toJson } from "../../wire/index.ts";
import type { Terms, TermsJson } from "../../wire/index.ts";
import { CliError } from "../errors.ts";

export interface TermsFlags {
  readonly service?: string;
  readonly policy?: string;
  readonly answersSeconds?: string;
  readonly sessionSeconds?: string;
  readonly retention?: string;
  readonly endpoint?: readonly string[];
  readonly fixed?: string;
  readonly method?: readonly string[];
  readonly model?: readonly string[];
}

/** What a description need not say. */
const DEFAULTS = {
  format: "jeton.terms.v1",
  policy: "Whatever the law forbids.",
  endpoints: [],
} as const;
const DEFAULT_RETENTION = {
  answersSeconds: 3_600,
  sessionSeconds: 86_400,
  statement:
    "Answers are kept for their retries as long as answersSeconds says. Requests are kept only as evidence of a violation.",
} as const;

const invalid = (message: string): CliError => new CliError("OPTION_INVALID", message);

/** "NAME=REST", cut at the last sign: names of models may hold one. */
function cut(text: string, option: string, form: string): readonly [string, string] {
  const at = text.lastIndexOf("=");
  if (at < 1 || at === text.length - 1) throw invalid(`${option} takes ${form}, and not "${text}"`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function seconds(text: string, option: string): number {
  if (!/^\d{1,10}$/.test(text)) throw invalid(`${option} takes whole seconds, and not "${text}"`);
  return Number(text);
}

const MODEL_FORM = 'NAME=UP_TO:PRICE,…[/UP_TO:PRICE,…], as "small=1000:10,8000:40/500:30"';

function classesOf(text: string): { readonly upTo: number; readonly price: string }[] {
  return text.split(",").map((item) => {
    const [, upTo, price] = item.match(/^(\d{1,15}):(\d{1,29})$/) ?? [];
    if (upTo === undefined || price === undefined) throw invalid(`--model takes ${MODEL_FORM}, and not "${item}"`);
    return { upTo: Number(upTo), price };
  });
}

function modelOf(text: string): readonly [string, object] {
  const [name, prices] = cut(text, "--model", MODEL_FORM);
  const [input = "", output, ...more] = prices.split("/");
  if (more.length > 0) throw invalid(`--model takes ${MODEL_FORM}, and not "${text}"`);
  return [name, { input: classesOf(input), ...(output === undefined ? {} : { output: classesOf(output) }) }];
}

function pricingOf({ fixed, method = [], model = [] }: TermsFlags): object | undefined {
  const kinds = [fixed !== undefined, method.length > 0, model.length > 0].filter(Boolean);
  if (kinds.length > 1) throw invalid("--fixed, --method and --model are three ways to price: choose one");
  if (fixed !== undefined) return { kind: "fixed", price: fixed };
  const methods = method.map((text) => cut(text, "--method", "NAME=PRICE"));
  if (methods.length > 0) return { kind: "methods", prices: Object.fromEntries(methods) };
  return model.length > 0 ? { kind: "tokens", models: Object.fromEntries(model.map(modelOf)) } : undefined;
}

/** What was typed goes before what is described. @throws CliError OPTION_INVALID, TERMS_INVALID */
export function composeTerms(description: Readonly<Record<string, unknown>>, flags: TermsFlags): TermsJson {
  const { service, policy, answersSeconds, sessionSeconds, retention, endpoint } = flags;
  const pricing = pricingOf(flags);
  const composed = {
    ...DEFAULTS,
    ...description,
    ...(service === undefined ? {} : { service }),
    ...(policy === undefined ? {} : { policy }),
    ...(endpoint === undefined ? {} : { endpoints: endpoint }),
    ...(pricing === undefined ? {} : { pricing }),
    retention: {
      ...DEFAULT_RETENTION,
      ...(description["retention"] as object | undefined),
      ...(answersSeconds === undefined ? {} : { answersSeconds: seconds(answersSeconds, "--answers-seconds") }),
      ...(sessionSeconds === undefined ? {} : { sessionSeconds: seconds(sessionSeconds, "--session-seconds") }),
      ...(retention === undefined ? {} : { statement: retention }),
    },
  };
  if (!("service" in composed)) throw new CliError("OPTION_MISSING", "--service is missing: who provides what");
  if (!("pricing" in composed))
    throw new CliError("OPTION_MISSING", "prices are missing: --fixed, --method or --model");
  return toJson(validTerms(composed, "the terms"));
}

/** @throws CliError TERMS_INVALID */
function validTerms(json: unknown, source: string): Terms {
  try {
    return parseTerms(json);
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    throw new CliError("TERMS_INVALID", `${source}: ${error.message}`, error);
  }
}

/** @throws CliError FILE_UNREADABLE, TERMS_INVALID */
export async function readJson(file: string): Promise<Record<string, unknown>> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw new CliError("FILE_UNREADABLE", `${file} cannot be read`, error);
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Falls through to the refusal.
  }
  throw new CliError("TERMS_INVALID", `${file} holds no JSON object`);
}

/** @throws CliError FILE_UNREADABLE, TERMS_INVALID */
export const readTerms = async (file: string): Promise<Terms> => validTerms(await readJson(file), file);

/** A file that is there is left as it is, unless told otherwise. @throws CliError OPTION_INVALID, FILE_UNREADABLE */
export async function writeTerms(file: string, terms: TermsJson, isForced: boolean): Promise<void> {
  try {
    await writeFile(file, `${JSON.stringify(terms, null, 2)}\n`, { flag: isForced ? "w" : "wx" });
  } catch (error) {
    if ((error as { code?: unknown }).code === "EEXIST") {
      throw new CliError("OPTION_INVALID", `${file} is there already: --force writes over it`, error);
    }
    throw new CliError("FILE_UNREADABLE", `${file} cannot be written`, error);
  }
}
