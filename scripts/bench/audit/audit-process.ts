// SPDX-License-Identifier: GPL-3.0-or-later
/** A process that audits what an endpoint serves; or one that reads the same events with ethers alone. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { JsonRpcProvider, Network } from "ethers";

import { runAudit } from "../../../src/audit/index.ts";
import { PoolClient } from "../../../src/chain/index.ts";
import { Prover } from "../../../src/prover/index.ts";
import { answerParent } from "../child.ts";
import { processorTime } from "../statistics.ts";
import type { Served } from "./endpoint-process.ts";
import { POOL_ABI, SETTLEMENT_ABI } from "./events.ts";
import { CHAIN, PARTIES } from "./history.ts";

/** Milliseconds, bytes and counts. */
export interface Cost {
  readonly clock: number;
  readonly processor: number;
  readonly events: number;
  readonly mostResident: number;
}

export interface AuditCost extends Cost {
  readonly accounts: number;
  readonly closed: number;
  readonly proofs: number;
  readonly violations: number;
  readonly codes: readonly string[];
  /** What was kept when all events were read, after garbage was collected, above what there was before. */
  readonly held: number;
}

const SAMPLE = 200;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function held(): number {
  collectGarbage();
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const connect = (url: string): JsonRpcProvider =>
  new JsonRpcProvider(url, Network.from(CHAIN), { staticNetwork: true, cacheTimeout: -1 });

/** What some work takes, and the most memory of the process while it is under way. */
async function costOf<T>(work: () => Promise<T>): Promise<{ value: T } & Omit<Cost, "events">> {
  let mostResident = process.memoryUsage.rss();
  const watch = setInterval(() => (mostResident = Math.max(mostResident, process.memoryUsage.rss())), SAMPLE);
  const [start, before] = [performance.now(), processorTime()];
  try {
    const value = await work();
    return { value, clock: performance.now() - start, processor: processorTime() - before, mostResident };
  } finally {
    clearInterval(watch);
  }
}

async function audit({ url, pool, proved }: Served): Promise<AuditCost> {
  const provider = connect(url);
  const prover = await Prover.create({ verifiers: 2 });
  const isProved = new Set(proved);
  const before = held();
  let after = before;
  const { value, ...cost } = await costOf(async () =>
    runAudit({
      client: await PoolClient.connect(provider, pool),
      verify: (statement, signals, proof) => prover.verify(statement, signals, proof),
      manifest: prover.manifest,
      fromBlock: 0,
      sample: (identityCommitment) => isProved.has(identityCommitment),
      say: (line) => {
        process.stderr.write(`        ${line}\n`);
        if (line.startsWith("comparing the contracts' own books")) after = held();
      },
    }),
  );
  await prover.close();
  provider.destroy();
  const { checked, accounts, result, counts } = value;
  return {
    ...cost,
    events: checked.events,
    accounts: accounts.opened,
    closed: accounts.closed,
    proofs: Object.values(checked.proofs).reduce((sum, count) => sum + count, 0),
    violations: result.violations,
    codes: Object.keys(counts),
    held: after - before,
  };
}

/** The pool's own events by `getLogs` and `parseLog`, in ranges that are halved while the endpoint refuses: what every reader of them must do. */
async function read({ url, lastBlock }: Served): Promise<Cost> {
  const provider = connect(url);
  const address = [PARTIES.pool, PARTIES.settlement, PARTIES.disputes];
  const { value: events, ...cost } = await costOf(async () => {
    let [count, width] = [0, 2_000];
    for (let fromBlock = 0; fromBlock <= lastBlock;) {
      const toBlock = Math.min(fromBlock + width - 1, lastBlock);
      const logs = await provider.getLogs({ address, fromBlock, toBlock }).catch((error: unknown) => {
        if (width === 1) throw error;
        return undefined;
      });
      if (logs === undefined) {
        width = Math.ceil(width / 2);
        continue;
      }
      for (const log of logs) {
        const parsed = (log.address.toLowerCase() === PARTIES.pool ? POOL_ABI : SETTLEMENT_ABI).parseLog(log);
        if (parsed !== null && parsed.args.length > 0) count += 1;
      }
      fromBlock = toBlock + 1;
    }
    return count;
  });
  provider.destroy();
  return { ...cost, events };
}

answerParent({ audit, read });
