// SPDX-License-Identifier: GPL-3.0-or-later
/** Stores on every database, each with a database of its own for every test, and records to put into them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { openStore } from "../../../src/gateway/index.ts";
import type {
  CallClaim,
  CallOutcome,
  Enrolment,
  Fold,
  GatewayStore,
  Lease,
  OpenedDispute,
  RefundRecord,
  TicketKey,
  Violation,
} from "../../../src/gateway/index.ts";
import type { CallAnswer } from "../../../src/wire/index.ts";
import { postgresOrSkip } from "../../support/postgres.ts";

export const POOL_HASH = 77n;
export const NOW = 1_800_000_000;
export const SESSION = `0x${"ab".repeat(20)}`;
const SIGNATURE = `0x${"11".repeat(64)}1b`;
const HASH = `0x${"5a".repeat(32)}`;
const PROOF = { a: [1n, 2n], b: [[3n, 4n], [5n, 6n]], c: [7n, 8n] } as const; // prettier-ignore

/** One database, and the stores that a test opened on it. */
export interface StoreHome {
  readonly location: string;
  open(poolHash?: bigint): Promise<GatewayStore>;
}

type Locate = (context: Mocha.Context) => Promise<string>;

/** The same tests for every database. `home` is that of the running test. */
export function describeStores(title: string, tests: (home: () => StoreHome) => void): void {
  let folder: string;
  const databases: [string, Locate][] = [
    ["SQLite", async () => join(folder, "gateway")],
    ["PostgreSQL", async (context) => (await postgresOrSkip(context)).newDatabase()],
  ];
  for (const [name, locate] of databases) {
    describe(`${title}, on ${name}`, function () {
      this.timeout(60_000);
      let location: string;
      let opened: GatewayStore[];
      beforeEach(async function () {
        folder = mkdtempSync(join(tmpdir(), "jeton-"));
        opened = [];
        location = await locate(this);
      });
      afterEach(async () => {
        await Promise.all(opened.map((store) => store.close()));
        rmSync(folder, { recursive: true, force: true });
      });
      tests(() => ({
        location,
        async open(poolHash = POOL_HASH) {
          const store = await openStore(location, poolHash);
          opened.push(store);
          return store;
        },
      }));
    });
  }
}

export const ticketKey = (nullifier: bigint): TicketKey => ({
  nullifier,
  share: { x: 1_000n + nullifier, y: 2_000n + nullifier },
  sessionAddress: SESSION,
});

export const claimOf = (nullifier: bigint, change: Partial<CallClaim> = {}): CallClaim => ({
  nullifier,
  x: 1_000n + nullifier,
  sessionAddress: SESSION,
  sequence: 1,
  cap: 100n,
  requestHash: `0x${(change.sequence ?? 1).toString(16).padStart(64, "0")}`,
  signature: SIGNATURE,
  leastRoom: 10n,
  ...change,
});

export const leaseOf = (owner: string, until = NOW + 15): Lease => ({ owner, until });

export const refundOf = (refundedCharge: bigint, refundedHold = 5n): RefundRecord => ({
  refundedCharge,
  refundedHold,
  signature: { r8: [11n, 12n], s: 13n },
});

export const answerOf = (nullifier: bigint, charged: bigint): CallAnswer => ({
  response: `answer to ${nullifier}`,
  receipt: { nullifier, sequence: 1n, requestHash: HASH, responseHash: HASH, charged, modelId: "m", issuedAt: 7n },
  signature: SIGNATURE,
  refund: null,
});

export const outcomeOf = (nullifier: bigint, owner: string, change: Partial<CallOutcome> = {}): CallOutcome => ({
  nullifier,
  sequence: 1,
  owner,
  answer: answerOf(nullifier, 30n),
  charged: 30n,
  refund: undefined,
  violation: undefined,
  at: NOW,
  ...change,
});

export const violationOf = (nullifier: bigint): Violation => ({ nullifier, evidenceHash: HASH, evidence: "{}" });

export const disputeOf = (nullifier: bigint): OpenedDispute => ({ ...ticketKey(nullifier), resolvableAt: 1n << 60n });

export const enrolmentOf = (nullifier: bigint, state = 9n): Enrolment => ({
  nullifier,
  root: 8n,
  state,
  proof: PROOF,
  signature: { r8: [1n, 2n], s: 3n },
});

export const foldOf = (state: bigint, nullifiers: readonly bigint[], certified = 0n): Fold => ({
  state,
  nullifiers,
  certified,
  proof: PROOF,
  signature: { r8: [1n, 2n], s: 3n },
});

/** Opens a ticket and serves its first call: charged 30. */
export async function serve(store: GatewayStore, nullifier: bigint, change: Partial<CallOutcome> = {}): Promise<void> {
  const owner = "server";
  const decision = await store.beginCall(claimOf(nullifier), ticketKey(nullifier), leaseOf(owner), NOW);
  if (decision.kind !== "serve") throw new Error(`the call of ${nullifier} is ${decision.kind}`);
  const completion = await store.completeCall(outcomeOf(nullifier, owner, change));
  if (completion !== "done") throw new Error(`the call of ${nullifier} is ${completion}`);
}

/** The whole feed, by pages. */
export async function wholeFeed(
  store: GatewayStore,
  limit = 1_000,
): Promise<Awaited<ReturnType<GatewayStore["feed"]>>> {
  const all = [];
  for (let after = 0; ; after = all.at(-1)?.position ?? 0) {
    const page = await store.feed(after, limit);
    all.push(...page);
    if (page.length < limit) return all;
  }
}
