// SPDX-License-Identifier: GPL-3.0-or-later
/** What the provider's store and its public feed have in common: tickets, refunds, enrolments and folds, each held to its rules and to the chain. */
import { randomInt } from "node:crypto";

import type { Pool, Proof, Signature } from "../protocol/index.ts";
import { refundMessage, verifySignature } from "../protocol/index.ts";
import type { AccountModel } from "./account-model.ts";
import type { DisputeModel } from "./dispute-model.ts";
import type { Findings, Place } from "./findings.ts";
import type { FoldModel } from "./fold-model.ts";
import { KeyTable } from "./key-table.ts";
import type { Money } from "./money.ts";
import type { ProofQueue } from "./proof-queue.ts";

/** What the chain says, at the audit's last block. */
export interface ChainFacts {
  readonly pool: Pool;
  readonly accounts: AccountModel;
  readonly disputes: DisputeModel;
  readonly folds: FoldModel;
  readonly money: Money;
  readonly toBlock: number;
}

export interface BookOptions {
  readonly facts: ChainFacts;
  readonly findings: Findings;
  readonly queue: ProofQueue;
  /** Of so many signatures of refunds one is verified; 1: all of them. */
  readonly sample: number;
  /** Whether every proof of an enrolment or a fold is verified, or some chosen at random. */
  readonly allProofs: boolean;
}

export interface RefundParts {
  readonly refundedCharge: bigint;
  readonly refundedHold: bigint;
  readonly signature: Signature;
}

export interface EnrolmentParts {
  readonly nullifier: bigint;
  readonly root: bigint;
  readonly state: bigint;
  readonly proof: Proof;
  readonly signature: Signature;
}

/** So many proofs are verified in any case, and of the rest one in as many. */
const LEAST_PROOFS = 16;

export class Books {
  readonly #options: BookOptions;
  readonly #states = new KeyTable();
  readonly #enrolled = new KeyTable();
  #proofs = 0;
  readonly counts = { enrolments: 0, signatures: 0 };
  /** When the roots were announced that enrolments show, in unix seconds: each was made then or later. */
  readonly enrolmentTimes: number[] = [];

  constructor(options: BookOptions) {
    this.#options = options;
  }

  get facts(): ChainFacts {
    return this.#options.facts;
  }

  get findings(): Findings {
    return this.#options.findings;
  }

  /** The message and the amounts of a refund, and its signature. */
  refund(nullifier: bigint, { refundedCharge, refundedHold, signature }: RefundParts, place: Place): void {
    const { facts, findings, sample } = this.#options;
    const { ticketPrice, policyHold, unit, providerKey } = facts.pool.parameters;
    const subject = `ticket ${place.key ?? ""}`;
    const charge = ticketPrice - refundedCharge;
    if (charge < 0n || charge % unit !== 0n || refundedCharge < 0n) {
      findings.add("REFUND_OUT_OF_RANGE", subject, place, { found: `a refund of ${refundedCharge}` });
    }
    if (refundedHold !== policyHold && !(refundedHold === 0n && facts.disputes.violations.has(nullifier))) {
      findings.add("REFUND_HOLD_KEPT", subject, place, { expected: policyHold, found: refundedHold });
    }
    if (sample > 1 && randomInt(sample) !== 0) return;
    this.counts.signatures += 1;
    const message = refundMessage(facts.pool.poolHash, { nullifier, refundedCharge, refundedHold });
    if (!verifySignature(message, signature, providerKey)) findings.add("REFUND_SIGNATURE_INVALID", subject, place);
  }

  async enrolment({ nullifier, root, state, proof, signature }: EnrolmentParts, place: Place): Promise<void> {
    const { facts, findings, queue } = this.#options;
    const subject = `enrolment ${place.key ?? ""}`;
    this.counts.enrolments += 1;
    const isNew = !this.#enrolled.has(nullifier) && !this.#states.has(state);
    this.#enrolled.add(nullifier);
    this.#states.add(state);
    if (!isNew) findings.add("ENROLMENT_REPEATED", subject, place);
    const index = facts.accounts.roots.indexOf(root);
    if (index === -1) findings.add("ENROLMENT_ROOT_UNKNOWN", subject, place, { found: root });
    else this.enrolmentTimes.push(facts.accounts.rootTimes[index] ?? 0);
    this.state(state, signature, subject, place);
    if (!this.#isProofDue()) return;
    const signals = [root, state, nullifier, facts.pool.poolHash];
    await queue.add("enroll", [{ signals, proof }], subject, place, "RECORD_PROOF_INVALID");
  }

  /** The provider's signature of a state. */
  state(state: bigint, signature: Signature, subject: string, place: Place): void {
    const { facts, findings } = this.#options;
    this.counts.signatures += 1;
    if (!verifySignature(state, signature, facts.pool.parameters.providerKey)) {
      findings.add("STATE_SIGNATURE_INVALID", subject, place);
    }
  }

  async foldProof(
    fold: {
      readonly state: bigint;
      readonly nullifiers: readonly bigint[];
      readonly certified: bigint;
      readonly proof: Proof;
    },
    subject: string,
    place: Place,
  ): Promise<void> {
    if (!this.#isProofDue()) return;
    const { facts, queue } = this.#options;
    const signals = [fold.state, ...fold.nullifiers, fold.certified, facts.pool.poolHash];
    await queue.add("fold", [{ signals, proof: fold.proof }], subject, place, "RECORD_PROOF_INVALID");
  }

  /** When all enrolments were seen. */
  finish(table: string): void {
    const { facts, findings } = this.#options;
    const { size } = facts.accounts.table;
    if (this.#enrolled.size > size) {
      findings.add(
        "ENROLMENTS_TOO_MANY",
        "enrolments",
        { table },
        { expected: `at most ${size}`, found: this.#enrolled.size },
      );
    }
    this.enrolmentTimes.sort((a, b) => a - b);
  }

  #isProofDue(): boolean {
    this.#proofs += 1;
    return this.#options.allProofs || this.#proofs <= LEAST_PROOFS || randomInt(LEAST_PROOFS) === 0;
  }
}
