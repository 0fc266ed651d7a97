// SPDX-License-Identifier: GPL-3.0-or-later
/** A pool with a few accounts, a chain that is only its tree, real proofs, and parties that start afresh for each test. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { LeanIMT } from "@zk-kit/lean-imt";
import { Wallet as EthersWallet } from "ethers";

import { Gateway, SqliteStore, fixedPriceUpstream } from "../../../src/gateway/index.ts";
import type { DisputeReply, FoldChallenge, GatewayOptions, GatewayStore } from "../../../src/gateway/index.ts";
import type { Offence, Upstream, ViolationReport } from "../../../src/gateway/index.ts";
import {
  describePool,
  deriveIdentitySecret,
  identityCommitmentOf,
  leafOf,
  poseidon,
  providerKey,
  stakeOf,
} from "../../../src/protocol/index.ts";
import type { AccountPath, Pool, PoolParameters } from "../../../src/protocol/index.ts";
import { Prover } from "../../../src/prover/index.ts";
import { provingOnce } from "../../support/proofs.ts";
import { Wallet, WalletStore } from "../../../src/wallet/index.ts";
import type { Account, WalletOptions } from "../../../src/wallet/index.ts";
import { parseTerms, termsHashOf } from "../../../src/wire/index.ts";
import type {
  AccountSource,
  AccountView,
  DisputeSource,
  DisputeView,
  FoldSource,
  FoldView,
  PathSource,
  Prove,
  ProviderApi,
  RootSource,
  TermsJson,
} from "../../../src/wire/index.ts";

export const C = 100n;
export const P = 20n;
export const HOLD = C + P;
export const UNIT = 10n;
export const PRICE = 30n;
/** Ten tickets. */
export const DEPOSIT = 10n * HOLD;
/** Two tickets. */
export const SMALL_DEPOSIT = 2n * HOLD;

export const CHAIN_ID = 31337n;
export const POOL_ADDRESS = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
export const SEED = new Uint8Array(32).fill(7);
export const STATE_KEY = providerKey(new Uint8Array(32).fill(11));
export const SIGNER = new EthersWallet(`0x${"42".repeat(32)}`);

export const TERMS: TermsJson = {
  format: "jeton.terms.v1",
  service: "an echo",
  pricing: { kind: "fixed", price: PRICE.toString() },
  policy: "anything goes",
  retention: { answersSeconds: 3_600, sessionSeconds: 600, statement: "answers are kept for an hour" },
  endpoints: ["https://echo.example"],
};

export const PARAMETERS: PoolParameters = {
  token: "0x00000000000000000000000000000000000000aa",
  provider: SIGNER.address,
  providerKey: STATE_KEY.publicKey,
  ticketPrice: C,
  policyHold: P,
  unit: UNIT,
  stakeMinimum: 1_000n,
  stakeBps: 500n,
  bountyBps: 2_000n,
  challengeWindow: 86_400n,
  disputeWindow: 86_400n,
  accountLifetime: 31_536_000n,
  termsHash: termsHashOf(TERMS),
};

export const POOL: Pool = describePool(CHAIN_ID, POOL_ADDRESS, PARAMETERS);
/** The same provider in another place. */
export const OTHER_POOL: Pool = describePool(CHAIN_ID, "0x00000000000000000000000000000000000000bb", PARAMETERS);

export const secretOf = (account: number): bigint => deriveIdentitySecret(SEED, CHAIN_ID, POOL_ADDRESS, account);

/** Accounts 0 and 1 have ten tickets, account 2 has two. */
const DEPOSITS = [DEPOSIT, DEPOSIT, SMALL_DEPOSIT];

/** What contracts and their sync give, for a chain on which nothing happens but what a test says. */
export class FakeChain implements AccountSource, PathSource, RootSource, DisputeSource, FoldSource {
  readonly #tree = new LeanIMT<bigint>((a, b) => poseidon([a, b]));
  readonly #accounts = new Map<bigint, AccountView>();
  readonly finalRoots = new Set<bigint>();
  readonly disputes = new Map<bigint, DisputeView>();
  /** Evidence hashes by nullifier. */
  readonly violations = new Map<bigint, string>();
  readonly folds = new Map<bigint, FoldView>();
  /** Accounts that have no deposit yet. */
  readonly undeposited = new Set<bigint>();

  constructor() {
    DEPOSITS.forEach((deposit, number) => {
      const identityCommitment = identityCommitmentOf(secretOf(number));
      this.#tree.insert(leafOf(identityCommitment, deposit));
      this.#accounts.set(identityCommitment, {
        deposit,
        stake: stakeOf(PARAMETERS, deposit),
        status: "active",
        isClosing: false,
      });
    });
    this.finalRoots.add(this.#tree.root);
  }

  async account(identityCommitment: bigint): Promise<AccountView | undefined> {
    return this.undeposited.has(identityCommitment) ? undefined : this.#accounts.get(identityCommitment);
  }

  async pathOf(identityCommitment: bigint): Promise<AccountPath> {
    const deposit = this.#accounts.get(identityCommitment)?.deposit ?? 0n;
    const { root, index, siblings } = this.#tree.generateProof(this.#tree.indexOf(leafOf(identityCommitment, deposit)));
    return { root, index, siblings };
  }

  async isFinalRoot(root: bigint): Promise<boolean> {
    return this.finalRoots.has(root);
  }

  async dispute(nullifier: bigint): Promise<DisputeView | undefined> {
    return this.disputes.get(nullifier);
  }

  async violation(nullifier: bigint): Promise<string | undefined> {
    return this.violations.get(nullifier);
  }

  async fold(state: bigint): Promise<FoldView | undefined> {
    return this.folds.get(state);
  }

  async finalFold(state: bigint): Promise<boolean> {
    return this.folds.get(state)?.status === "final";
  }

  /** What `certifyFold` would record, at once in this state. */
  certify(fold: Pick<FoldView, "newState" | "foldNullifiers" | "certified">, status: FoldView["status"]): FoldView {
    const { newState, foldNullifiers, certified } = fold;
    const view = { newState, foldNullifiers, certified, status, finalizableAt: 1_800_086_400n };
    this.folds.set(newState, view);
    return view;
  }

  /** What `openDispute` would record. */
  openDispute({
    nullifier,
    y,
    sessionAddress,
    recipient,
  }: Omit<DisputeView, "status" | "resolvableAt" | "refund">): DisputeView {
    const resolvableAt = 1_800_086_400n;
    const view = { status: "open", nullifier, y, sessionAddress, recipient, resolvableAt, refund: undefined } as const;
    this.disputes.set(nullifier, view);
    return view;
  }

  /** What `answerDispute` would record. */
  answer({ refund }: Pick<DisputeReply, "refund">): void {
    const { nullifier, refundedCharge, refundedHold, signature } = refund;
    const dispute = this.disputes.get(nullifier);
    if (dispute === undefined) throw new Error("there is no such dispute");
    this.disputes.set(nullifier, {
      ...dispute,
      status: "answered",
      refund: { refundedCharge, refundedHold, signature },
    });
  }

  change(identityCommitment: bigint, change: Partial<AccountView>): void {
    const account = this.#accounts.get(identityCommitment);
    if (account !== undefined) this.#accounts.set(identityCommitment, { ...account, ...change });
  }
}

const prover = await Prover.create();
/** The accounts are the same in all tests, so most proofs are. */
export const prove: Prove = provingOnce(async () => prover);
export const verify: GatewayOptions["verify"] = (statement, publicSignals, proof) =>
  prover.verify(statement, publicSignals, proof);

/** Whole seconds that a test moves. */
export class TestClock {
  now = 1_800_000_000;
  readonly read = (): number => this.now;
}

/** Answers "echo: …" at the price of the terms, and counts. */
export class Echo implements Upstream {
  readonly served: string[] = [];
  readonly #inner = fixedPriceUpstream(PRICE, async (payload) => `echo: ${payload}`);

  quote(payload: string): bigint {
    return this.#inner.quote(payload);
  }

  async serve(payload: string, context: Parameters<Upstream["serve"]>[1]): ReturnType<Upstream["serve"]> {
    this.served.push(payload);
    return this.#inner.serve(payload, context);
  }
}

export interface Provider {
  readonly gateway: Gateway;
  readonly store: GatewayStore;
  readonly upstream: Echo;
  readonly chain: FakeChain;
  readonly clock: TestClock;
  /** What was handed in, in order. */
  readonly offences: Offence[];
  readonly replies: DisputeReply[];
  readonly challenges: FoldChallenge[];
  readonly reports: ViolationReport[];
}

export interface ProviderSetup extends Partial<Omit<GatewayOptions, "clock" | "chain">> {
  readonly path?: string;
  readonly clock?: TestClock;
  readonly chain?: FakeChain;
  readonly echo?: Echo;
}

export function startProvider(setup: ProviderSetup = {}): Provider {
  const { path = ":memory:", clock = new TestClock(), chain = new FakeChain(), echo = new Echo(), ...options } = setup;
  const store = setup.store ?? new SqliteStore({ path, poolHash: POOL.poolHash });
  const [offences, replies, challenges, reports] = [
    new Array<Offence>(),
    new Array<DisputeReply>(),
    new Array<FoldChallenge>(),
    new Array<ViolationReport>(),
  ];
  const into =
    <T>(list: T[]) =>
    async (item: T): Promise<void> =>
      void list.push(item);
  const gateway = new Gateway({
    pool: POOL,
    terms: parseTerms(TERMS),
    store,
    upstream: echo,
    stateKey: STATE_KEY,
    signer: SIGNER,
    verify,
    chain,
    clock: clock.read,
    onDoubleSpend: into(offences),
    onUnderstatedClose: into(offences),
    onFoldConflict: into(challenges),
    answerDispute: into(replies),
    onViolation: into(reports),
    ...options,
  });
  return { gateway, store, upstream: echo, chain, clock, offences, replies, challenges, reports };
}

export interface User {
  readonly account: Account;
  readonly store: WalletStore;
  readonly close: () => void;
}

export interface UserSetup extends Partial<Omit<WalletOptions, "provider" | "chain" | "clock" | "store">> {
  readonly path?: string;
  readonly number?: number;
  /** What the wallet talks to. Default: the provider's gateway. */
  readonly api?: ProviderApi;
}

/** A wallet with one account open; retries do not wait. */
export function openUser(provider: Provider, setup: UserSetup = {}): User {
  const { path = ":memory:", number = 0, api = provider.gateway, ...options } = setup;
  const store = WalletStore.open(path, SEED);
  const wallet = new Wallet({
    store,
    pool: POOL,
    provider: api,
    chain: provider.chain,
    prove,
    clock: provider.clock.read,
    pause: async () => undefined,
    retry: { attempts: 2, pauseMilliseconds: 0 },
    ...options,
  });
  return { account: wallet.account(number), store, close: () => store.close() };
}

/** The wallet's file has recorded, before the deposit came, that the account begins with it. */
export async function beginUser(provider: Provider, { account }: Pick<User, "account">): Promise<void> {
  const { undeposited } = provider.chain;
  undeposited.add(account.identityCommitment);
  await account.beginDeposit();
  undeposited.delete(account.identityCommitment);
}

/** A provider that answers as `changes` say, and otherwise as the gateway does. */
export function lying(gateway: Gateway, changes: Partial<ProviderApi>): ProviderApi {
  const honest: ProviderApi = {
    terms: () => gateway.terms(),
    enroll: (request) => gateway.enroll(request),
    call: (request) => gateway.call(request),
    endSession: (request) => gateway.endSession(request),
    refund: (request) => gateway.refund(request),
    fold: (request) => gateway.fold(request),
    consentToClose: (request) => gateway.consentToClose(request),
    publicFeed: (request) => gateway.publicFeed(request),
  };
  return { ...honest, ...changes };
}

/** A folder that is gone when the test's body ends. */
export async function withFolder<T>(body: (path: (name: string) => string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "jeton-"));
  try {
    return await body((name) => join(folder, name));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The code of the error that a promise rejects with. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error && "code" in error) return String(error.code);
    throw error;
  }
  return "no error";
}
