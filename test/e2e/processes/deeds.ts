// SPDX-License-Identifier: GPL-3.0-or-later
/** What a wallet's process does when it is told to, by the wallet's own doors. */
import type { FreshView, PoolClient, PoolSender } from "../../../src/chain/index.ts";
import { WalletStore } from "../../../src/wallet/index.ts";
import type { Account, CallResult, Wallet } from "../../../src/wallet/index.ts";
import { AccountRecords } from "../../../src/wallet/records.ts";
import { encodeExchangeRequest } from "../../../src/wire/index.ts";
import type { Death } from "./death.ts";
import type { Books, CloseOrder, Order, Taken, Told } from "./orders.ts";
import type { WalletPoint } from "./points.ts";
import { MODEL } from "./prices.ts";
import { SLOW } from "./service.ts";

const payloadOf = ({ id, isStreamed = false, isSlow = false }: Order): string =>
  encodeExchangeRequest({
    method: "POST",
    path: "/v1/chat/completions",
    contentType: "application/json",
    encoding: "utf8",
    body: JSON.stringify({
      model: MODEL,
      messages: [{ role: "user", content: `${id}${isSlow ? SLOW : ""}` }],
      ...(isStreamed ? { stream: true } : {}),
    }),
  });

/** What the process does when it is told to. */
export interface DeedsOptions {
  readonly client: PoolClient;
  readonly view: FreshView;
  readonly sender: PoolSender;
  readonly death: Death<WalletPoint>;
  readonly store: WalletStore;
  /** Opens a wallet on a file. */
  readonly open: (store: WalletStore) => Wallet;
}

export class Deeds {
  readonly #options: DeedsOptions;
  readonly #wallet: Wallet;

  constructor(options: DeedsOptions) {
    this.#options = options;
    this.#wallet = options.open(options.store);
  }

  /** For a deposit that is made next. */
  identity = async (number: number): Promise<bigint> => {
    const account = this.#account(number);
    await account.beginDeposit();
    return account.identityCommitment;
  };
  /** An account that was opened a moment ago is looked for now. */
  enrol = async (account: number): Promise<void> => {
    await this.#options.view.sync();
    await this.#account(account).enroll();
  };
  stock = ({ account, count }: { account: number; count: number }): Promise<number> =>
    this.#account(account).proveTickets(count);
  prove = ({ account, more }: { account: number; more: number }): Promise<number> =>
    this.stock({ account, count: this.#account(account).summary().inStock + more });
  foldable = async (account: number): Promise<number> => this.#account(account).foldable();
  fold = async (account: number): Promise<boolean> => (await this.#account(account).fold()) !== undefined;

  call = async (order: Order): Promise<Told> => {
    let pieces = "";
    const onPiece = order.isStreamed === true ? { onPiece: (piece: string) => void (pieces += piece) } : {};
    const result = await this.#account(order.account).call(payloadOf(order), onPiece);
    return { ...told(order.account, result), ...(order.isStreamed === true ? { pieces } : {}) };
  };

  /** Calls in one session, ended by a message of its own. */
  session = async (orders: readonly Order[]): Promise<readonly Told[]> => {
    const account = orders[0]?.account ?? 0;
    const session = await this.#account(account).openSession();
    const all: Told[] = [];
    for (const order of orders) all.push(told(account, await session.call(payloadOf(order))));
    await session.end();
    return all;
  };

  /** What a wallet does when it is started again. */
  resume = async (accounts: readonly number[]): Promise<Taken> => {
    const all: Told[] = [];
    const failed: string[] = [];
    for (const number of accounts) {
      const { answers, failures } = await this.#account(number).resume();
      all.push(...answers.map((answer) => told(number, answer)));
      failed.push(...failures.map(({ index, error }) => `ticket ${index} of account ${number}: ${String(error)}`));
    }
    return { told: all, failed };
  };

  /** Closes with the provider's consent; nothing is left to do for an account that is closed. */
  close = async ({ account: number, recipient, deadline }: CloseOrder): Promise<void> => {
    const account = this.#account(number);
    const { status } = await this.#options.client.accountOf(account.identityCommitment);
    if (status === "closed") return;
    const { request } = await account.buildClose({ recipient, deadline });
    const { consentDeadline, signature } = await account.requestConsent(request);
    await this.#options.sender.closeWithConsent(request, consentDeadline, signature);
    this.#options.death.at("close sent");
  };

  books = async (number: number): Promise<Books> => {
    const account = this.#account(number);
    const { identityCommitment, used, budget, isRestored } = account.summary();
    const records = new AccountRecords(this.#options.store, this.#options.client.pool.poolHash, number);
    const tickets = Array.from({ length: used }, (_, index) => {
      const { status = "unknown", refund, isFolded = false } = records.ticket(index) ?? {};
      return { status, refund, isFolded, receipts: records.calls(index).map(({ charged }) => charged) };
    });
    const grievances = account.grievances().map(({ reason }) => reason);
    return { identityCommitment, used, budget, isRestored, grievances, tickets };
  };

  /** What another copy of the wallet finds in the provider's public feed, with nothing but the seed. */
  restored = async (number: number): Promise<{ used: number; budget: bigint; refunds: number }> => {
    const account = this.#options.open(WalletStore.open(":memory:", this.#options.store.seed)).account(number);
    const { refunds } = await account.restore();
    const { used, budget } = account.summary();
    return { used, budget, refunds };
  };

  #account(number: number): Account {
    return this.#wallet.account(number);
  }
}

const told = (account: number, { index, response, charged, refund, areTruePieces }: CallResult): Told => ({
  account,
  index,
  response,
  charged,
  refund: refund && { refundedCharge: refund.refundedCharge, refundedHold: refund.refundedHold },
  areTruePieces,
});

/** What can be asked of a wallet's process once it was started. */
export const DEEDS = [
  "identity",
  "enrol",
  "stock",
  "prove",
  "foldable",
  "fold",
  "call",
  "session",
  "resume",
  "close",
  "books",
  "restored",
] as const satisfies readonly (keyof Deeds)[];
