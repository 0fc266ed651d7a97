// SPDX-License-Identifier: GPL-3.0-or-later
/** A wallet's file whose transactions are watched: what each of them is about is seen by what it writes. */
import type { SQLInputValue } from "node:sqlite";

import type { WalletStore } from "../../../src/wallet/index.ts";
import type { Death } from "./death.ts";
import type { WalletPoint } from "./points.ts";

/** What a transaction writes, and where it can be cut. */
interface Writing {
  readonly writes: RegExp;
  /** A transaction that writes this too is another one. */
  readonly unless?: RegExp;
  /** Everything is written, and nothing is committed. */
  readonly open?: WalletPoint;
  readonly committed?: WalletPoint;
}

const REQUEST = /^\s*INSERT INTO calls/;
const RECEIPT = /UPDATE calls SET receipt/;

const WRITINGS: readonly Writing[] = [
  { writes: /UPDATE accounts SET next_index/, unless: REQUEST, committed: "ticket taken" },
  { writes: REQUEST, open: "request not stored", committed: "request stored" },
  { writes: RECEIPT, open: "answer not stored", committed: "answer stored" },
  { writes: /UPDATE tickets SET status = 'ended'/, unless: RECEIPT, committed: "refund stored" },
  { writes: /INSERT INTO tickets .*'proved'/, open: "proof not stored", committed: "proof stored" },
  { writes: /INSERT INTO folds/, committed: "fold stored" },
  { writes: /UPDATE folds SET is_signed/, committed: "fold kept" },
  { writes: /UPDATE accounts SET closing_from/, committed: "close decided" },
];

function pointsOf(statements: readonly string[]): readonly Writing[] {
  const has = (pattern: RegExp): boolean => statements.some((sql) => pattern.test(sql));
  return WRITINGS.filter(({ writes, unless }) => has(writes) && !(unless !== undefined && has(unless)));
}

export interface WatchedStore {
  readonly store: WalletStore;
  /** Writes what the planted bug left out. */
  readonly catchUp: () => void;
}

/** @param isForgetful a bug that the audit must find: a request is stored when its answer came, and not before it is sent. */
export function watchStore(inner: WalletStore, death: Death<WalletPoint>, isForgetful: boolean): WatchedStore {
  let statements: string[] = [];
  let left: (() => void)[] = [];

  function transaction<T>(body: () => T): T {
    statements = [];
    const result = inner.transaction(() => {
      const value = body();
      for (const { open } of pointsOf(statements)) if (open !== undefined) death.at(open);
      return value;
    });
    for (const { committed } of pointsOf(statements)) if (committed !== undefined) death.at(committed);
    return result;
  }
  function run(sql: string, ...values: SQLInputValue[]): number {
    statements.push(sql);
    if (!isForgetful || !REQUEST.test(sql)) return inner.run(sql, ...values);
    left.push(() => void inner.run(sql, ...values));
    return 1;
  }
  const store = new Proxy(inner, {
    get(target, name) {
      if (name === "transaction") return transaction;
      if (name === "run") return run;
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === "function" ? (member.bind(target) as unknown) : member;
    },
  });
  const catchUp = (): void => {
    inner.transaction(() => left.forEach((write) => write()));
    left = [];
  };
  return { store, catchUp };
}
