// SPDX-License-Identifier: GPL-3.0-or-later
/** The books of the demo: every balance, and the protocol's invariants checked against them. */
import type { PoolEventOf } from "../../src/chain/index.ts";
import { closePayout, slashPayout } from "../../src/protocol/index.ts";
import { dollars, expectEqual } from "./report.ts";
import type { Report } from "./report.ts";
import type { Stage } from "./stage.ts";

export const BURN_ADDRESS = "0x000000000000000000000000000000000000dEaD";

type Row = readonly [string, bigint];

/** Invariant 1, after every act: what the pool holds is what it owes, to the unit. */
export async function checkSolvency({ client }: Stage): Promise<bigint> {
  const { surplus, balance } = await client.solvency();
  expectEqual(surplus, 0n, "what the pool holds beyond what it owes");
  return balance;
}

/** Every balance that the demo moved. */
export async function balances(stage: Stage, people: ReadonlyMap<string, string>): Promise<Row[]> {
  const { ledger, balance } = await stage.client.solvency();
  const held = await Promise.all(
    [...people].map(async ([name, address]): Promise<Row> => [name, await stage.client.token.balanceOf(address)]),
  );
  return [
    ["pool: open accounts", ledger.escrowed],
    ["pool: provider's revenue", ledger.revenue],
    ["pool: provider's bond", ledger.bond],
    ["pool: awaiting burn", ledger.awaitingBurn],
    ["pool: undelivered", ledger.undelivered],
    ["pool: token balance", balance],
    ...held,
  ];
}

/** From the pool's events alone: what came in, and what each account that ended paid out. */
export async function checkPayouts(stage: Stage, report: Report): Promise<void> {
  await stage.history.sync();
  const { history, pool } = stage;
  const opened = new Map(history.eventsOf("AccountOpened").map(({ args }) => [args.identityCommitment, args]));
  const closes = new Map(history.eventsOf("CloseStarted").map(({ args }) => [args.identityCommitment, args]));
  const released = history.eventsOf("AccountReleased");
  const ended = new Set<bigint>();
  for (const { args } of released) {
    const account = opened.get(args.identityCommitment);
    if (account === undefined) throw new Error("an account was paid out that was never opened");
    expectEqual(BigInt(ended.has(args.identityCommitment)), 0n, "earlier pay-outs of an account");
    ended.add(args.identityCommitment);
    expectEqual(sumOf(args), account.deposit + account.stake, "what an account paid out");
    const close = closes.get(args.identityCommitment);
    const expected =
      args.status === "slashed"
        ? slashPayout(pool.parameters, account.deposit, account.stake, false)
        : closePayout(pool.parameters, {
            ...account,
            firstUnused: BigInt(close?.firstUnused ?? 0),
            refundedCharges: close?.refundedCharges ?? 0n,
            refundedHolds: close?.refundedHolds ?? 0n,
            fee: close?.fee ?? 0n,
            isExpired: false,
          });
    expectEqual(args.toRecipient, expected.toRecipient, "what the recipient was paid");
    expectEqual(args.toRelayer, expected.toRelayer, "what the relayer was paid");
    expectEqual(args.toProvider, expected.toProvider, "what the provider was paid");
    expectEqual(args.toBurn, expected.toBurn, "what was burned");
  }
  const paidIn = [...opened.values()].reduce((sum, { deposit, stake }) => sum + deposit + stake, 0n);
  const paidOut = released.reduce((sum, { args }) => sum + sumOf(args), 0n);
  const open = [...opened.values()].filter(({ identityCommitment }) => !ended.has(identityCommitment));
  const { escrowed } = await stage.client.ledger();
  expectEqual(paidIn - paidOut, escrowed, "what is in escrow");
  report.checked(
    "P-02",
    "each account pays out D + S once, and no more goes out than came in",
    `${opened.size} accounts paid in ${dollars(paidIn)}; ${ended.size} ended and released ${dollars(paidOut)}; ${open.length} are open with ${dollars(escrowed)}`,
  );
}

const sumOf = (args: PoolEventOf<"AccountReleased">["args"]): bigint =>
  args.toRecipient + args.toRelayer + args.toProvider + args.toBurn;
