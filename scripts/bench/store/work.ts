// SPDX-License-Identifier: GPL-3.0-or-later
/** What a gateway asks of its store for a call, and the least that any store of nullifiers does: one insert that is durable. */
import { randomBytes } from "node:crypto";
import { DatabaseSync } from "node:sqlite";

import pg from "pg";

import { openStore } from "../../../src/gateway/index.ts";
import type { CallClaim, CallOutcome, GatewayStore, TicketKey } from "../../../src/gateway/index.ts";
import type { Signature } from "../../../src/protocol/index.ts";
import { ENDED, POOL_HASH } from "./rows.ts";

/** One piece of work, from one caller. */
export type Work = () => Promise<void>;

export interface Works {
  /** The first and only call of a ticket whose proof was verified: `beginCall`, then `completeCall` with its refund. */
  readonly call: Work;
  /** The same call once more, answered from the store. */
  readonly retry: Work;
  /** A ticket that the store never saw, as it looks before its proof is verified. */
  readonly unseen: Work;
  /** The peer: one durable INSERT … ON CONFLICT DO NOTHING into a table of nullifier, x and y. */
  readonly plain: Work;
  readonly close: () => Promise<void>;
}

const NOW = 1_800_000_000;
const OWNER = "a process";
const RESPONSE = "x".repeat(1_024);
const { r8, s } = JSON.parse(ENDED.refund_signature) as { r8: [string, string]; s: string };
const SIGNATURE: Signature = { r8: [BigInt(r8[0]), BigInt(r8[1])], s: BigInt(s) };

/** Below the field's modulus. */
const anyField = (): bigint => BigInt(`0x${randomBytes(32).toString("hex")}`) >> 3n;

function newClaim(): CallClaim {
  return {
    nullifier: anyField(),
    x: anyField(),
    sessionAddress: ENDED.session_address,
    sequence: 1,
    cap: 10_000n,
    requestHash: `0x${randomBytes(32).toString("hex")}`,
    signature: ENDED.voucher_signature,
    leastRoom: 10n,
  };
}

function outcomeOf({ nullifier, requestHash }: CallClaim): CallOutcome {
  const charged = 4_000n;
  const refund = { refundedCharge: 6_000n, refundedHold: 1_000n, signature: SIGNATURE };
  const receipt = {
    nullifier,
    sequence: 1n,
    requestHash,
    responseHash: requestHash,
    charged,
    modelId: "",
    issuedAt: BigInt(NOW),
  };
  const signature = ENDED.voucher_signature;
  const answer = { response: RESPONSE, receipt, signature, refund: { nullifier, ...refund } };
  return { nullifier, sequence: 1, owner: OWNER, answer, charged, refund, violation: undefined, at: NOW };
}

async function begin(
  store: GatewayStore,
  claim: CallClaim,
  opening: TicketKey | undefined,
  expected: string,
): Promise<void> {
  const { kind } = await store.beginCall(claim, opening, { owner: OWNER, until: NOW + 15 }, NOW);
  if (kind !== expected) throw new Error(`the store decided "${kind}", and not "${expected}"`);
}

const blob = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(64, "0"), "hex");

const INSERT = "INSERT INTO plain (nullifier, x, y) VALUES";
type Insert = (values: readonly [Buffer, Buffer, Buffer]) => Promise<unknown>;

async function plainInserts(location: string): Promise<{ insert: Insert; close: () => Promise<void> }> {
  if (location.startsWith("postgres:")) {
    const pool = new pg.Pool({ connectionString: location, max: 10 });
    const text = `${INSERT} ($1, $2, $3) ON CONFLICT DO NOTHING`;
    return { insert: (values) => pool.query({ name: "plain", text, values: [...values] }), close: () => pool.end() };
  }
  const database = new DatabaseSync(location);
  database.exec("PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  const statement = database.prepare(`${INSERT} (?, ?, ?) ON CONFLICT DO NOTHING`);
  return { insert: async (values) => statement.run(...values), close: async () => database.close() };
}

/** @param location of a store that `fillStore` filled. */
export async function worksOn(location: string): Promise<Works> {
  const store = await openStore(location, POOL_HASH);
  const { insert, close } = await plainInserts(location);
  const served: CallClaim[] = [];
  return {
    async call() {
      const claim = newClaim();
      const { nullifier, x, sessionAddress } = claim;
      await begin(store, claim, { nullifier, share: { x, y: anyField() }, sessionAddress }, "serve");
      const completion = await store.completeCall(outcomeOf(claim));
      if (completion !== "done") throw new Error(`the call was ${completion}`);
      served.push(claim);
    },
    async retry() {
      const claim = served.shift();
      if (claim === undefined) throw new Error("no call was served");
      served.push(claim);
      await begin(store, claim, undefined, "answered");
    },
    unseen: () => begin(store, newClaim(), undefined, "unseen"),
    async plain() {
      await insert([blob(anyField()), blob(anyField()), blob(anyField())]);
    },
    close: async () => {
      await close();
      await store.close();
    },
  };
}
