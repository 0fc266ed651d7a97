// SPDX-License-Identifier: GPL-3.0-or-later
/** Proofs that wait to be verified, so many at most: the replay waits for them when they pile up. */
import type { Proof, Statement } from "../protocol/index.ts";
import { placeOf } from "./context.ts";
import type { Moment } from "./context.ts";
import type { Findings, FindingCode, Place } from "./findings.ts";

export type Verify = (statement: Statement, publicSignals: readonly bigint[], proof: Proof) => Promise<boolean>;

export interface ProofOption {
  readonly signals: readonly bigint[];
  readonly proof: Proof;
}

const MOST_WAITING = 64;

export class ProofQueue {
  readonly #verify: Verify;
  readonly #findings: Findings;
  readonly #running = new Set<Promise<void>>();
  #failure: Error | undefined;
  /** How many were verified, of each statement. */
  readonly verified: Partial<Record<Statement, number>> = {};

  constructor(verify: Verify, findings: Findings) {
    this.#verify = verify;
    this.#findings = findings;
  }

  /** Resolves when there is room for more. One of the options must hold. */
  async add(
    statement: Statement,
    options: readonly ProofOption[],
    subject: string,
    at: Moment | Place,
    code: FindingCode = "PROOF_INVALID",
  ): Promise<void> {
    const place = "blockNumber" in at ? placeOf(at) : at;
    const run = this.#check(statement, options)
      .then((isGood) => {
        this.verified[statement] = (this.verified[statement] ?? 0) + 1;
        if (!isGood) this.#findings.add(code, subject, place, { found: `${statement} proof` });
      })
      .catch((error: unknown) => {
        this.#failure ??= error instanceof Error ? error : new Error(String(error));
      })
      .finally(() => this.#running.delete(run));
    this.#running.add(run);
    while (this.#running.size >= MOST_WAITING) await Promise.race(this.#running);
    this.#throwIfFailed();
  }

  /** Waits for all. */
  async done(): Promise<void> {
    await Promise.all(this.#running);
    this.#throwIfFailed();
  }

  async #check(statement: Statement, options: readonly ProofOption[]): Promise<boolean> {
    for (const { signals, proof } of options) if (await this.#verify(statement, signals, proof)) return true;
    return false;
  }

  #throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}
