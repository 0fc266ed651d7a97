// SPDX-License-Identifier: GPL-3.0-or-later
import type { AccountStatus, PoolClient } from "../chain/index.ts";
import type { PoolHistory } from "../chain/index.ts";
import { coveredTickets, holdOf } from "../protocol/index.ts";
import type { Command } from "./command.ts";
import { readHistory } from "./command.ts";
import { amountText } from "./options.ts";
import { openPool } from "./pools.ts";
import { FOUND_WRONG, note } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";
import { withSession } from "./session.ts";

interface PoolInfoArguments {
  readonly pool: string;
  readonly fromBlock: number;
  readonly json: boolean;
}

/** Every account, from the events, with its state on chain now. */
async function accountsOf(client: PoolClient, history: PoolHistory): Promise<Outcome> {
  const commitments = history.eventsOf("AccountOpened").map(({ args }) => args.identityCommitment);
  const accounts = await client.accountsOf(commitments);
  const pending = await client.pendingClosesOf(commitments);
  const count = (wanted: AccountStatus): number => accounts.filter(({ status }) => status === wanted).length;
  return {
    opened: accounts.length,
    active: count("active"),
    closing: pending.filter((close) => close !== undefined).length,
    expired: count("expired"),
    closed: count("closed"),
    slashed: count("slashed"),
  };
}

/** `jeton pool info`. */
export const poolInfo: Command<PoolInfoArguments> = async (args, open, say = note) => {
  return withSession(open, say, async (session) => {
    const { client } = await openPool(session, args.pool);
    const history = await readHistory(session, client, args.fromBlock);
    const { ledger, owed, balance, surplus, isSolvent, blockNumber } = await client.solvency();
    const { token, pool, settlementAddress, disputesAddress, parameters: p } = client;
    const { root, leafCount, depth } = await client.tree();
    const accounts = await accountsOf(client, history);
    const obligations = await client.obligations();
    const show = (units: bigint): bigint | string => (args.json ? units : amountText(units, token));
    const { ticketPrice, policyHold, unit, stakeMinimum, ...rest } = p;
    if (!isSolvent) process.exitCode = FOUND_WRONG;
    return {
      network: session.network.title,
      chainId: pool.chainId,
      pool: pool.address,
      settlement: settlementAddress,
      disputes: disputesAddress,
      poolHash: pool.poolHash,
      scope: pool.scope,
      parameters: {
        ...rest,
        tokenSymbol: token.symbol,
        tokenDecimals: token.decimals,
        ticketPrice: show(ticketPrice),
        policyHold: show(policyHold),
        unit: show(unit),
        stakeMinimum: show(stakeMinimum),
      },
      tree: { root, leafCount, depth },
      accounts,
      ledger: {
        escrowed: show(ledger.escrowed),
        undelivered: show(ledger.undelivered),
        revenue: show(ledger.revenue),
        bond: show(ledger.bond),
        awaitingBurn: show(ledger.awaitingBurn),
      },
      provider: {
        openDisputes: obligations.openDisputes,
        unpaidAwards: show(obligations.unpaidAwards),
        unpaidPenalties: show(obligations.unpaidPenalties),
        encumbered: show(obligations.encumbered),
        withdrawable: show(obligations.free),
        announcedWithdrawal: show(obligations.announcedWithdrawal),
        ticketsCoveredByBond: coveredTickets({ ...obligations, bond: ledger.bond, hold: holdOf(p) }),
        violations: history.eventsOf("ViolationReported").length,
      },
      solvency: { blockNumber, owed: show(owed), balance: show(balance), surplus: show(surplus), isSolvent },
    };
  });
};
