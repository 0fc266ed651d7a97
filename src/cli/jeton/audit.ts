// SPDX-License-Identifier: GPL-3.0-or-later
/** `jeton audit`: replays a pool's whole history from an endpoint, and says whether every rule was kept. */
import { Command, Option } from "commander";

import type { AuditOptions, AuditReport } from "../../audit/index.ts";
import { CliError } from "../errors.ts";
import { FOUND_WRONG, note, settle } from "../outcome.ts";
import type { Outcome } from "../outcome.ts";
import { withPool, withPoolOptions } from "./chain-options.ts";
import type { PoolFlags } from "./chain-options.ts";
import { teaching } from "./help.ts";
import type { Teaching } from "./help.ts";

interface AuditFlags extends PoolFlags {
  readonly fromBlock?: string;
  readonly toBlock: string;
  readonly chunk: string;
  readonly checkpoints: string;
  readonly parallel: string;
  readonly sample: string;
  /** A file, or true: on stdout. */
  readonly json?: string | true;
  readonly html?: string;
  readonly store?: string;
  readonly feed?: string;
  readonly allProofs: boolean;
}

const HELP: Teaching = {
  about:
    "It needs no key, and nothing but an endpoint: the pool's events are replayed from its creation on, the tree is built again leaf by leaf, every payout computed again to the unit, every token that moved explained, every proof and signature verified again, the code of pool, rules and verifiers compared with the build (npx hardhat build; without one the report says that code was not compared), and the contracts' own books at the last block held against all that. An endpoint without old states is enough; one that has them has the books compared on the way, too. A provider, or whom it shows its books, adds --store. What can be found, and what each code means, is in docs/audit-report.md.",
  examples: [
    "audit --network base --pool 0x… --html audit.html",
    "audit --rpc-url http://127.0.0.1:8545 --pool 0x… --json report.json",
    "audit --network base --store gateway.sqlite --feed https://gateway.example",
  ],
  exitCodes: "0 no violation; 1 the audit could not be done; 2 the command line was wrong; 3 violations were found.",
};

function whole(text: string, option: string, least: number): number {
  const value = Number(text);
  if (/^\d{1,12}$/.test(text) && value >= least) return value;
  throw new CliError("OPTION_INVALID", `${option} takes a whole number from ${least} on, and not "${text}"`);
}

function blockOf(text: string): number | "latest" | "finalized" {
  return text === "latest" || text === "finalized" ? text : whole(text, "--to-block", 0);
}

async function audit(flags: AuditFlags): Promise<AuditReport> {
  const [{ runAudit }, { Prover }, { ProjectBuild }] = await Promise.all([
    import("../../audit/index.ts"),
    import("../../prover/index.ts"),
    import("../build.ts"),
  ]);
  const numbers = {
    toBlock: blockOf(flags.toBlock),
    chunkSize: whole(flags.chunk, "--chunk", 1),
    checkpoints: whole(flags.checkpoints, "--checkpoints", 0),
    parallel: whole(flags.parallel, "--parallel", 1),
    sample: whole(flags.sample, "--sample", 1),
    ...(flags.fromBlock === undefined ? {} : { fromBlock: whole(flags.fromBlock, "--from-block", 0) }),
  };
  return withPool(flags, async ({ client, fromBlock }) => {
    const prover = await Prover.create({ verifiers: 2 });
    const books = await openBooks(flags, client.pool.poolHash);
    try {
      return await runAudit({
        client,
        ...(fromBlock === undefined ? {} : { fromBlock }),
        ...numbers,
        ...books.options,
        allProofs: flags.allProofs,
        verify: (statement, signals, proof) => prover.verify(statement, signals, proof),
        manifest: prover.manifest,
        build: new ProjectBuild(),
        say: note,
      });
    } finally {
      await books.close();
      await prover.close();
    }
  });
}

interface Books {
  readonly options: Pick<AuditOptions, "store" | "feed">;
  close(): Promise<void>;
}

/** The store is only read. A PostgreSQL URL may hold a password: it can come from the environment. */
async function openBooks({ store, feed }: AuditFlags, poolHash: bigint): Promise<Books> {
  const [{ StoreReader }, { httpProvider }] = await Promise.all([
    import("../../gateway/index.ts"),
    import("../../wallet/index.ts"),
  ]);
  const location = store?.startsWith("env:") === true ? (process.env[store.slice(4)] ?? "") : store;
  const reader = location === undefined ? undefined : await StoreReader.open(location, poolHash);
  const provider = feed === undefined ? undefined : httpProvider(feed);
  return {
    options: {
      ...(reader === undefined ? {} : { store: reader }),
      ...(provider === undefined ? {} : { feed: (request) => provider.publicFeed(request) }),
    },
    close: async () => {
      provider?.close();
      await reader?.close();
    },
  };
}

const jsonOf = (report: AuditReport): string =>
  `${JSON.stringify(report, (_, value: unknown) => (typeof value === "bigint" ? value.toString() : value), 2)}\n`;

/** Writes the files that were asked for, and sums up. */
async function outcomeOf(flags: AuditFlags, report: AuditReport): Promise<Outcome> {
  const [{ documentOf, summaryOf }, { renderReport }, { writeWhole }] = await Promise.all([
    import("../../audit/index.ts"),
    import("../../report/index.ts"),
    import("../files.ts"),
  ]);
  if (typeof flags.json === "string") await writeWhole(flags.json, jsonOf(report));
  if (flags.html !== undefined) await writeWhole(flags.html, renderReport(documentOf(report)));
  return flags.json === true ? { ...report } : { ...summaryOf(report), written: writtenBy(flags) };
}

function writtenBy({ json, html }: AuditFlags): string | undefined {
  const files = [json, html].filter((file): file is string => typeof file === "string");
  return files.length === 0 ? undefined : files.join(", ");
}

async function run(flags: AuditFlags): Promise<void> {
  let isClean = true;
  const isDone = await settle({ json: flags.json === true }, async () => {
    const report = await audit(flags);
    ({ isClean } = report.result);
    return outcomeOf(flags, report);
  });
  process.exitCode = isDone ? (isClean ? 0 : FOUND_WRONG) : 1;
}

export const auditCommand = (): Command =>
  teaching(
    withPoolOptions(new Command("audit").description("check a pool's whole history from an endpoint alone"))
      .option("--from-block <number>", "where to begin; the pool's creation otherwise")
      .option("--to-block <block>", "where to end: a number, latest or finalized", "latest")
      .option("--sample <number>", "verify the proof of one in n closes and slashes, chosen at random", "1")
      .option("--checkpoints <number>", "at how many blocks on the way the contracts' books are compared", "8")
      .option("--chunk <blocks>", "most blocks in one request for events", "2000")
      .option("--parallel <number>", "how many requests for blocks and transactions are under way at once", "8")
      .addOption(
        new Option("--json [file]", "the whole report as JSON: into a file, or on stdout in place of the summary"),
      )
      .option("--html <file>", "the report as a page with charts, in one file")
      .option(
        "--store <store>",
        "the provider's store too: its file, a postgres:// URL, or env:NAME for a variable that holds one",
      )
      .option("--feed <url>", "the provider's public feed too: the gateway's URL")
      .option("--all-proofs", "verify every proof in store and feed, and not some chosen at random", false)
      .action(run),
    HELP,
  );
