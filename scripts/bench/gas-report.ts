// SPDX-License-Identifier: GPL-3.0-or-later
/** What the gas benchmark measures, the most that it may cost, and what counts as a change. */

/** Gas of one verb in pools of so many accounts. */
export interface BySize {
  readonly "1": number;
  readonly "100": number;
  readonly "1000": number;
}

/** Gas of a resolution, by what the provider has: bond or revenue for everything, both together, or less than it owes. */
export type Resolutions = Readonly<
  Record<"bond" | "revenue" | "both" | "partOfThePenalty" | "theAwardAlone" | "partOfTheAward" | "nothing", number>
>;

export interface DisputeGas {
  /** The first dispute of a pool. */
  readonly openDispute: number;
  readonly openDisputeLater: number;
  readonly answerDispute: number;
  readonly answerDisputeWithVoucher: number;
  readonly answerDisputeAfterViolation: number;
  readonly answerDisputeWithoutCharge: number;
  readonly resolveDispute: number;
  readonly resolveDisputeOutOf: Resolutions;
  readonly payAward: number;
  readonly collectPenalties: number;
  readonly postBond: number;
  readonly announceBondWithdrawal: number;
  readonly withdrawBond: number;
  readonly reportViolation: number;
}

export interface FoldGas {
  readonly certifyFold: number;
  readonly certifyFoldOn: { readonly signed: number; readonly pending: number };
  readonly challengeFold: number;
  readonly finalizeFold: number;
}

/** The shape of snapshots/gas.json. A verb's own number is the worst honest case of those that were measured. */
export interface GasReport extends DisputeGas, FoldGas {
  readonly deposit: {
    readonly first: number;
    readonly at100: number;
    readonly at1000: number;
    readonly mean1000: number;
  };
  readonly depositBatch100PerAccount: number;
  readonly startClose: number;
  readonly finalizeClose: number;
  readonly slash: number;
  readonly depositBatch100PerAccountInto: { readonly "0": number; readonly "100": number; readonly "1000": number };
  readonly depositWithPermit: number;
  readonly depositWithAuthorization: number;
  readonly startCloseAt: BySize;
  readonly startCloseWithRelayer: number;
  readonly finalizeCloseAt: BySize;
  readonly finalizeCloseOfUsedTickets: number;
  readonly finalizeCloseWithRelayer: number;
  readonly closeWithConsent: number;
  readonly slashAt: BySize;
  readonly slashLater: number;
  readonly slashWhileClosing: number;
  readonly expire: number;
  readonly withdrawRevenue: number;
  readonly burn: number;
  readonly claim: number;
  readonly createPool: number;
}

type Path = readonly [name: string, value: number];

/**
 * The most that each verb may cost in its worst honest case: j = 0, a recipient that never held the token, no relayer, the first dispute of
 * a pool, an answer with a voucher, whatever the provider has left when it loses.
 */
export const GAS_BUDGETS: Readonly<Record<string, number>> = {
  "deposit.mean1000": 290_000,
  depositBatch100PerAccount: 95_000,
  startClose: 420_000,
  finalizeClose: 90_000,
  slash: 305_000,
  openDispute: 420_000,
  answerDispute: 400_000,
  resolveDispute: 120_000,
  certifyFold: 420_000,
};

/** A byte of calldata costs 16 gas, a zero byte 4. The 256 bytes of a proof are random: of them, one is zero on average. */
const PROOF_TOLERANCE = 120;
const CARRIES_PROOF = /^(startClose|closeWithConsent|slash|openDispute|answerDispute|certifyFold|challengeFold)/;

/** All numbers with their names, `deposit.first` for a nested one. */
export function flatten(report: object, prefix = ""): Path[] {
  return Object.entries(report).flatMap(([name, value]: [string, unknown]): Path[] => {
    const path = `${prefix}${name}`;
    if (typeof value === "number") return [[path, value]];
    return typeof value === "object" && value !== null ? flatten(value, `${path}.`) : [];
  });
}

/** Budgets that a report breaks. */
export function budgetProblems(report: object): string[] {
  const measured = new Map(flatten(report));
  return Object.entries(GAS_BUDGETS).flatMap(([name, budget]) => {
    const gas = measured.get(name);
    if (gas === undefined) return [`${name} was not measured, and has a budget of ${budget}`];
    return gas > budget ? [`${name} costs ${gas} gas, and its budget is ${budget}`] : [];
  });
}

/** Differences to a committed report. Verbs that carry a proof may differ by what random bytes of calldata cost. */
export function snapshotProblems(measured: object, committed: object): string[] {
  const now = new Map(flatten(measured));
  const before = new Map(flatten(committed));
  const names = new Set([...now.keys(), ...before.keys()]);
  return [...names].flatMap((name) => {
    const [gas, expected] = [now.get(name), before.get(name)];
    if (gas === undefined) return [`${name} stands in the snapshot and was not measured`];
    if (expected === undefined) return [`${name} was measured and stands in no snapshot`];
    const tolerance = CARRIES_PROOF.test(name) ? PROOF_TOLERANCE : 0;
    return Math.abs(gas - expected) > tolerance ? [`${name} costs ${gas} gas, and the snapshot says ${expected}`] : [];
  });
}
