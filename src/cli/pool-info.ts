// SPDX-License-Identifier: GPL-3.0-or-later
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";

import type { AccountStatus, PoolClient } from "../chain/index.ts";
import { PoolHistory } from "../chain/index.ts";
import { CliError } from "./errors.ts";
import { amountText } from "./options.ts";
import { note, report } from "./report.ts";
import type { Outcome, Report, Say } from "./report.ts";
import { openPool, withSession } from "./session.ts";
import type { Session } from "./session.ts";

interface PoolInfoArguments {
  readonly pool: string;
  readonly fromBlock: number;
  readonly json: boolean;
}

/** Every account, from the events, with its state on chain now. */
async function accountsOf(session: Session, client: PoolClient, fromBlock: number): Promise<Outcome> {
  const history = new PoolHistory(client, { fromBlock, finality: session.network.finality });
  await history.sync();
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

/** `npx hardhat pool:info`. Fails when the pool cannot pay what it owes. */
export async function poolInfo(
  args: PoolInfoArguments,
  hre: HardhatRuntimeEnvironment,
  say: Say = note,
): Promise<Outcome> {
  return withSession(hre, say, async (session) => {
    const opened = await openPool(session, args.pool);
    const { client } = opened;
    const fromBlock = args.fromBlock >= 0 ? args.fromBlock : (opened.fromBlock ?? (session.isLocal ? 0 : undefined));
    if (fromBlock === undefined) {
      throw new CliError(
        "OPTION_MISSING",
        "this pool is not on record: say with --from-block in which block it was created",
      );
    }
    const { ledger, owed, balance, surplus, isSolvent, blockNumber } = await client.solvency();
    const { token, pool, settlementAddress } = client;
    const { root, leafCount, depth } = await client.tree();
    const accounts = await accountsOf(session, client, fromBlock);
    const show = (units: bigint): bigint | string => (args.json ? units : amountText(units, token));
    const { ticketPrice, policyHold, unit, stakeMinimum, ...rest } = client.parameters;
    if (!isSolvent) process.exitCode = 1;
    return {
      network: session.network.title,
      chainId: pool.chainId,
      pool: pool.address,
      settlement: settlementAddress,
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
        awaitingBurn: show(ledger.awaitingBurn),
      },
      solvency: { blockNumber, owed: show(owed), balance: show(balance), surplus: show(surplus), isSolvent },
    };
  });
}

export default (args: PoolInfoArguments, hre: HardhatRuntimeEnvironment): Promise<Report> =>
  report(args, () => poolInfo(args, hre));
