// SPDX-License-Identifier: GPL-3.0-or-later
/** A planted bug: one line of a contract, changed. */

/** solidity: the invariants of test/contracts/Ledger.t.sol. typescript: test/e2e/campaign.test.ts, with a model in place of the verifiers. */
export const CAMPAIGNS = ["solidity", "typescript"] as const;
export type Campaign = (typeof CAMPAIGNS)[number];

export interface Mutation {
  readonly id: string;
  /** A file of contracts/. */
  readonly file: string;
  /** Occurs in the file exactly once; lines around the one that changes may belong to it. */
  readonly original: string;
  readonly replacement: string;
  /** What the bug does. */
  readonly breaks: string;
  /** The campaigns that must catch it. */
  readonly caughtBy: readonly Campaign[];
}

export function occurrences(text: string, snippet: string): number {
  return text.split(snippet).length - 1;
}

export function mutate(text: string, { id, file, original, replacement }: Mutation): string {
  const count = occurrences(text, original);
  if (count !== 1) throw new Error(`${id}: its original occurs ${count} times in contracts/${file}; it must once`);
  return text.replace(original, () => replacement);
}
