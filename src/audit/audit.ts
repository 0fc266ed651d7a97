// SPDX-License-Identifier: GPL-3.0-or-later
/** One audit: the history from the endpoint, the contracts' own books, the verifiers, and the provider's store and feed if they are given. */
import { readHeader } from "../chain/index.ts";
import type { BlockHeader, PoolClient, RpcSource } from "../chain/index.ts";
import type { Manifest } from "../prover/index.ts";
import { compareAll, compareHeads } from "./end-state.ts";
import { AuditError } from "./errors.ts";
import { Findings } from "./findings.ts";
import { ProofQueue } from "./proof-queue.ts";
import type { Verify } from "./proof-queue.ts";
import { Replay, moved } from "./replay.ts";
import type { AuditReport } from "./report-data.ts";
import { reportOf } from "./report-data.ts";
import { creationBlockOf } from "./source.ts";
import { checkVerifiers } from "./verifiers.ts";

export interface AuditOptions {
  readonly client: PoolClient;
  readonly verify: Verify;
  readonly manifest: Manifest;
  /** The folder of the key set; default: the project's own. */
  readonly keys?: URL;
  /** Where the pool's events begin; default: the block of its creation, if the endpoint can tell, else 0. */
  readonly fromBlock?: number;
  /** Default: the newest block. */
  readonly toBlock?: number | "latest" | "finalized";
  /** Most blocks in one request. Default 2,000. */
  readonly chunkSize?: number;
  /** At how many blocks on the way the contracts' books are compared too. Default 8. */
  readonly checkpoints?: number;
  /** Of so many closes and slashes one has its proof verified again. Default 1: all. */
  readonly sample?: number;
  readonly say?: (line: string) => void;
  /** Milliseconds of a clock that only goes forward. */
  readonly now?: () => number;
}

/** @throws ChainError; AuditError */
export async function runAudit(options: AuditOptions): Promise<AuditReport> {
  const { client, say = () => undefined, checkpoints = 8, sample = 1, chunkSize = 2_000 } = options;
  const { provider } = client;
  const now = options.now ?? (() => performance.now());
  const started = now();
  const last = await lastBlock(provider, options.toBlock ?? "latest");
  const fromBlock = options.fromBlock ?? (await creationBlockOf(provider, client.pool.address, last.number)) ?? 0;
  if (fromBlock > last.number)
    throw new AuditError("NOTHING_TO_AUDIT", `block ${fromBlock} comes after block ${last.number}`);
  const findings = new Findings();
  const queue = new ProofQueue(options.verify, findings);
  say("comparing the deployed verifiers with the verification keys");
  const verifiers = await checkVerifiers(client, options.manifest, findings, options.keys);
  const initialBalance = await balanceBefore(client, fromBlock);
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
    say,
  });
  await replay.run();
  const { accounts, disputes, folds, money } = replay;
  const models = { client, findings, accounts, disputes, folds, money };
  say(`comparing the contracts' own books at block ${last.number}`);
  const at = { blockTag: last.number };
  replay.compared.push(await compareHeads(models, at, initialBalance));
  await compareAll(models, at, say);
  await queue.done();
  if ((await readHeader(provider, last.number))?.hash !== last.hash) throw moved();
  return reportOf({
    client,
    findings,
    queue,
    replay,
    verifiers,
    fromBlock,
    last,
    sample,
    milliseconds: now() - started,
  });
}

async function lastBlock(source: RpcSource, asked: number | "latest" | "finalized"): Promise<BlockHeader> {
  const header = await readHeader(source, asked);
  if (header === undefined) throw new AuditError("NOTHING_TO_AUDIT", `the endpoint has no block ${asked}`);
  return header;
}

/** Tokens may have been sent to the pool's address before there was a pool. Known where the endpoint has old states. */
async function balanceBefore(client: PoolClient, fromBlock: number): Promise<bigint> {
  if (fromBlock === 0) return 0n;
  return client.token.balanceOf(client.pool.address, { blockTag: fromBlock - 1 }).catch(() => 0n);
}
