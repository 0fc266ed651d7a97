// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A wallet in a process of its own: its file, its HTTP client and its accounts are the product's. What they are given is watched from
 * outside, so that the process can be killed between any two steps. Proofs are made by the test's process, so that a kill costs no
 * seconds; whoever asks again for one that was made gets it at once.
 */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { PoolHistory, PoolSender, PoolView } from "../../../src/chain/index.ts";
import type { PoolClient } from "../../../src/chain/index.ts";
import type { ProofResult } from "../../../src/prover/index.ts";
import { Wallet, WalletStore, httpProvider } from "../../../src/wallet/index.ts";
import type { Account, CallResult } from "../../../src/wallet/index.ts";
import { AccountRecords } from "../../../src/wallet/records.ts";
import { encodeExchangeRequest } from "../../../src/wire/index.ts";
import type { CallRequestJson, ProviderApi, SignedRefund } from "../../../src/wire/index.ts";
import { Channel } from "./channel.ts";
import { clientOf, connect, finality, payer, watched } from "./composing.ts";
import type { Setup } from "./composing.ts";
import { Death } from "./death.ts";
import type { Arming } from "./gateway.ts";
import type { WalletPoint } from "./points.ts";
import { MODEL } from "./prices.ts";
import { SLOW } from "./service.ts";
import { watchStore } from "./wallet-store.ts";

export interface WalletStart {
  readonly providerUrl: string;
  readonly seed: Uint8Array;
  /** A bug that the audit must find: requests are stored when their answers came. */
  readonly isForgetful: boolean;
}

export interface Order {
  readonly account: number;
  /** Names the call, for the service's books. */
  readonly id: string;
  readonly isStreamed?: boolean;
  readonly isSlow?: boolean;
}

/** The same at every attempt, so that its proof is. */
export interface CloseOrder {
  readonly account: number;
  readonly recipient: string;
  /** Unix seconds. */
  readonly deadline: bigint;
}

/** What a caller was told. */
export interface Told {
  readonly account: number;
  readonly index: number;
  readonly response: string;
  readonly charged: bigint;
  readonly refund: Pick<SignedRefund, "refundedCharge" | "refundedHold"> | undefined;
  /** What was handed on while the answer came, and whether the wallet says that it is the response. */
  readonly pieces?: string;
  readonly areTruePieces?: boolean;
}

/** What a wallet took up when it was started again. */
export interface Taken {
  readonly told: readonly Told[];
  readonly failed: readonly string[];
}

export interface Books {
  readonly identityCommitment: bigint;
  readonly used: number;
  readonly budget: bigint;
  readonly isRestored: boolean;
  readonly grievances: readonly string[];
  readonly tickets: readonly {
    readonly status: string;
    readonly refund: SignedRefund | undefined;
    readonly isFolded: boolean;
    /** Cumulative charges by the receipts; undefined where there is none. */
    readonly receipts: readonly (bigint | undefined)[];
  }[];
}

const SENT_MILLISECONDS = 120;
/** A loopback connection takes a message at once; what answers it takes longer. */
const LEFT_MILLISECONDS = 2;
/** Of waiting for a gateway that is being started again. */
const RETRY = { attempts: 2_000, pauseMilliseconds: 1 };
const MOST_PAUSE_MILLISECONDS = 50;

type Dying = Death<WalletPoint>;

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

function watchProvider(api: ProviderApi, death: Dying, onAnswer: () => void): ProviderApi {
  const sent = (point: WalletPoint, milliseconds: number) => (): void => {
    if (death.isDue(point)) setTimeout(() => death.die(), milliseconds);
  };
  async function call(body: CallRequestJson, onPiece?: (piece: string) => void): ReturnType<ProviderApi["call"]> {
    if (body.payload.includes(SLOW)) sent("request sent", SENT_MILLISECONDS)();
    let pieces = 0;
    const tell =
      onPiece &&
      ((piece: string): void => {
        onPiece(piece);
        pieces += 1;
        if (pieces === 2) death.at("answer begun");
      });
    const answer = await api.call(body, tell);
    onAnswer();
    death.at(body.sequence === 1 ? "answer came" : "later answer came");
    return answer;
  }
  const steps = watched<ProviderApi>(api, {
    endSession: { before: sent("end sent", LEFT_MILLISECONDS), after: () => death.at("refund came") },
    fold: { before: sent("fold sent", LEFT_MILLISECONDS), after: () => death.at("fold signed") },
    enroll: { after: () => death.at("enrolment signed") },
    consentToClose: { after: () => death.at("consent came") },
  });
  return new Proxy(steps, {
    get: (target, name): unknown => (name === "call" ? call : Reflect.get(target, name, target)),
  });
}

/** What the process does when it is told to. */
class Owner {
  readonly #client: PoolClient;
  readonly #sender: PoolSender;
  readonly #death: Dying;
  readonly #store: WalletStore;
  readonly #wallet: Wallet;
  readonly #open: (of: WalletStore) => Wallet;

  constructor(
    client: PoolClient,
    sender: PoolSender,
    death: Dying,
    store: WalletStore,
    open: (of: WalletStore) => Wallet,
  ) {
    this.#client = client;
    this.#sender = sender;
    this.#death = death;
    this.#store = store;
    this.#open = open;
    this.#wallet = open(store);
  }

  identity = async (account: number): Promise<bigint> => this.#account(account).identityCommitment;
  enrol = (account: number): Promise<void> => this.#account(account).enroll();
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
    const { status } = await this.#client.accountOf(account.identityCommitment);
    if (status === "closed") return;
    const { request } = await account.buildClose({ recipient, deadline });
    const { consentDeadline, signature } = await account.requestConsent(request);
    await this.#sender.closeWithConsent(request, consentDeadline, signature);
    this.#death.at("close sent");
  };

  books = async (number: number): Promise<Books> => {
    const account = this.#account(number);
    const { identityCommitment, used, budget, isRestored } = account.summary();
    const records = new AccountRecords(this.#store, this.#client.pool.poolHash, number);
    const tickets = Array.from({ length: used }, (_, index) => {
      const { status = "unknown", refund, isFolded = false } = records.ticket(index) ?? {};
      return { status, refund, isFolded, receipts: records.calls(index).map(({ charged }) => charged) };
    });
    const grievances = account.grievances().map(({ reason }) => reason);
    return { identityCommitment, used, budget, isRestored, grievances, tickets };
  };

  /** What another copy of the wallet finds in the provider's public feed, with nothing but the seed. */
  restored = async (number: number): Promise<{ used: number; budget: bigint; refunds: number }> => {
    const account = this.#open(WalletStore.open(":memory:", this.#store.seed)).account(number);
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

async function main(setup: Setup): Promise<void> {
  const death: Dying = new Death(setup.deaths);
  const chain = connect(setup.rpcUrl);
  const client = await clientOf(chain, setup);
  const view = new PoolView(new PoolHistory(client, { fromBlock: setup.fromBlock, finality }), finality);
  const sender = new PoolSender(client, payer(chain, "wallet"));
  let owner: Owner;

  const channel: Channel = Channel.ofChild({
    start: async ({ providerUrl, seed, isForgetful }: WalletStart): Promise<void> => {
      const file = WalletStore.open(join(setup.folder, "wallet.sqlite"), seed);
      const { store, catchUp } = watchStore(file, death, isForgetful);
      const open = (of: WalletStore): Wallet =>
        new Wallet({
          store: of,
          pool: client.pool,
          provider: watchProvider(httpProvider(providerUrl), death, catchUp),
          chain: view,
          prove: (statement, input) => channel.ask<ProofResult>("prove", { statement, input }),
          clock: () => Math.floor(Date.now() / 1_000),
          retry: RETRY,
          pause: (milliseconds) => sleep(Math.min(milliseconds, MOST_PAUSE_MILLISECONDS)),
        });
      owner = new Owner(client, sender, death, store, open);
    },
    arm: async ({ point, passes }: Arming<WalletPoint>) => death.arm(point, passes),
    identity: (account: number) => owner.identity(account),
    enrol: (account: number) => owner.enrol(account),
    stock: (want: { account: number; count: number }) => owner.stock(want),
    prove: (want: { account: number; more: number }) => owner.prove(want),
    foldable: (account: number) => owner.foldable(account),
    fold: (account: number) => owner.fold(account),
    call: (order: Order) => owner.call(order),
    session: (orders: readonly Order[]) => owner.session(orders),
    resume: (accounts: readonly number[]) => owner.resume(accounts),
    close: (want: CloseOrder) => owner.close(want),
    books: (account: number) => owner.books(account),
    restored: (account: number) => owner.restored(account),
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(JSON.parse(process.argv[2] ?? "{}") as Setup);
