// SPDX-License-Identifier: GPL-3.0-or-later
/** Carries a script out: every event is a real transaction on real contracts, with real proofs. Then what the simulation said is held against what happened. */
import { createHash } from "node:crypto";

import type { Signer, TransactionReceipt } from "ethers";
import { Wallet, ZeroAddress, getAddress, id } from "ethers";

import type { DisputeAnswer, DisputeRequest, PoolClient } from "../chain/index.ts";
import { PoolSender, closeRequestOf, signCloseConsent } from "../chain/index.ts";
import type { CircuitInput, Proof, ProviderKey, RefundTicket, SignedState, Statement } from "../protocol/index.ts";
import {
  CALL_TYPES,
  DISPUTE_TYPES,
  closeClaim,
  deriveIdentitySecret,
  deriveSessionKey,
  domainOf,
  foldedState,
  identityCommitmentOf,
  initialState,
  nullifierOf,
  refundClaim,
  refundMessage,
  requestClaim,
  shareOf,
  slashClaim,
  stateHash,
  ticketKeyOf,
  ticketRootOf,
} from "../protocol/index.ts";
import type { CloseTotals, SimulatedAccount, SimulatedEvent } from "./events.ts";

/** Later than any replay: the year 2100. */
const FAR_FUTURE = 4_102_444_800n;

export interface ReplayWorld {
  readonly client: PoolClient;
  /** Holds tokens, which the pool may take. */
  readonly user: Signer;
  readonly provider: Signer;
  readonly providerKey: ProviderKey;
  readonly prove: (statement: Statement, input: CircuitInput) => Promise<{ readonly proof: Proof }>;
  /** The next block is so many seconds after the beginning, or as soon as it can be. */
  readonly moveTo: (seconds: number) => Promise<void>;
}

export interface Played {
  readonly kind: SimulatedEvent["kind"];
  readonly gas: number;
}

/** The seed of the replay's identities. It is worth nothing: anybody can read it here. */
const SEED = createHash("sha256").update("jeton.simulation.v1 identities").digest();

export class Replay {
  readonly #world: ReplayWorld;
  readonly #asUser: PoolSender;
  readonly #asProvider: PoolSender;
  readonly #numbers = new Map<string, number>();

  constructor(world: ReplayWorld) {
    this.#world = world;
    this.#asUser = new PoolSender(world.client, world.user);
    this.#asProvider = new PoolSender(world.client, world.provider);
  }

  /** Where an account's money goes: fresh addresses, so that each holds what it was paid and nothing else. */
  addressOf(account: SimulatedAccount, what: "payout" | "award" | "bounty"): string {
    return getAddress(id(`jeton simulation ${account.id} ${what}`).slice(0, 42));
  }

  get treasury(): string {
    return getAddress(id("jeton simulation treasury").slice(0, 42));
  }

  async play(event: SimulatedEvent): Promise<Played> {
    const send = await this.#prepared(event);
    await this.#world.moveTo(event.at);
    return { kind: event.kind, gas: Number((await send()).gasUsed) };
  }

  #secretOf({ id: name }: SimulatedAccount): bigint {
    const number = this.#numbers.get(name) ?? this.#numbers.size;
    this.#numbers.set(name, number);
    const { chainId, address } = this.#world.client.pool;
    return deriveIdentitySecret(SEED, chainId, address, number);
  }

  commitmentOf(account: SimulatedAccount): bigint {
    return identityCommitmentOf(this.#secretOf(account));
  }

  #nullifierOf(account: SimulatedAccount, ticket: number): bigint {
    const { poolHash } = this.#world.client.pool;
    return nullifierOf(ticketKeyOf(ticketRootOf(this.#secretOf(account), poolHash), ticket));
  }

  #signed(state: SignedState["state"]): SignedState {
    const { poolHash } = this.#world.client.pool;
    return { state, signature: this.#world.providerKey.sign(stateHash(poolHash, state)) };
  }

  #refunded({ uses }: SimulatedAccount, index: number): Omit<RefundTicket, "signature"> {
    const { ticketPrice, policyHold } = this.#world.client.pool.parameters;
    const { charge = 0n, isViolation = false } = uses[index] ?? {};
    return { index, refundedCharge: ticketPrice - charge, refundedHold: isViolation ? 0n : policyHold };
  }

  #refund(account: SimulatedAccount, index: number): RefundTicket & { readonly nullifier: bigint } {
    const refund = { nullifier: this.#nullifierOf(account, index), ...this.#refunded(account, index) };
    const message = refundMessage(this.#world.client.pool.poolHash, refund);
    return { ...refund, signature: this.#world.providerKey.sign(message) };
  }

  /** The state after every refund was folded, signed as the gateway would. The refunds' own signatures are in no proof of a close. */
  #lastState(account: SimulatedAccount): SignedState {
    const { poolHash } = this.#world.client.pool;
    const refunds = account.uses.flatMap(({ isLost }, index) => (isLost ? [] : [this.#refunded(account, index)]));
    let state = initialState(poolHash, this.#secretOf(account), account.deposit);
    for (let from = 0; from < refunds.length; from += 4) {
      state = foldedState(poolHash, state, refunds.slice(from, from + 4));
    }
    return this.#signed(state);
  }

  async #closeRequest(account: SimulatedAccount, totals: CloseTotals): Promise<ReturnType<typeof closeRequestOf>> {
    const { pool } = this.#world.client;
    const secret = this.#secretOf(account);
    const terms = { recipient: this.addressOf(account, "payout"), relayer: ZeroAddress, fee: 0n, deadline: FAR_FUTURE };
    const { firstUnused, refundedCharges, refundedHolds } = totals;
    const close = { deposit: account.deposit, firstUnused, refundedCharges, refundedHolds, terms };
    const { input, coverKeys } = closeClaim(pool, secret, this.#lastState(account), close);
    const { proof } = await this.#world.prove("close", input);
    return closeRequestOf(identityCommitmentOf(secret), close, coverKeys, proof);
  }

  async #opening(account: SimulatedAccount, ticket: number): Promise<DisputeRequest> {
    const { pool } = this.#world.client;
    const secret = this.#secretOf(account);
    const session = new Wallet(`0x${Buffer.from(deriveSessionKey(secret, ticket)).toString("hex")}`);
    const first = this.#signed({ ...initialState(pool.poolHash, secret, account.deposit * 1_000n) });
    const { input, publicSignals } = requestClaim(pool, first, ticket, session.address);
    const [nullifier = 0n, y = 0n] = publicSignals;
    const recipient = this.addressOf(account, "award");
    const signature = await session.signTypedData(domainOf(pool), DISPUTE_TYPES, { nullifier, recipient });
    const { proof } = await this.#world.prove("request", input);
    return { nullifier, y, sessionAddress: session.address, recipient, proof, signature };
  }

  async #answer(account: SimulatedAccount, ticket: number, charge: bigint): Promise<DisputeAnswer> {
    const { pool } = this.#world.client;
    const refund = this.#refund(account, ticket);
    const { proof } = await this.#world.prove("refund", refundClaim(pool, refund).input);
    if (charge === 0n) return { refund, proof, voucher: undefined };
    const session = new Wallet(`0x${Buffer.from(deriveSessionKey(this.#secretOf(account), ticket)).toString("hex")}`);
    const call = { sequence: 1n, cap: pool.parameters.ticketPrice, requestHash: id("a request") };
    const voucher = { nullifier: refund.nullifier, ...call };
    return {
      refund,
      proof,
      voucher: { ...call, signature: await session.signTypedData(domainOf(pool), CALL_TYPES, voucher) },
    };
  }

  async #slashing(account: SimulatedAccount, index: number): Promise<() => Promise<TransactionReceipt>> {
    const { pool } = this.#world.client;
    const identitySecret = this.#secretOf(account);
    const ticketKey = ticketKeyOf(ticketRootOf(identitySecret, pool.poolHash), index);
    const [one, other] = ["one message", "another message"].map((text) =>
      shareOf(identitySecret, ticketKey, BigInt(id(`${account.id} ${text}`)) >> 8n),
    );
    if (one === undefined || other === undefined) throw new Error("a double spend has two shares");
    const recipient = this.addressOf(account, "bounty");
    const claim = slashClaim(pool, { identitySecret, index, shares: [one, other] }, recipient);
    const { proof } = await this.#world.prove("slash", claim.input);
    const [commitment = 0n, nullifier = 0n] = claim.publicSignals;
    return () => this.#asUser.slash(commitment, nullifier, recipient, proof);
  }

  /** Proves what must be proved, and leaves the sending: proofs take time, and blocks have theirs. */
  async #prepared(event: SimulatedEvent): Promise<() => Promise<TransactionReceipt>> {
    const opening = (account: SimulatedAccount) => ({
      identityCommitment: this.commitmentOf(account),
      amount: account.deposit,
    });
    switch (event.kind) {
      case "deposit":
        return () => this.#asUser.deposit(opening(event.account));
      case "depositBatch":
        return () => this.#asUser.depositBatch(event.accounts.map(opening));
      case "startClose": {
        const request = await this.#closeRequest(event.account, event);
        return () => this.#asUser.startClose(request);
      }
      case "closeWithConsent": {
        const request = await this.#closeRequest(event.account, event);
        const { provider, client } = this.#world;
        const consent = await signCloseConsent(provider, client.pool, request, FAR_FUTURE);
        return () => this.#asUser.closeWithConsent(request, FAR_FUTURE, consent);
      }
      case "finalizeClose":
        return () => this.#asUser.finalizeClose(this.commitmentOf(event.account));
      case "slash":
        return this.#slashing(event.account, event.ticket);
      case "expire":
        return () => this.#asProvider.expire(this.commitmentOf(event.account));
      case "openDispute": {
        const request = await this.#opening(event.account, event.ticket);
        return () => this.#asUser.openDispute(request);
      }
      case "answerDispute": {
        const answer = await this.#answer(event.account, event.ticket, event.charge);
        return () => this.#asProvider.answerDispute(answer);
      }
      case "resolveDispute":
        return () => this.#asUser.resolveDispute(this.#nullifierOf(event.account, event.ticket));
      case "reportViolation":
        return () => this.#asProvider.reportViolation(this.#nullifierOf(event.account, event.ticket), id("evidence"));
      case "postBond":
        return () => this.#asUser.postBond(event.amount);
      case "withdrawRevenue":
        return () => this.#asProvider.withdrawRevenue(this.treasury, event.amount);
      case "burn":
        return () => this.#asUser.burn();
    }
  }
}
