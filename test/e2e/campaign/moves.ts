// SPDX-License-Identifier: GPL-3.0-or-later
/** The rules' calls: accounts, folds, disputes. Each knows from the books what it must end in, and what it changes. */
import { DISPUTE_TYPES, domainOf, refundClaim, slashClaim } from "../../../src/protocol/index.ts";
import type { Proof } from "../../../src/protocol/index.ts";
import type { CloseRequest } from "../../../src/chain/index.ts";
import { NO_PROOF, closeArgument, foldArgument, nullifiersArgument, proofArgument } from "./arguments.ts";
import type { Name } from "./chain.ts";
import { NOBODY } from "./ghost/index.ts";
import type { FoldFacts, ShownClose } from "./ghost/index.ts";
import { DEADLINE, REQUEST_HASH } from "./holder.ts";
import type { ClosePlan, Fold, Holder, RefundSlip, Session } from "./holder.ts";
import type { Offence } from "./provider.ts";
import type { Scene } from "./scene.ts";

// ------------------------------------------------------------------- CLOSE

/** A close, and whether its proof is one of all that it says. */
export interface Shown {
  readonly request: CloseRequest;
  readonly isProven: boolean;
}

export async function proveClose(scene: Scene, holder: Holder, plan: ClosePlan): Promise<CloseRequest> {
  const { claim, coverKeys, certified } = holder.close(plan);
  const [, , firstUnused = 0n] = claim.publicSignals;
  const proof = await scene.proofs.prove("close", claim);
  const { refundedCharges, refundedHolds, recipient, relayer = NOBODY, fee = 0n } = plan;
  const amounts = { firstUnused, refundedCharges, refundedHolds, certified };
  return { identityCommitment: holder.id, ...amounts, recipient, relayer, fee, deadline: DEADLINE, coverKeys, proof };
}

const shownClose = (scene: Scene, { request, isProven }: Shown): ShownClose => ({
  ...request,
  isStateGood: request.certified === 0n || scene.ghost.folds.isFinal(request.certified),
  isProven,
});

export function startClose(scene: Scene, by: Name, shown: Shown): Promise<boolean> {
  const { accounts } = scene.ghost;
  return scene.attempt({
    what: "startClose",
    by,
    transaction: scene.chain.pool.settlement.startClose.populateTransaction(closeArgument(shown.request)),
    refusal: () => accounts.refuseClose(shownClose(scene, shown), scene.ghost.now),
    effect() {
      accounts.startClose(shown.request, scene.ghost.now);
      scene.noteClose(shown.request);
    },
  });
}

export async function closeWithConsent(
  scene: Scene,
  by: Name,
  shown: Shown,
  consent: { readonly deadline: bigint; readonly signature: string; readonly isSigned: boolean },
): Promise<boolean> {
  const { accounts } = scene.ghost;
  const { deadline, signature, isSigned } = consent;
  const request = closeArgument(shown.request);
  return scene.attempt({
    what: "closeWithConsent",
    by,
    transaction: scene.chain.pool.settlement.closeWithConsent.populateTransaction(request, deadline, signature),
    refusal: () => accounts.refuseConsented(shownClose(scene, shown), deadline, isSigned, scene.ghost.now),
    effect() {
      scene.noteClose(shown.request);
      scene.noteFinal(shown.request.identityCommitment);
      accounts.closeWithConsent(shown.request, scene.ghost.now);
    },
  });
}

export function finalizeClose(scene: Scene, by: Name, id: bigint): Promise<boolean> {
  const { accounts } = scene.ghost;
  return scene.attempt({
    what: "finalizeClose",
    by,
    transaction: scene.chain.pool.settlement.finalizeClose.populateTransaction(id),
    refusal: () => accounts.refuseFinalize(id, scene.ghost.now),
    effect() {
      scene.noteFinal(id);
      accounts.finalize(id);
    },
  });
}

// -------------------------------------------------------- SLASH AND EXPIRE

export interface SlashFacts {
  readonly id: bigint;
  readonly nullifier: bigint;
  readonly recipient: string;
  readonly proof: Proof;
  readonly isProven: boolean;
}

export async function proveSlash(scene: Scene, offence: Offence, recipient: string): Promise<SlashFacts> {
  const claim = slashClaim(scene.chain.description, offence, recipient);
  const [id = 0n, nullifier = 0n] = claim.publicSignals;
  return { id, nullifier, recipient, proof: await scene.proofs.prove("slash", claim), isProven: true };
}

export function showSlash(scene: Scene, by: Name, facts: SlashFacts): Promise<boolean> {
  const { id, nullifier, recipient, proof, isProven } = facts;
  const { accounts } = scene.ghost;
  const { settlement } = scene.chain.pool;
  return scene.attempt({
    what: "slash",
    by,
    transaction: settlement.slash.populateTransaction(id, nullifier, recipient, proofArgument(proof)),
    refusal: () => accounts.refuseSlash(id, nullifier, recipient, isProven),
    effect: () => accounts.slash(id, recipient),
  });
}

/** The stranger copies it first, for himself. */
export async function slash(scene: Scene, by: Name, offence: Offence, recipient: string): Promise<boolean> {
  const facts = await proveSlash(scene, offence, recipient);
  await showSlash(scene, "stranger", { ...facts, recipient: scene.addressOf("stranger"), isProven: false });
  return showSlash(scene, by, facts);
}

export function expire(scene: Scene, by: Name, id: bigint): Promise<boolean> {
  const { accounts } = scene.ghost;
  return scene.attempt({
    what: "expire",
    by,
    transaction: scene.chain.pool.settlement.expire.populateTransaction(id),
    refusal: () => accounts.refuseExpire(id, scene.ghost.now),
    effect: () => accounts.expire(id),
  });
}

// ------------------------------------------------------------------- FOLDS

export interface ShownFold {
  readonly facts: FoldFacts;
  readonly proof: Proof;
  readonly isProven: boolean;
}

export async function proveFold(scene: Scene, { facts, claim }: Fold): Promise<ShownFold> {
  return { facts, proof: await scene.proofs.prove("fold", claim), isProven: true };
}

export function certify(scene: Scene, by: Name, { facts, proof, isProven }: ShownFold): Promise<boolean> {
  const { folds } = scene.ghost;
  return scene.attempt({
    what: "certifyFold",
    by,
    transaction: scene.chain.pool.settlement.certifyFold.populateTransaction(foldArgument(facts, proof)),
    refusal: () => folds.refuseCertify(facts, isProven),
    effect: () => folds.certify(facts, scene.ghost.now),
  });
}

export function finalizeFold(scene: Scene, by: Name, facts: FoldFacts): Promise<boolean> {
  const { folds } = scene.ghost;
  const { newState, certified } = facts;
  const { settlement } = scene.chain.pool;
  return scene.attempt({
    what: "finalizeFold",
    by,
    transaction: settlement.finalizeFold.populateTransaction(newState, nullifiersArgument(facts), certified),
    refusal: () => folds.refuseFinalize(facts, scene.ghost.now),
    effect() {
      scene.noteFinalFold(facts);
      folds.finalize(facts);
    },
  });
}

export function showChallenge(scene: Scene, by: Name, pending: FoldFacts, other: ShownFold): Promise<boolean> {
  const { folds } = scene.ghost;
  const { facts, proof, isProven } = other;
  const { newState, certified } = pending;
  const { settlement } = scene.chain.pool;
  const conflicting = foldArgument(facts, proof);
  const nullifiers = nullifiersArgument(pending);
  return scene.attempt({
    what: "challengeFold",
    by,
    transaction: settlement.challengeFold.populateTransaction(newState, nullifiers, certified, conflicting),
    refusal: () => folds.refuseChallenge(by === "provider", pending, facts, isProven),
    effect: () => folds.challenge(pending, facts, scene.ghost.now),
  });
}

/** The stranger tries it first: it is for the provider alone. */
export async function challenge(scene: Scene, by: Name, pending: FoldFacts, signed: Fold): Promise<boolean> {
  const shown = await proveFold(scene, signed);
  await showChallenge(scene, "stranger", pending, shown);
  return showChallenge(scene, by, pending, shown);
}

// ---------------------------------------------------------------- DISPUTES

export interface Opening {
  readonly session: Session;
  readonly recipient: string;
  readonly signature: string;
  readonly proof: Proof;
  readonly isSigned: boolean;
  readonly isProven: boolean;
}

export async function proveOpening(scene: Scene, session: Session, recipient: string): Promise<Opening> {
  const { nullifier, wallet, claim } = session;
  const signature = await wallet.signTypedData(domainOf(scene.chain.description), DISPUTE_TYPES, {
    nullifier,
    recipient,
  });
  return {
    session,
    recipient,
    signature,
    proof: await scene.proofs.prove("request", claim),
    isSigned: true,
    isProven: true,
  };
}

export function showOpening(scene: Scene, by: Name, opening: Opening): Promise<boolean> {
  const { session, recipient, signature, proof, isSigned, isProven } = opening;
  const { nullifier, share, wallet } = session;
  const { disputes } = scene.ghost;
  const contract = scene.chain.pool.disputes;
  return scene.attempt({
    what: "openDispute",
    by,
    transaction: contract.openDispute.populateTransaction(
      nullifier,
      share.y,
      wallet.address,
      recipient,
      proofArgument(proof),
      signature,
    ),
    refusal: () => disputes.refuseOpen(nullifier, recipient, isSigned, isProven),
    effect() {
      disputes.open(nullifier, wallet.address, recipient, scene.ghost.now);
      scene.disputed.set(nullifier, session);
    },
  });
}

export interface VoucherShown {
  readonly cap: bigint;
  readonly voucher: string;
  /** Whether the disputing session's key signed exactly this. */
  readonly isVoucherSigned?: boolean;
}

/** `isSigned`: by the provider, exactly so; what it did not sign comes with a proof of nothing. */
export async function answer(
  scene: Scene,
  by: Name,
  session: Session,
  refund: RefundSlip,
  { cap, voucher, isVoucherSigned = voucher !== "0x" }: VoucherShown,
  isSigned = true,
): Promise<boolean> {
  const { refundedCharge, refundedHold, signature } = refund;
  const ticket = { nullifier: session.nullifier, refundedCharge, refundedHold };
  const claim = refundClaim(scene.chain.description, { ...ticket, signature });
  const proof = isSigned ? await scene.proofs.prove("refund", claim) : NO_PROOF;
  const facts = { ...ticket, cap, isVoucherSigned, isProven: isSigned };
  const { disputes } = scene.ghost;
  return scene.attempt({
    what: "answerDispute",
    by,
    transaction: scene.chain.pool.disputes.answerDispute.populateTransaction(
      { ...ticket, signatureR8: [...signature.r8] as [bigint, bigint], signatureS: signature.s },
      proofArgument(proof),
      { sequence: 1n, cap, requestHash: REQUEST_HASH, signature: voucher },
    ),
    refusal: () => disputes.refuseAnswer(facts, scene.ghost.now),
    effect() {
      disputes.answer(session.nullifier);
      scene.deliver(session, refund);
    },
  });
}

export function resolve(scene: Scene, by: Name, nullifier: bigint): Promise<boolean> {
  const { disputes } = scene.ghost;
  return scene.attempt({
    what: "resolveDispute",
    by,
    transaction: scene.chain.pool.disputes.resolveDispute.populateTransaction(nullifier),
    refusal: () => disputes.refuseResolve(nullifier, scene.ghost.now),
    effect() {
      disputes.resolve(nullifier);
      scene.noteLoss(nullifier);
    },
  });
}

export function payAward(scene: Scene, by: Name, nullifier: bigint): Promise<boolean> {
  const { disputes } = scene.ghost;
  return scene.attempt({
    what: "payAward",
    by,
    transaction: scene.chain.pool.disputes.payAward.populateTransaction(nullifier),
    refusal: () => disputes.refusePayAward(nullifier),
    effect: () => disputes.payAward(nullifier),
  });
}

export function collectPenalties(scene: Scene, by: Name): Promise<boolean> {
  const { disputes } = scene.ghost;
  return scene.attempt({
    what: "collectPenalties",
    by,
    transaction: scene.chain.pool.disputes.collectPenalties.populateTransaction(),
    refusal: () => disputes.refuseCollect(),
    effect: () => disputes.collectPenalties(),
  });
}

export function reportViolation(scene: Scene, by: Name, nullifier: bigint, evidence: string): Promise<boolean> {
  const { disputes } = scene.ghost;
  return scene.attempt({
    what: "reportViolation",
    by,
    transaction: scene.chain.pool.disputes.reportViolation.populateTransaction(nullifier, evidence),
    refusal: () => disputes.refuseViolation(scene.addressOf(by), nullifier, evidence),
    effect: () => void disputes.violations.set(nullifier, evidence),
  });
}
