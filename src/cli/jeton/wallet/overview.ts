// SPDX-License-Identifier: GPL-3.0-or-later
/** Everything that a wallet's owner wants to know, as plain JSON: for `jeton wallet status`, and for the proxy's status and page. */
import { coveredTickets, holdOf } from "../../../protocol/index.ts";
import type { AccountSummary, Keeper, KeeperStatus } from "../../../wallet/index.ts";
import { tokensText } from "../../amounts.ts";
import type { WalletSession } from "./session.ts";

/** An amount for machines and for people. */
interface Amount {
  readonly units: string;
  readonly text: string;
}

type KeeperAccount = KeeperStatus["accounts"][number];

/** What comes from a session. */
type Source = Pick<WalletSession, "home" | "config" | "network" | "client" | "view" | "purse" | "keys">;

const timeText = (seconds: number | undefined): string | undefined =>
  seconds === undefined ? undefined : new Date(seconds * 1000).toISOString();

/** How long what the chain says of the provider is good for. */
const PROVIDER_MILLISECONDS = 60_000;

export class Overview {
  readonly #source: Source;
  readonly #keeper: Keeper | undefined;
  #provider: { readonly at: number; readonly value: object } | undefined;

  constructor(source: Source, keeper?: Keeper) {
    this.#source = source;
    this.#keeper = keeper;
  }

  async read(): Promise<object> {
    const { home, config, network, client, purse, keys } = this.#source;
    const status = purse.status();
    const kept = this.#keeper?.status();
    const accounts = await Promise.all(
      status.accounts.map(async (account) => [
        `account${account.number}`,
        await this.#account(
          account,
          kept?.accounts.find(({ number }) => number === account.number),
        ),
      ]),
    );
    return {
      ...(config.sandbox === undefined
        ? {}
        : { notice: "A sandbox wallet: its money is play money, gone with the sandbox." }),
      balance: await this.#balance(status.accounts),
      tickets: {
        inStock: status.inStock,
        left: status.left,
        used: status.accounts.reduce((sum, { used }) => sum + used, 0),
        awaitingRefund: status.unsettled,
      },
      accounts: Object.fromEntries(accounts) as object,
      ...(kept === undefined ? {} : { anonymitySet: kept.anonymitySet, faults: faultsOf(kept) }),
      ...grievancesOf(this.#source),
      provider: await this.#providerView(),
      pool: client.pool.address,
      accountLifetime: `${client.parameters.accountLifetime / 86_400n} days from the deposit: close before, or only the stake comes back`,
      chain: `${network.title} (${config.chainId})`,
      gateway: config.gateway,
      fundingAddress: keys.fundingAddress,
      folder: home.folder,
    };
  }

  #amount(units: bigint): Amount {
    return { units: units.toString(), text: tokensText(units, this.#source.client.token) };
  }

  /** All accounts together. What a close pays out now is what is left, with the stake; of an expired account the stake alone. */
  async #balance(accounts: readonly (AccountSummary & { number: number })[]): Promise<object> {
    const { client, view } = this.#source;
    const hold = holdOf(client.parameters);
    const sum = { left: 0n, spent: 0n, onTheWay: 0n, stake: 0n };
    for (const account of accounts) {
      const onChain = await view.account(account.identityCommitment);
      if (onChain === undefined || onChain.status === "closed" || onChain.status === "slashed") continue;
      const { deposit, stake } = onChain;
      if (onChain.status === "expired") {
        // What was not spent is the provider's.
        sum.stake += stake;
        continue;
      }
      const budget = account.isEnrolled ? account.budget + account.certified : deposit;
      const taken = hold * BigInt(account.used);
      const pending = hold * BigInt(account.unsettled);
      sum.stake += stake;
      sum.left += budget + account.unfolded - taken;
      sum.onTheWay += pending;
      sum.spent += deposit - (budget + account.unfolded - taken) - pending;
    }
    return {
      left: this.#amount(sum.left),
      spent: this.#amount(sum.spent),
      heldByOpenCalls: this.#amount(sum.onTheWay),
      stake: this.#amount(sum.stake),
    };
  }

  async #account(account: AccountSummary & { number: number }, kept: KeeperAccount | undefined): Promise<object> {
    const onChain = await this.#source.view.account(account.identityCommitment);
    const { isEnrolled, isRestored, closingFrom, disputed, awarded, fallenFolds } = account;
    const overdue = this.#source.purse.accounts.get(account.number)?.overdue() ?? [];
    const stage = isEnrolled ? "enrolled" : onChain === undefined ? "no deposit" : "waits to enrol";
    return {
      onChain: onChain === undefined ? "no deposit" : onChain.isClosing ? "closing" : onChain.status,
      stage: kept?.stage ?? (closingFrom === undefined ? stage : "closing"),
      enrolsAt: timeText(kept?.enrolsAt),
      foldsAt: timeText(kept?.foldsAt),
      deposit: this.#amount(onChain?.deposit ?? 0n),
      usedTickets: account.used,
      coveredTickets: account.covered,
      unfoldedRefunds: this.#amount(account.unfolded),
      ...(overdue.length > 0 ? { ticketsWithoutRefund: overdue } : {}),
      ...(isRestored ? { restored: "closes with the provider's consent only" } : {}),
      ...(disputed > 0 ? { disputed } : {}),
      ...(awarded > 0 ? { awarded } : {}),
      ...(fallenFolds > 0 ? { fallenFolds } : {}),
    };
  }

  /** What stands behind the provider's promises. Asked at most once a minute; the question names nothing of ours. */
  async #providerView(): Promise<object> {
    const { client } = this.#source;
    if (this.#provider !== undefined && Date.now() - this.#provider.at < PROVIDER_MILLISECONDS)
      return this.#provider.value;
    const value = await Promise.all([client.ledger(), client.obligations()])
      .then(([{ bond }, obligations]) => ({
        bond: this.#amount(bond),
        ticketsCoveredByBond: coveredTickets({ ...obligations, bond, hold: holdOf(client.parameters) }).toString(),
        openDisputes: obligations.openDisputes,
      }))
      .catch(() => ({ notice: "the chain's endpoint does not answer" }));
    this.#provider = { at: Date.now(), value };
    return value;
  }
}

const faultsOf = ({ faults }: KeeperStatus): readonly string[] =>
  faults.map(({ task, message }) => `${task}: ${message}`);

function grievancesOf({ purse }: Source): object {
  const reasons = [...purse.accounts.values()].flatMap((account) => account.grievances().map(({ reason }) => reason));
  return reasons.length === 0 ? {} : { grievances: [...new Set(reasons)] };
}
