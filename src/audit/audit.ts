// SPDX-License-Identifier: GPL-3.0-or-later
/** One audit: the history from the endpoint, the contracts' own books, the verifiers, and the provider's store and feed if they are given. */
import { readHeader, verifiersOf } from "../chain/index.ts";
import type { BlockHeader, BuildReader, PoolClient, RpcSource } from "../chain/index.ts";
import type { StoreReader } from "../gateway/index.ts";
import type { Manifest } from "../prover/index.ts";
import type { BookOptions } from "./books.ts";
import { checkCode } from "./code.ts";
import { compareAll, compareHeads } from "./end-state.ts";
import { AuditError } from "./errors.ts";
import { FeedBooks } from "./feed-books.ts";
import type { FeedFigures, FeedSource } from "./feed-books.ts";
import { Findings } from "./findings.ts";
import { Progress } from "./progress.ts";
import { ProofQueue } from "./proof-queue.ts";
import type { Verify } from "./proof-queue.ts";
import { Replay, moved } from "./replay.ts";
import type { AuditReport, BooksReport } from "./report-data.ts";
import { reportOf } from "./report-data.ts";
import { creationBlockOf } from "./source.ts";
import { CloseWatch, StoreBooks } from "./store-books.ts";
import type { StoreFigures } from "./store-books.ts";
import { checkVerifiers } from "./verifiers.ts";

export interface AuditOptions {
  readonly client: PoolClient;
  readonly verify: Verify;
  readonly manifest: Manifest;
  /** The contracts' build, to compare the deployed code with. Without it, or where it is not of these sources, code is not compared. */
  readonly build?: BuildReader | undefined;
  /** The folder of the key set; default: the project's own. */
  readonly keys?: URL;
  /** Where the pool's events begin; default: the block of its creation, if the endpoint can tell, else 0. */
  readonly fromBlock?: number;
  /** Default: the newest block. */
  readonly toBlock?: number | "latest" | "finalized";
  /** Most blocks in one request. Default 2,000. */
  readonly chunkSize?: number;
  /** How many requests for blocks and transactions are under way at once. Default 8. */
  readonly parallel?: number;
  /** At how many blocks on the way the contracts' books are compared too. Default 8. */
  readonly checkpoints?: number;
  /** Of so many closes and slashes one has its proof verified again, chosen at random; or those of some accounts. Default 1: all. */
  readonly sample?: number | ((identityCommitment: bigint) => boolean);
  /** The provider's store, to be reconciled with the chain. It stays the caller's to close. */
  readonly store?: StoreReader;
  /** The provider's public feed. */
  readonly feed?: FeedSource;
  /** Whether every proof in store and feed is verified, or some chosen at random. */
  readonly allProofs?: boolean;
  readonly say?: (line: string) => void;
  /** Milliseconds of a clock that only goes forward. */
  readonly now?: () => number;
}

/** @throws ChainError; AuditError */
export async function runAudit(options: AuditOptions): Promise<AuditReport> {
  const { client, checkpoints = 8, sample = 1, chunkSize = 2_000, parallel = 8 } = options;
  const { provider } = client;
  const now = options.now ?? (() => performance.now());
  const progress = new Progress(options.say ?? (() => undefined), now);
  const started = now();
  const last = await lastBlock(provider, options.toBlock ?? "latest");
  const fromBlock = options.fromBlock ?? (await creationBlockOf(provider, client.pool.address, last.number)) ?? 0;
  if (fromBlock > last.number)
    throw new AuditError("NOTHING_TO_AUDIT", `block ${fromBlock} comes after block ${last.number}`);
  const findings = new Findings();
  const queue = new ProofQueue(options.verify, findings);
  progress.say("comparing the deployed verifiers with the verification keys");
  const addresses = await verifiersOf(client);
  const verifiers = await checkVerifiers(client, addresses, options.manifest, findings, options.keys);
  progress.say("comparing the deployed code with the build");
  const code = await checkCode(client, addresses, findings, options.build);
  const initialBalance = await balanceBefore(client, fromBlock);
  const watch = options.store && (await CloseWatch.begin(options.store, client.pool, findings));
  const replay = new Replay({
    client,
    source: provider,
    findings,
    queue,
    fromBlock,
    toBlock: last.number,
    chunkSize,
    sample,
    checkpoints,
    isProviderContract: (await provider.getCode(client.parameters.provider)) !== "0x",
    initialBalance,
    parallel,
    progress,
    ...(watch === undefined ? {} : { onClose: (event, deposit) => watch.see(event, deposit) }),
  });
  await replay.run();
  const { accounts, disputes, folds, money } = replay;
  const models = { client, findings, accounts, disputes, folds, money };
  progress.say(`comparing the contracts' own books at block ${last.number}`);
  const at = { blockTag: last.number };
  replay.compared.push(await compareHeads(models, at, initialBalance));
  await compareAll(models, at, progress);
  const facts = { pool: client.pool, accounts, disputes, folds, money, toBlock: last.number };
  const books = await booksOf(
    progress,
    { facts, findings, queue, sample: typeof sample === "number" ? sample : 1, allProofs: options.allProofs ?? false },
    options,
    watch,
  );
  await queue.done();
  if ((await readHeader(provider, last.number))?.hash !== last.hash) throw moved();
  return reportOf({
    client,
    findings,
    queue,
    replay,
    verifiers,
    code,
    books,
    fromBlock,
    last,
    milliseconds: now() - started,
  });
}

async function booksOf(
  progress: Progress,
  shared: BookOptions,
  { store, feed }: AuditOptions,
  watch: CloseWatch | undefined,
): Promise<BooksReport> {
  let [ofStore, ofFeed, enrolmentTimes]: [StoreFigures?, FeedFigures?, (readonly number[])?] = [];
  if (store !== undefined && watch !== undefined) {
    progress.say("reconciling the provider's store");
    const books = new StoreBooks(store, watch, shared);
    ofStore = await books.reconcile();
    ({ enrolmentTimes } = books);
  }
  if (feed !== undefined) {
    progress.say("reading the provider's feed");
    const books = new FeedBooks(feed, shared, store);
    ofFeed = await books.reconcile();
    enrolmentTimes ??= books.enrolmentTimes;
  }
  return { store: ofStore, feed: ofFeed, enrolmentTimes };
}

async function lastBlock(source: RpcSource, asked: number | "latest" | "finalized"): Promise<BlockHeader> {
  const header = await readHeader(source, asked);
  if (header === undefined) throw new AuditError("NOTHING_TO_AUDIT", `the endpoint has no block ${asked}`);
  return header;
}

/** Tokens may have been sent to the pool's address before there was a pool. Undefined where the endpoint has no old states: then nobody knows. */
async function balanceBefore({ provider, token, pool }: PoolClient, fromBlock: number): Promise<bigint | undefined> {
  if (fromBlock === 0) return 0n;
  const blockTag = fromBlock - 1;
  try {
    if ((await provider.getCode(token.address, blockTag)) === "0x") return 0n;
    return await token.balanceOf(pool.address, { blockTag });
  } catch {
    return undefined;
  }
}
