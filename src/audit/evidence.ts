// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What the chain accepted, looked at again off chain: the call behind each event, its proof with the public signals that follow from the chain's own
 * record, the signatures of sessions and of the provider. Events are handed over before they are applied.
 */
import { closeConsentOf } from "../chain/index.ts";
import type { PoolEvent, PoolEventArguments } from "../chain/index.ts";
import type { Proof, Statement } from "../protocol/index.ts";
import {
  CALL_TYPES,
  CLOSE_CONSENT_TYPES,
  DISPUTE_TYPES,
  closeChallenge,
  compressSlots,
  digestOf,
  refundMessage,
  signerOf,
  slashContext,
  ticketMessage,
  verifySignature,
} from "../protocol/index.ts";
import type { AccountModel } from "./account-model.ts";
import { CALLS_OF, PROVIDERS_OWN, isOf, proofOf, shownBy } from "./call-events.ts";
import type { RawClose, RawFold, RawProof } from "./call-events.ts";
import type { CallReader, RuleCall } from "./calls.ts";
import { short } from "./context.ts";
import type { Context } from "./context.ts";
import type { DisputeModel } from "./dispute-model.ts";
import type { FoldModel, ShownFold } from "./fold-model.ts";
import type { ProofQueue } from "./proof-queue.ts";
import type { Surroundings, Transaction } from "./source.ts";

type Of<Name extends keyof PoolEventArguments> = PoolEventArguments[Name];

/** What a proof is looked at with. Several, where several calls could be the one. */
interface Claim {
  readonly statement: Statement;
  readonly subject: string;
  readonly options: readonly { readonly signals: readonly bigint[]; readonly proof: Proof }[];
}

export interface EvidenceParts {
  readonly context: Context;
  readonly accounts: AccountModel;
  readonly disputes: DisputeModel;
  readonly folds: FoldModel;
  readonly calls: CallReader;
  readonly surroundings: Surroundings;
  readonly queue: ProofQueue;
  /** Whether the provider has code: then its signatures are its contract's to judge. */
  readonly isProviderContract: boolean;
}

export class Evidence {
  readonly #parts: EvidenceParts;
  readonly signatures = { checked: 0 };
  /** Calls that were sent through contracts: seen inside, or not. */
  readonly through = { seen: 0, unseen: 0 };

  constructor(parts: EvidenceParts) {
    this.#parts = parts;
  }

  /** Whether the call behind the event will be looked at, and so its transaction is needed. */
  needsCall({ name }: PoolEvent): boolean {
    return CALLS_OF[name] !== undefined;
  }

  /** @param isSampled false for a close or a slash that was left out. Resolves to what a challenge showed. */
  async look(event: PoolEvent, isSampled: boolean): Promise<ShownFold | undefined> {
    const { context, surroundings, calls } = this.#parts;
    if (event.name === "DisputeAnswered") this.#refundSignature(event.args);
    if (event.name === "CloseFinalized") {
      await this.#earlyClose(event);
      return undefined;
    }
    const names = CALLS_OF[event.name];
    const isProof = event.name === "CloseStarted" || event.name === "AccountSlashed";
    if (names === undefined || (isProof && !isSampled)) return undefined;
    const transaction = await surroundings.transaction(event.transactionHash);
    if (transaction?.blockHash !== event.blockHash) {
      context.find("TRANSACTION_MISMATCH", event.name, {
        expected: event.blockHash,
        found: transaction?.blockHash ?? "none",
      });
      return undefined;
    }
    const seen = await calls.callsOf(event.transactionHash, transaction, names);
    if (PROVIDERS_OWN.has(event.name)) this.#requireProvider(transaction, event.name);
    const own = seen.filter((call) => isOf(call, event));
    if (!calls.isDirect(transaction)) this.through[own.length === 0 ? "unseen" : "seen"] += 1;
    if (own.length === 0) {
      // A fold that a challenge shows is proved by the challenge's call, which was looked at with its first event.
      const code = calls.isDirect(transaction) ? "CALL_MISMATCH" : "CALL_NOT_SEEN";
      context.find(code, event.name, { found: seen.map(({ name }) => name).join(", ") || "no such call" });
      return undefined;
    }
    const claim = this.#claimOf(event, own);
    if (claim !== undefined) await this.#parts.queue.add(claim.statement, claim.options, claim.subject, context.moment);
    return event.name === "FoldChallenged" ? shownBy(own[0] as RuleCall) : undefined;
  }

  #claimOf(event: PoolEvent, own: readonly RuleCall[]): Claim | undefined {
    switch (event.name) {
      case "CloseStarted":
        return this.#close(event.args, own);
      case "AccountSlashed":
        return this.#slash(event.args, own);
      case "DisputeOpened":
        return this.#opening(event.args, own);
      case "DisputeAnswered":
        return this.#answer(event.args, own);
      case "FoldCertified":
        return this.#fold(event.args, own);
      case "FoldChallenged":
        return this.#challenge(event.args, own);
      default:
        return undefined;
    }
  }

  #close(args: Of<"CloseStarted">, own: readonly RuleCall[]): Claim | undefined {
    const { context, accounts, folds } = this.#parts;
    const { identityCommitment, firstUnused, refundedCharges, refundedHolds, coverKeys } = args;
    const subject = `close of account ${short(identityCommitment)}`;
    const deposit = accounts.depositOf(identityCommitment);
    if (deposit === undefined) return undefined;
    const options = own.map(({ args: [raw] }) => {
      const { certified, deadline, proof } = raw as RawClose;
      const { poolHash } = context.pool;
      const z = closeChallenge(poolHash, identityCommitment, coverKeys, { ...args, deadline });
      const e = compressSlots(coverKeys, z);
      const sums = [BigInt(firstUnused), refundedCharges, refundedHolds];
      return { signals: [identityCommitment, deposit, ...sums, certified, z, e, poolHash], proof: proofOf(proof) };
    });
    const { certified, deadline } = (own[0] as RuleCall).args[0] as RawClose;
    const isFinal = certified === 0n || folds.folds.get(certified)?.status === "final";
    context.require(isFinal, "FOLD_BASE_MISSING", subject, { found: certified });
    context.require(context.now <= deadline, "CLOSE_OUT_OF_RANGE", subject, {
      expected: `by ${deadline}`,
      found: context.now,
    });
    return { statement: "close", subject, options };
  }

  #slash({ identityCommitment, nullifier, recipient }: Of<"AccountSlashed">, own: readonly RuleCall[]): Claim {
    const { poolHash } = this.#parts.context.pool;
    const signals = [identityCommitment, nullifier, slashContext(poolHash, recipient), poolHash];
    const options = own.map(({ args }) => ({ signals, proof: proofOf(args[3] as RawProof) }));
    return { statement: "slash", subject: `slash of account ${short(identityCommitment)}`, options };
  }

  #opening(args: Of<"DisputeOpened">, own: readonly RuleCall[]): Claim {
    const { nullifier, y, sessionAddress, recipient } = args;
    const { poolHash, scope } = this.#parts.context.pool;
    const subject = `dispute over ticket ${short(nullifier)}`;
    const signals = [nullifier, y, ticketMessage(scope, sessionAddress), poolHash];
    const signature = (own[0] as RuleCall).args[5] as string;
    this.#sessionSignature(subject, sessionAddress, DISPUTE_TYPES, { nullifier, recipient }, signature);
    return {
      statement: "request",
      subject,
      options: own.map((call) => ({ signals, proof: proofOf(call.args[4] as RawProof) })),
    };
  }

  #answer(args: Of<"DisputeAnswered">, own: readonly RuleCall[]): Claim {
    const { nullifier, refundedCharge, refundedHold, signatureR8, signatureS } = args;
    const { context, disputes } = this.#parts;
    const { poolHash, parameters } = context.pool;
    const subject = `answer over ticket ${short(nullifier)}`;
    const charge = parameters.ticketPrice - refundedCharge;
    if (charge > 0n) {
      const [sequence, cap, requestHash, signature] = (own[0] as RuleCall).args[2] as [bigint, bigint, string, string];
      const session = disputes.disputes.get(nullifier)?.sessionAddress ?? "";
      context.require(charge <= cap, "ANSWER_OUT_OF_RANGE", subject, {
        expected: `a charge of at most ${cap}`,
        found: charge,
      });
      this.#sessionSignature(subject, session, CALL_TYPES, { nullifier, sequence, cap, requestHash }, signature);
    }
    const signals = [nullifier, refundedCharge, refundedHold, ...signatureR8, signatureS, poolHash];
    return {
      statement: "refund",
      subject,
      options: own.map((call) => ({ signals, proof: proofOf(call.args[1] as RawProof) })),
    };
  }

  #fold({ newState, foldNullifiers, certified }: Of<"FoldCertified">, own: readonly RuleCall[]): Claim {
    const signals = [newState, ...foldNullifiers, certified, this.#parts.context.pool.poolHash];
    const options = own.map((call) => {
      const { proof } = call.args[call.name === "certifyFold" ? 0 : 3] as RawFold;
      return { signals, proof: proofOf(proof) };
    });
    return { statement: "fold", subject: `fold ${short(newState)}`, options };
  }

  /** Once for a challenge: its other events have the same call. */
  #challenge({ fallen }: Of<"FoldChallenged">, own: readonly RuleCall[]): Claim | undefined {
    const { args } = own[0] as RuleCall;
    if (args[0] !== fallen) return undefined;
    const { newState, foldNullifiers, certified, proof } = args[3] as RawFold;
    const signals = [newState, ...foldNullifiers, certified, this.#parts.context.pool.poolHash];
    return {
      statement: "fold",
      subject: `challenge by fold ${short(newState)}`,
      options: [{ signals, proof: proofOf(proof) }],
    };
  }

  /** A close within its window is final by the provider's consent alone. */
  async #earlyClose(event: PoolEvent & { readonly name: "CloseFinalized" }): Promise<void> {
    const { context, accounts, surroundings, calls, isProviderContract } = this.#parts;
    const { identityCommitment } = event.args;
    const pending = accounts.pending.get(identityCommitment);
    if (pending === undefined || (!pending.isConsented && context.now >= pending.finalizableAt)) return;
    const subject = `close of account ${short(identityCommitment)}`;
    const transaction = await surroundings.transaction(event.transactionHash);
    const seen =
      transaction === undefined ? [] : await calls.callsOf(event.transactionHash, transaction, ["closeWithConsent"]);
    const own = seen.find((call) => isOf(call, event));
    if (own === undefined) {
      const isSeen = transaction !== undefined && calls.isDirect(transaction);
      context.find(isSeen ? "CLOSE_TOO_EARLY" : "CALL_NOT_SEEN", subject);
      return;
    }
    const [raw, consentDeadline, signature] = own.args as unknown as [RawClose, bigint, string];
    context.require(context.now <= consentDeadline, "CLOSE_TOO_EARLY", subject, { expected: `by ${consentDeadline}` });
    const isSame = raw.firstUnused === BigInt(pending.firstUnused) || !pending.isConsented;
    context.require(isSame, "CALL_MISMATCH", subject);
    if (isProviderContract) {
      context.find("CONSENT_NOT_CHECKED", subject);
      return;
    }
    const consent = closeConsentOf(raw, consentDeadline);
    this.#sessionSignature(subject, context.pool.parameters.provider, CLOSE_CONSENT_TYPES, consent, signature);
  }

  #refundSignature({ nullifier, refundedCharge, refundedHold, signatureR8, signatureS }: Of<"DisputeAnswered">): void {
    const { context } = this.#parts;
    const message = refundMessage(context.pool.poolHash, { nullifier, refundedCharge, refundedHold });
    const isGood = verifySignature(message, { r8: signatureR8, s: signatureS }, context.pool.parameters.providerKey);
    this.signatures.checked += 1;
    context.require(isGood, "SIGNATURE_INVALID", `refund of ticket ${short(nullifier)}`);
  }

  /** EIP-712, by a key. */
  #sessionSignature(
    subject: string,
    signer: string,
    types: Parameters<typeof digestOf>[1],
    message: Record<string, unknown>,
    signature: string,
  ): void {
    const { context } = this.#parts;
    this.signatures.checked += 1;
    const digest = digestOf(context.pool, types, message);
    const found = signerOf(digest, signature) ?? "no signature";
    context.same("SIGNATURE_INVALID", subject, found.toLowerCase(), signer.toLowerCase());
  }

  #requireProvider(transaction: Transaction, what: string): void {
    const { context, calls } = this.#parts;
    if (calls.isDirect(transaction)) {
      context.same(
        "NOT_PROVIDER",
        what,
        transaction.from.toLowerCase(),
        context.pool.parameters.provider.toLowerCase(),
      );
    }
  }
}
