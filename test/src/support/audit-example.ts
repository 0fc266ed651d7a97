// SPDX-License-Identifier: GPL-3.0-or-later
/** An audit's report made up for looking at: a year of a pool that somebody might run, with something of everything. */
import type { AuditReport } from "../../../src/audit/index.ts";
import { VERIFIED_STATEMENTS, VERIFIERS } from "../../../src/chain/index.ts";

const START = 1_790_000_000;
const DAY = 86_400;
const DOLLAR = 1_000_000n;
const DAYS = 180;

const verifierAt = (at: number): string => `0x${at}f1ac54BEF0DD2f6f3462EA0fa94fC62300d3a8e`;

/** Grows as pools do: slowly, then faster, with weekends. */
const growth = (day: number): number =>
  Math.round(900 * (1 / (1 + Math.exp(-(day - 90) / 22))) + 6 * Math.sin(day / 1.1));

const timeline: AuditReport["timeline"] = Array.from({ length: DAYS }, (_, day) => {
  const opened = Math.max(1, growth(day) + day * 2);
  const ended = Math.round(opened * Math.min(0.35, day / 500));
  const active = opened - ended;
  const earned = BigInt(Math.round(opened * 3.1)) * DOLLAR;
  return {
    time: START + day * DAY,
    opened,
    active,
    slashed: Math.floor(day / 45),
    escrowed: BigInt(active) * 21n * DOLLAR,
    openDeposits: BigInt(active) * 19n * DOLLAR,
    earned,
    withdrawn: (BigInt(Math.floor(day / 30)) * earned) / 7n,
    toBurn: BigInt(Math.round(opened / 9)) * DOLLAR,
    bond: day < 20 ? 200n * DOLLAR : 1_200n * DOLLAR,
    disputes: Math.floor(day / 14),
    lost: day > 120 ? 1 : 0,
    violations: Math.floor(day / 25),
  };
});

export function exampleReport(): AuditReport {
  const last = timeline.at(-1);
  if (last === undefined) throw new Error("no time has passed");
  const ledger = {
    escrowed: last.escrowed,
    undelivered: 3n * DOLLAR,
    revenue: last.earned - last.withdrawn,
    bond: last.bond,
    awaitingBurn: last.toBurn / 2n,
  };
  const owed = Object.values(ledger).reduce((sum, amount) => sum + amount, 0n);
  return {
    pool: {
      chainId: 8_453n,
      address: "0x5FbDB2315678afecb367f032d93F642f64180aa3",
      settlement: "0xCafac3dD18aC6c6e92c921884f9E4176737C052c",
      disputes: "0x9f1ac54BEF0DD2f6f3462EA0fa94fC62300d3a8e",
      token: { address: "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913", symbol: "USDC", decimals: 6 },
      parameters: {
        token: "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913",
        provider: "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
        providerKey: [
          19_801_204_577_821_344_598_273_465_928_734_659_872_634_598_726_345_987_263_459_872n,
          11_223_344_556_677_889_900_112_233_445_566_778_899_001_122_334_455_667_788_990_011n,
        ],
        ticketPrice: 10_000n,
        policyHold: 1_000n,
        unit: 10n,
        stakeMinimum: DOLLAR,
        stakeBps: 100n,
        bountyBps: 5_000n,
        challengeWindow: 86_400n,
        disputeWindow: 86_400n,
        accountLifetime: 31_536_000n,
        termsHash: `0x${"5a".repeat(32)}`,
      },
    },
    range: { fromBlock: 21_004_112, toBlock: 28_780_112, blockHash: `0x${"c4".repeat(32)}`, timestamp: last.time },
    result: { isClean: false, violations: 3, warnings: 0, notes: 2 },
    findings: [
      {
        code: "PAYOUT_MISMATCH",
        severity: "violation",
        subject: "account 12345678…987654",
        place: { block: 25_000_117, logIndex: 41, transaction: `0x${"ab".repeat(32)}` },
        expected: "closed 0x…a1 18250000 0x00…00 0 749000 1000",
        found: "closed 0x…a1 18250001 0x00…00 0 749000 1000",
      },
      {
        code: "TOKENS_TAKEN",
        severity: "violation",
        subject: "to 0xBcd4042DE499D14e55001CcbB24a551F3b954096",
        place: { block: 25_000_117, logIndex: 42, transaction: `0x${"ab".repeat(32)}` },
        found: "18250001",
      },
      {
        code: "CODE_DIFFERS",
        severity: "violation",
        subject: "FoldVerifier at 0x2f1ac54BEF0DD2f6f3462EA0fa94fC62300d3a8e",
        place: {},
        found: "2097 bytes",
      },
      {
        code: "CALL_NOT_SEEN",
        severity: "note",
        subject: "CloseStarted",
        place: { block: 26_411_932, logIndex: 7, transaction: `0x${"17".repeat(32)}` },
        found: "no such call",
      },
      {
        code: "TOKENS_GIVEN",
        severity: "note",
        subject: "from 0x1Bcd4042DE499D14e55001CcbB24a551F3b95409",
        place: { block: 26_500_000, logIndex: 3, transaction: `0x${"18".repeat(32)}` },
        found: "5000000",
      },
    ],
    counts: { PAYOUT_MISMATCH: 1, TOKENS_TAKEN: 1, CODE_DIFFERS: 1, CALL_NOT_SEEN: 1, TOKENS_GIVEN: 1 },
    checked: {
      events: 5_210,
      transactions: 2_904,
      transfers: 2_411,
      roots: 1_006,
      proofs: { close: 402, slash: 3, request: 12, refund: 11, fold: 4 },
      signatures: 371,
      leftOut: 0,
      throughContracts: { seen: 17, unseen: 1 },
      verifiers: VERIFIED_STATEMENTS.map((statement, at) => ({ statement, address: verifierAt(at), holdsKey: true })),
      code: {
        notCompared: undefined,
        contracts: VERIFIED_STATEMENTS.map((statement, at) => ({
          contract: VERIFIERS[statement],
          address: verifierAt(at),
          bytes: 2_097,
          match: statement === "fold" ? ("other" as const) : ("same" as const),
        })),
      },
      states: [
        { block: 22_000_000, isRead: true },
        { block: 25_000_000, isRead: true },
        { block: 28_780_112, isRead: true },
      ],
    },
    accounts: {
      opened: last.opened,
      active: last.active,
      closing: 4,
      expired: 2,
      closed: last.opened - last.active - 5,
      slashed: 3,
      deposited: BigInt(last.opened) * 19n * DOLLAR,
      openDeposits: last.openDeposits,
    },
    closing: {
      closes: 399,
      consented: 288,
      slashes: 3,
      slashedWhileClosing: 2,
      expiries: 2,
      tickets: 81_215n,
      refundedCharges: 402n * DOLLAR,
      refundedHolds: 71n * DOLLAR,
      deposits: 7_581n * DOLLAR,
      toRecipients: 6_950n * DOLLAR,
      toRelayers: 12n * DOLLAR,
      toProvider: 1_010n * DOLLAR,
      toBurn: 11n * DOLLAR,
      stakesBurned: 3n * DOLLAR,
      bounties: 3n * DOLLAR,
    },
    money: {
      balance: owed + 5n * DOLLAR,
      owed,
      surplus: 5n * DOLLAR,
      ledger,
      totals: { earned: last.earned, withdrawn: last.withdrawn, burned: last.toBurn / 2n, toBurn: last.toBurn },
    },
    disputes: {
      opened: 12,
      open: 0,
      answered: 11,
      lost: 1,
      violations: 7,
      unpaidAwards: 0n,
      unpaidPenalties: 0n,
      answerTimes: [640, 910, 1_300, 1_420, 2_200, 2_900, 3_100, 5_400, 11_000, 14_900, 41_000],
      lossTimes: [7_200],
    },
    folds: { certified: 4, pending: 0, final: 3, fallen: 1 },
    books: {
      store: undefined,
      feed: {
        tickets: 74_210,
        refunds: 74_190,
        enrolments: 1_120,
        folds: 8_811,
        charged: 950n * DOLLAR,
        signatures: 84_121,
      },
      enrolled: timeline.map(({ time, opened }) => [time, Math.round(opened * 0.9)] as const),
    },
    timeline,
    milliseconds: 74_300,
  };
}
