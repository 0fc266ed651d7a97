// SPDX-License-Identifier: GPL-3.0-or-later
/** Reads the committed vectors. In the files every number of the protocol is a decimal string. */
import { readFileSync } from "node:fs";

import type { Point, Signature } from "./model/curve.ts";
import type { Close, Receipt } from "./model/messages.ts";
import type { Closing, Ended, Split } from "./model/payouts.ts";
import type { Path, State } from "./model/protocol.ts";
import type { Statement } from "./model/statements.ts";

interface FoldedRefund {
  readonly index: number;
  readonly charge: bigint;
  readonly hold: bigint;
}

export interface Vectors {
  readonly parameters: {
    readonly tags: Readonly<Record<string, bigint>>;
    readonly fieldModulus: bigint;
    readonly subgroupOrder: bigint;
  };
  readonly poseidon: readonly { readonly inputs: readonly bigint[]; readonly hash: bigint }[];
  readonly tree: {
    readonly accounts: readonly { readonly commitment: bigint; readonly deposit: bigint; readonly leaf: bigint }[];
    /** Of the first 1, 2, … 20 accounts. */
    readonly roots: readonly bigint[];
    readonly paths: readonly (Path & { readonly size: number; readonly position: number; readonly root: bigint })[];
  };
  readonly tickets: {
    readonly k: bigint;
    readonly poolHash: bigint;
    readonly root: bigint;
    readonly enrollNullifier: bigint;
    readonly keys: readonly {
      readonly index: number;
      readonly key: bigint;
      readonly nullifier: bigint;
      readonly foldNullifier: bigint;
    }[];
    readonly shares: readonly { readonly index: number; readonly x: bigint; readonly y: bigint }[];
    readonly covers: readonly { readonly firstUnused: number; readonly slots: readonly bigint[] }[];
    readonly fillers: readonly { readonly rho: bigint; readonly slot: number; readonly filler: bigint }[];
  };
  readonly states: {
    readonly poolHash: bigint;
    readonly k: bigint;
    readonly deposit: bigint;
    readonly first: { readonly state: State; readonly hash: bigint };
    readonly folds: readonly { readonly refunds: readonly FoldedRefund[]; readonly state: State; readonly hash: bigint }[];
    readonly refunds: readonly {
      readonly nullifier: bigint;
      readonly charge: bigint;
      readonly hold: bigint;
      readonly message: bigint;
    }[];
  };
  readonly messages: {
    readonly where: { readonly chainId: bigint; readonly pool: string };
    readonly scopes: readonly { readonly chainId: bigint; readonly pool: string; readonly scope: bigint }[];
    readonly pools: readonly {
      readonly chainId: bigint;
      readonly pool: string;
      readonly hold: bigint;
      readonly providerKey: Point;
      readonly scope: bigint;
      readonly poolTerms: bigint;
      readonly poolHash: bigint;
    }[];
    readonly ticketMessages: readonly { readonly scope: bigint; readonly session: string; readonly x: bigint }[];
    readonly contexts: readonly { readonly poolHash: bigint; readonly recipient: string; readonly context: bigint }[];
    readonly authorizations: readonly {
      readonly pool: string;
      readonly commitment: bigint;
      readonly amount: bigint;
      readonly salt: bigint;
      readonly nonce: bigint;
    }[];
    readonly closes: readonly (Close & {
      readonly poolHash: bigint;
      readonly z: bigint;
      readonly e: bigint;
      readonly consentDeadline: bigint;
      readonly consentDigest: bigint;
    })[];
    readonly calls: readonly {
      readonly nullifier: bigint;
      readonly sequence: bigint;
      readonly cap: bigint;
      readonly requestHash: bigint;
      readonly digest: bigint;
    }[];
    readonly disputes: readonly { readonly nullifier: bigint; readonly recipient: string; readonly digest: bigint }[];
    readonly receipts: readonly (Receipt & { readonly digest: bigint })[];
  };
  readonly signatures: {
    readonly privateKey: string;
    readonly publicKey: Point;
    readonly eighth: Point;
    readonly valid: readonly (Signature & { readonly message: bigint })[];
    readonly broken: readonly (Signature & { readonly why: string; readonly message: bigint })[];
    /** Points of order 1, 2, 4 and 8. */
    readonly weakKeys: readonly Point[];
  };
  readonly payouts: {
    readonly closes: readonly { readonly account: Ended; readonly closing: Closing; readonly split: Split }[];
    readonly slashes: readonly { readonly account: Ended; readonly bountyBps: bigint; readonly split: Split }[];
    readonly stakes: readonly {
      readonly deposit: bigint;
      readonly stakeMinimum: bigint;
      readonly stakeBps: bigint;
      readonly stake: bigint;
    }[];
  };
  readonly statements: Readonly<Record<"enroll" | "request" | "fold" | "close" | "slash" | "refund", Statement>>;
}

const DATA = new URL("./data/", import.meta.url);

export const textOf = (name: string): string => readFileSync(new URL(`${name}.json`, DATA), "utf8");

export function readVectors<Name extends keyof Vectors>(name: Name): Vectors[Name] {
  return JSON.parse(textOf(name), (_, value: unknown) =>
    typeof value === "string" && /^\d+$/.test(value) ? BigInt(value) : value,
  ) as Vectors[Name];
}
