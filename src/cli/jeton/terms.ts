// SPDX-License-Identifier: GPL-3.0-or-later
/** `jeton terms`: writes a provider's terms, checks that they fit a pool, and tells their hash. */
import { Command } from "commander";

import type { PoolParameters } from "../../protocol/index.ts";
import type { Terms } from "../../wire/index.ts";
import { CliError } from "../errors.ts";
import type { Outcome } from "../outcome.ts";
import { jsonOption, saying } from "./action.ts";
import { teaching } from "./help.ts";
import type { TermsFlags } from "./terms-file.ts";

interface WriteFlags extends TermsFlags {
  readonly from?: string;
  readonly force?: boolean;
}

interface CheckFlags {
  readonly rpcUrl?: string;
  readonly pool?: string;
  readonly ticketPrice?: string;
  readonly unit?: string;
}

/** How long a chain's endpoint may take. */
const ENDPOINT_MILLISECONDS = 20_000;

async function summary(terms: Terms): Promise<Outcome> {
  const { pricesOf, termsHashOf, toJson } = await import("../../wire/index.ts");
  const { kind } = terms.pricing;
  return { termsHash: termsHashOf(toJson(terms)), pricing: kind, prices: pricesOf(terms).length };
}

/** `jeton terms write`. @throws CliError */
export async function writeTermsFile(file: string, { from, force = false, ...flags }: WriteFlags): Promise<Outcome> {
  const { composeTerms, readJson, readTerms, writeTerms } = await import("./terms-file.ts");
  const terms = composeTerms(from === undefined ? {} : await readJson(from), flags);
  await writeTerms(file, terms, force);
  return { file, ...(await summary(await readTerms(file))) };
}

const amount = (text: string, option: string): bigint => {
  if (!/^[1-9]\d{0,28}$/.test(text))
    throw new CliError("OPTION_INVALID", `${option} takes token units, and not "${text}"`);
  return BigInt(text);
};

/** The pool's parameters, from its chain. @throws CliError CONFIGURATION_MISSING, ChainError */
async function parametersOf(rpcUrl: string, pool: string): Promise<PoolParameters> {
  const { FetchRequest, JsonRpcProvider, Network } = await import("ethers");
  const { PoolClient } = await import("../../chain/index.ts");
  const request = (): InstanceType<typeof FetchRequest> => {
    const made = new FetchRequest(rpcUrl);
    made.timeout = ENDPOINT_MILLISECONDS;
    return made;
  };
  const asked = request();
  asked.body = { jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] };
  const chainId = await asked.send().then(
    (response) => BigInt((response.bodyJson as { result: string }).result),
    (error: unknown) => {
      throw new CliError("CONFIGURATION_MISSING", "the endpoint of --rpc-url does not answer", error);
    },
  );
  const provider = new JsonRpcProvider(request(), Network.from(chainId), { staticNetwork: true });
  try {
    return (await PoolClient.connect(provider, pool)).parameters;
  } finally {
    provider.destroy();
  }
}

/** `jeton terms check`. @throws CliError, ChainError */
export async function checkTerms(file: string, { rpcUrl, pool, ticketPrice, unit }: CheckFlags): Promise<Outcome> {
  if ((rpcUrl === undefined) !== (pool === undefined)) {
    throw new CliError("OPTION_MISSING", "--rpc-url and --pool are given together");
  }
  if ((ticketPrice === undefined) !== (unit === undefined)) {
    throw new CliError("OPTION_MISSING", "--ticket-price and --unit are given together");
  }
  const [{ readTerms }, { termsProblem }] = await Promise.all([
    import("./terms-file.ts"),
    import("../../wire/index.ts"),
  ]);
  const terms = await readTerms(file);
  const told = await summary(terms);
  const requireFit = (parameters: Parameters<typeof termsProblem>[1], what: string): void => {
    const problem = termsProblem(terms, parameters);
    if (problem !== undefined) throw new CliError("TERMS_INVALID", `${file} does not fit ${what}: ${problem}`);
  };
  if (ticketPrice !== undefined && unit !== undefined) {
    const given = { ticketPrice: amount(ticketPrice, "--ticket-price"), unit: amount(unit, "--unit") };
    requireFit(given, `a ticket price of ${ticketPrice} and a unit of ${unit}`);
  }
  if (rpcUrl === undefined || pool === undefined) {
    return { file, ...told };
  }
  const parameters = await parametersOf(rpcUrl, pool);
  requireFit(parameters, `the pool at ${pool}`);
  if (parameters.termsHash.toLowerCase() !== told["termsHash"]) {
    throw new CliError(
      "TERMS_INVALID",
      `${file} is not what the pool at ${pool} names: its termsHash is ${parameters.termsHash}`,
    );
  }
  return { file, ...told, pool };
}

/** `jeton terms hash`. @throws CliError */
export async function hashTerms(file: string): Promise<Outcome> {
  const { readTerms } = await import("./terms-file.ts");
  const { termsHash } = await summary(await readTerms(file));
  return { termsHash };
}

/** For options that may stand more than once. */
const collect = (value: string, all: readonly string[] | undefined): readonly string[] => [...(all ?? []), value];

function writeCommand(): Command {
  return new Command("write")
    .description("make a terms file from options, or from a description that leaves out what has a default")
    .argument("<file>", "where the terms are written")
    .option("--from <file>", "a JSON description with the fields of terms; options go before it")
    .option("--service <text>", "who provides what")
    .option("--fixed <price>", "one price for every call, in token units")
    .option("--method <name=price>", "the price of a method; again for each", collect)
    .option(
      "--model <name=input/output>",
      "a model's classes of tokens, as small=1000:10,8000:40/500:30; again for each",
      collect,
    )
    .option("--policy <text>", "what a ticket may not be used for")
    .option("--answers-seconds <seconds>", "how long answers are kept for retries")
    .option("--session-seconds <seconds>", "when an idle session is ended")
    .option("--retention <text>", "what is kept, in words")
    .option("--endpoint <url>", "where the gateway answers; again for each", collect)
    .option("--force", "write over a file that is there")
    .addOption(jsonOption())
    .action(saying(writeTermsFile, 1));
}

function checkCommand(): Command {
  return new Command("check")
    .description("check that a terms file is well formed and fits a pool")
    .argument("<file>", "the terms")
    .option("--rpc-url <url>", "the chain's endpoint: checks against the pool itself, and its hash of the terms")
    .option("--pool <address>", "the pool")
    .option("--ticket-price <amount>", "for a pool that is not there yet, in token units")
    .option("--unit <amount>", "its unit of amounts, in token units")
    .addOption(jsonOption())
    .action(saying(checkTerms, 1));
}

const hashCommand = (): Command =>
  new Command("hash")
    .description("tell the hash that a pool names as its termsHash")
    .argument("<file>", "the terms")
    .addOption(jsonOption())
    .action(saying(hashTerms, 1));

export const termsCommand = (): Command =>
  teaching(
    new Command("terms")
      .description("what a provider publishes: prices, policy, retention")
      .helpCommand(false)
      .addCommand(writeCommand())
      .addCommand(checkCommand())
      .addCommand(hashCommand()),
    {
      about:
        "A pool holds the hash of its terms for ever, and wallets refuse a gateway whose terms have another: check them before the pool is deployed.",
      examples: [
        "terms write terms.json --service Echo --fixed 1000 --policy None. --endpoint https://gateway.example",
        "terms check terms.json --ticket-price 10000 --unit 100",
        "terms hash terms.json",
      ],
    },
  );
