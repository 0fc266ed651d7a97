// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What each verb costs in gas. A deposit's cost follows from its place in the tree, to the unit: each level below the root hashes where the
 * place has a 1 and stores a node where it has a 0, and a place that is a power of two adds a level. The other verbs cost what was measured.
 */
import type { SimulatedEvent, Verb } from "./events.ts";
import type { Measured } from "./measured.ts";

/** Found from deposits 2 to 140 of a pool, which they give to the unit; the test deposits anew. Without the transaction's own 21,000 and its data. */
const DEPOSIT = { base: 121_478, hash: 21_136, store: 5_162, level: 19_968 } as const;
/** The first two deposits write slots that were empty. */
const FIRST_DEPOSITS = [68_297, 17_000] as const;
/** A selector and two words, of which an amount has some 25 zeros: 21,000 of the transaction and 16 or 4 a byte. */
const DEPOSIT_DATA = 21_000 + 740;

/** Ones in the binary form of all numbers below `count`. */
export function onesBelow(count: number): number {
  let ones = 0;
  for (let bit = 1; bit < count; bit *= 2) {
    const whole = Math.floor(count / (2 * bit)) * bit;
    ones += whole + Math.max(0, (count % (2 * bit)) - bit);
  }
  return ones;
}

/** Levels below the root after the deposit at each place below `count`, summed: places up to 2^d − 1 see d levels. */
function levelsBelow(count: number): number {
  let levels = 0;
  for (let depth = 1; 2 ** (depth - 1) < count; depth++)
    levels += depth * (Math.min(2 ** depth, count) - 2 ** (depth - 1));
  return levels;
}

const powersBelow = (count: number): number => (count <= 1 ? 0 : Math.ceil(Math.log2(count)));

/** The cost of all deposits at places below `count`. */
function depositsBelow(count: number): number {
  const ones = onesBelow(count);
  const first = FIRST_DEPOSITS.slice(0, count).reduce<number>((sum, extra) => sum + extra, 0);
  const { base, hash, store, level } = DEPOSIT;
  const zeros = levelsBelow(count) - ones;
  return count * (DEPOSIT_DATA + base) + ones * hash + zeros * store + powersBelow(count) * level + first;
}

/** The mean cost of the deposits at places `from` to `to` − 1. */
export const depositGas = (from: number, to: number): number => (depositsBelow(to) - depositsBelow(from)) / (to - from);

/** What a batch costs beside its accounts: tokens and ledger. */
const BATCH_BASE = 107_000;
const BATCH_MEASURED = 100;

/** Each account of a batch hashes its leaf, writes two slots, and needs one more inner node. */
export function batchGas({ gas }: Measured, count: number): number {
  const { "0": one, "100": two, "1000": three } = gas.depositBatch100PerAccountInto;
  const perAccount = ((one + two + three) / 3 - BATCH_BASE / BATCH_MEASURED) * count;
  return BATCH_BASE + perAccount;
}

/** An approval of the pool, once for each user: OpenZeppelin's ERC-20, from nothing to something. */
const APPROVE = 46_367;

export function gasTable({ gas }: Measured): Readonly<Record<Exclude<Verb, "deposit" | "depositBatch">, number>> {
  return {
    approve: APPROVE,
    startClose: gas.startClose,
    closeWithConsent: gas.closeWithConsent,
    finalizeClose: gas.finalizeCloseOfUsedTickets,
    slash: gas.slashLater,
    expire: gas.expire,
    openDispute: gas.openDisputeLater,
    answerDispute: gas.answerDisputeWithVoucher,
    resolveDispute: gas.resolveDisputeOutOf.bond,
    reportViolation: gas.reportViolation,
    postBond: gas.postBond,
    withdrawRevenue: gas.withdrawRevenue,
    burn: gas.burn,
  };
}

/** What a slot costs more that was zero. */
export const FRESH_SLOT = 17_100;

/** By how much a single transaction may differ from the model, as a share. Deposits: zeros in their data. Closes: how many cover keys there are. The others: slots that are empty or not. */
export const TOLERANCE: Readonly<Record<Verb, number>> = {
  approve: 0.01,
  deposit: 0.001,
  depositBatch: 0.15,
  startClose: 0.06,
  closeWithConsent: 0.06,
  finalizeClose: 0.25,
  slash: 0.06,
  expire: 0.4,
  openDispute: 0.07,
  answerDispute: 0.05,
  resolveDispute: 0.3,
  reportViolation: 0.02,
  postBond: 0.3,
  withdrawRevenue: 0.3,
  burn: 0.3,
};

export class GasModel {
  readonly #measured: Measured;
  readonly #table: ReturnType<typeof gasTable>;

  constructor(measured: Measured) {
    this.#measured = measured;
    this.#table = gasTable(measured);
  }

  /** Of a deposit or batch that takes the places `from` to `to` − 1, or of any other verb. */
  of(event: Pick<SimulatedEvent, "kind"> | { readonly kind: "approve" }, from: number, to: number): number {
    if (event.kind === "deposit") return depositGas(from, to);
    if (event.kind === "depositBatch") return batchGas(this.#measured, to - from);
    return this.#table[event.kind];
  }
}
