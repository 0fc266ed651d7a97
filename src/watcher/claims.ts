// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Brings claims to their end: proved, sent, sent again or for a higher fee, and done when the account's slash is in a final block, whoever's
 * it was. A signer has one transaction on its way at a time, the most urgent; it costs no more than its share of the bounty's worth.
 */
import { Transaction } from "ethers";

import {
  ChainError,
  estimateAtHead,
  gasLimitFor,
  guarded,
  l1DataFee,
  readGasPrices,
  slashData,
} from "../chain/index.ts";
import type { PoolClient } from "../chain/index.ts";
import {
  FIELD_MODULUS,
  identityCommitmentOf,
  recoverFromKey,
  recoverFromShares,
  shareOf,
  slashClaim,
  ticketKeyFromCover,
} from "../protocol/index.ts";
import type { Share } from "../protocol/index.ts";
import { Broadcaster } from "./broadcast.ts";
import type { Claim, SentTransaction } from "./claim-records.ts";
import { accountName } from "./claim-records.ts";
import { budgetOf, feesFor, worthOf } from "./cost.ts";
import { WatcherError } from "./errors.ts";
import { reasonOf } from "./ports.ts";
import type { AlarmCode, Claiming, Condition, Thresholds, WatcherLog } from "./ports.ts";
import type { WatcherStore } from "./store.ts";

/** What slashing takes, measured; for a first look at its price, before it is proved. */
const TYPICAL_GAS = 330_000n;
/** A transaction that waits is replaced by a dearer one after this long; sooner when the time runs out. */
const BUMP_SECONDS = 120;
const URGENT_BUMP_SECONDS = 24;
/** Another pool's transaction that waits for so long is pursued by nobody: its nonce is taken. */
const OTHERS_SECONDS = 600;

export interface ClaimsOptions {
  readonly store: WatcherStore;
  readonly id: number;
  readonly client: PoolClient;
  readonly claiming: Claiming | undefined;
  readonly thresholds: Thresholds;
  readonly log: WatcherLog;
  /** Something happened that somebody should look at. */
  readonly onIncident: (condition: Condition) => void;
}

export interface Times {
  /** Of this machine, in Unix seconds: how long a transaction has waited. */
  readonly clock: number;
  /** Of whichever is ahead, this machine or the chain: how much is left. A head with a time far ahead makes claims urgent, and holds back none. */
  readonly ahead: number;
}

/** One that seems to be sent in the future was sent by a clock that is not this one's. */
const waitedFor = ({ sentAt }: SentTransaction, { clock }: Times): number =>
  sentAt > clock ? Infinity : clock - sentAt;

/** A claim that cannot be pursued now: why is an alarm, and it comes again. */
class Stuck extends Error {
  readonly code: AlarmCode;

  constructor(code: AlarmCode, message: string) {
    super(message);
    this.code = code;
  }
}

export class Claims {
  readonly #options: ClaimsOptions;
  readonly #broadcaster: Broadcaster | undefined;

  constructor(options: ClaimsOptions) {
    const { store, client, claiming, log } = options;
    this.#options = options;
    this.#broadcaster = claiming && new Broadcaster(store, client, claiming.signer, log);
  }

  /** One step of every claim. @returns what stands in the way. @throws ChainError RPC_FAILED */
  async advance(finalBlock: number, times: Times): Promise<Condition[]> {
    const conditions: Condition[] = [];
    const open = this.#sort(finalBlock);
    if (this.#broadcaster === undefined) {
      for (const { commitment, bounty } of open) {
        const message = `${accountName(commitment)} can be slashed for a bounty of ${bounty} units`;
        conditions.push({ code: "NO_SIGNER", subject: accountName(commitment), message });
      }
    } else conditions.push(...(open.length === 0 ? await this.#standBy() : await this.#send(open, times)));
    return conditions;
  }

  /** Closes what is decided for good. @returns the claims that wait for a slash. */
  #sort(finalBlock: number): Claim[] {
    const { store, id, log, onIncident } = this.#options;
    for (const claim of store.claims.open(id)) {
      const close = store.chain.close(id, claim.commitment);
      if (claim.kind === "understated-close" && close === undefined) store.claims.withdraw(claim.id);
      if (claim.deadline !== close?.finalizableAt) store.claims.setDeadline(claim.id, close?.finalizableAt);
    }
    return store.claims.open(id).filter((claim) => {
      const release = store.chain.release(id, claim.commitment);
      if (release === undefined) return store.chain.account(id, claim.commitment) !== undefined;
      const isOurs = store.claims.transactionsOf(claim.id).some(({ hash }) => hash === release.transactionHash);
      const outcome = release.status === "closed" ? "missed" : isOurs ? "won" : "lost";
      if (outcome === "missed") {
        const message = `${accountName(claim.commitment)} was paid out before it could be slashed`;
        onIncident({ code: "CLAIM_MISSED", subject: accountName(claim.commitment), message });
      }
      if (release.block <= finalBlock) {
        store.claims.setOutcome(claim.id, outcome);
        const account = accountName(claim.commitment);
        const level = outcome === "missed" ? "error" : "info";
        log({ level, event: `claim-${outcome}`, account, transaction: release.transactionHash });
      }
      return false;
    });
  }

  async #send(open: readonly Claim[], times: Times): Promise<Condition[]> {
    const broadcaster = this.#broadcaster as Broadcaster;
    const { store, id } = this.#options;
    const { nonce, waiting } = await broadcaster.settle();
    const conditions: Condition[] = [];
    const stuck = ({ commitment }: Claim, error: unknown): void => {
      const subject = accountName(commitment);
      if (error instanceof Stuck)
        conditions.push({ code: error.code, subject, message: `${subject}: ${error.message}` });
      else throw error;
    };
    const current = waiting === undefined ? undefined : open.find((claim) => claim.id === waiting.claim);
    if (waiting !== undefined && current === undefined && this.#isOfOthers(waiting, times)) return conditions;
    if (waiting !== undefined && current !== undefined) {
      try {
        const isDue = waitedFor(waiting, times) >= this.#bumpSeconds(current, times);
        // An endpoint may refuse it because its fee is too low by now: no reason not to offer more.
        await broadcaster.remind(waiting).catch((error: unknown) => (isDue ? undefined : this.#explain(error)));
        if (isDue) await this.#pursue(current, nonce, waiting, times);
        return conditions;
      } catch (error) {
        stuck(current, error);
      }
    }
    for (const claim of open) {
      if (claim === current) continue;
      try {
        const proved = store.claims.of(id, claim.commitment);
        if (proved !== undefined && (await this.#pursue(proved, nonce, waiting, times))) break;
      } catch (error) {
        stuck(claim, error);
      }
    }
    return conditions;
  }

  /** Whether the signer could pay for a claim if there were one. */
  async #standBy(): Promise<Condition[]> {
    const { provider } = this.#options.client;
    const { signer } = this.#options.claiming as Claiming;
    await (this.#broadcaster as Broadcaster).settle();
    const { baseFee, priorityFee } = await readGasPrices(provider);
    const needed = TYPICAL_GAS * (2n * baseFee + priorityFee);
    const balance = await guarded("reading the signer's balance", () => provider.getBalance(signer.address));
    if (balance >= needed) return [];
    const message = `the signer ${signer.address} has ${balance} wei, and a claim would need ${needed}`;
    return [{ code: "SIGNER_SHORT", subject: signer.address, message }];
  }

  /** Waits for a claim of another pool of the same signer, which that pool still pursues. */
  #isOfOthers(sent: SentTransaction, times: Times): boolean {
    const { store, id } = this.#options;
    const isOwn = store.claims.all(id).some((own) => own.id === sent.claim);
    return !isOwn && store.claims.isOpen(sent.claim) && waitedFor(sent, times) < OTHERS_SECONDS;
  }

  #bumpSeconds({ deadline }: Claim, { ahead }: Times): number {
    const left = (deadline ?? Infinity) - ahead;
    return left <= this.#options.thresholds.unclaimedSeconds ? URGENT_BUMP_SECONDS : BUMP_SECONDS;
  }

  /**
   * Proves, weighs and sends a claim; or sends it for more.
   * @returns whether something was sent. @throws Stuck, ChainError RPC_FAILED
   */
  async #pursue(
    claim: Claim,
    nonce: number,
    replaced: SentTransaction | undefined,
    { clock }: Times,
  ): Promise<boolean> {
    const { client, log } = this.#options;
    const { signer } = this.#options.claiming as Claiming;
    const budget = await this.#budget(claim);
    const { baseFee, priorityFee } = await readGasPrices(client.provider);
    const prices = { baseFee, priorityFee, budget, replaced };
    if (feesFor({ ...prices, gasLimit: TYPICAL_GAS, dataFee: 0n }) === undefined) throw tooDear(claim, budget);
    const data = await this.#proved(claim);
    const call = { from: signer.address, to: client.settlementAddress, data };
    const estimate = await estimateAtHead(client.provider, call, "the slashing claim").catch((error: unknown) =>
      this.#explain(error),
    );
    // Somebody else was first: their slash comes with the next events.
    if (estimate === undefined) return false;
    const gasLimit = gasLimitFor(estimate, "the slashing claim");
    const unsigned = Transaction.from({
      type: 2,
      chainId: client.chainId,
      to: call.to,
      data,
      nonce,
      gasLimit,
      maxFeePerGas: 2n * baseFee + priorityFee,
      maxPriorityFeePerGas: priorityFee,
    });
    const dataFee = await l1DataFee(client.provider, unsigned.unsignedSerialized);
    const fees = feesFor({ ...prices, gasLimit, dataFee });
    if (fees === undefined) throw tooDear(claim, budget);
    const needed = gasLimit * fees.maxFee + dataFee;
    const balance = await guarded("reading the signer's balance", () => client.provider.getBalance(signer.address));
    if (balance < needed) {
      throw new Stuck("SIGNER_SHORT", `the signer ${signer.address} has ${balance} wei, and the claim needs ${needed}`);
    }
    const broadcaster = this.#broadcaster as Broadcaster;
    const draft = { claim: claim.id, nonce, data, gasLimit, ...fees };
    const hash = await broadcaster.send(draft, clock).catch((error: unknown) => this.#explain(error));
    if (hash === undefined) return false;
    const account = accountName(claim.commitment);
    const event = replaced === undefined ? "claim-sent" : "claim-sent-for-more";
    const { maxFee } = fees;
    log({
      level: "info",
      event,
      account,
      transaction: hash,
      nonce,
      maxFee: maxFee.toString(),
      bounty: claim.bounty.toString(),
    });
    return true;
  }

  /** A refusal that says that nothing is left to be slashed gives undefined. @throws Stuck, ChainError RPC_FAILED */
  #explain(error: unknown): undefined {
    if (!(error instanceof ChainError)) throw error;
    if (error.code === "INSUFFICIENT_FUNDS") throw new Stuck("SIGNER_SHORT", error.message);
    if (error.code !== "REVERTED") throw error;
    if (error.revert?.name === "AccountNotOpen") return undefined;
    throw new Stuck("EVIDENCE_UNUSABLE", reasonOf(error));
  }

  async #budget(claim: Claim): Promise<bigint> {
    const { store, client } = this.#options;
    const { price, costBps } = this.#options.claiming as Claiming;
    try {
      const worth = worthOf(claim.bounty, await price(), client.token.decimals);
      return budgetOf(worth, costBps, store.claims.spentOn(claim.id));
    } catch (error) {
      if (error instanceof WatcherError) throw new Stuck("PRICE_UNKNOWN", error.message);
      throw error;
    }
  }

  /** What is sent. Proved once; the secret is recovered for it, and forgotten. @throws Stuck */
  async #proved(claim: Claim): Promise<string> {
    const { store, client } = this.#options;
    const { prove, recipient } = this.#options.claiming as Claiming;
    if (claim.calldata !== undefined && claim.recipient === recipient) return claim.calldata;
    const shares = this.#sharesOf(claim);
    const { identitySecret } = recoverFromShares(...shares);
    if (identityCommitmentOf(identitySecret) !== claim.commitment) {
      throw new Stuck("EVIDENCE_UNUSABLE", "the shares on file do not open the account");
    }
    try {
      const evidence = { identitySecret, index: claim.index, shares };
      const { proof } = await prove("slash", slashClaim(client.pool, evidence, recipient).input);
      const data = slashData(claim.commitment, claim.nullifier, recipient, proof);
      store.claims.setProved(claim.id, recipient, data);
      return data;
    } catch (error) {
      // The prover's words may be about its input, which holds the secret's shares: its code says enough.
      const { code } = error as { readonly code?: unknown };
      throw new Stuck("EVIDENCE_UNUSABLE", `no proof came of it (${typeof code === "string" ? code : "UNEXPECTED"})`);
    }
  }

  /** @throws Stuck when the close that has the ticket's key was reorganized away */
  #sharesOf({ commitment, index, share, secondShare }: Claim): readonly [Share, Share] {
    if (secondShare !== undefined) return [share, secondShare];
    const close = this.#options.store.chain.close(this.#options.id, commitment);
    if (close === undefined) throw new Stuck("EVIDENCE_UNUSABLE", "the close is not in the chain any more");
    const key = ticketKeyFromCover(close.coverKeys, close.firstUnused, index);
    return [share, shareOf(recoverFromKey(share, key), key, (share.x % (FIELD_MODULUS - 1n)) + 1n)];
  }
}

const tooDear = ({ bounty }: Claim, budget: bigint): Stuck =>
  new Stuck("CLAIM_TOO_DEAR", `the fees are above the ${budget} wei that may be spent on a bounty of ${bounty} units`);
