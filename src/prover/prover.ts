// SPDX-License-Identifier: GPL-3.0-or-later
/** Groth16 proofs of the project's statements, made and verified in threads, with keys checked against their manifest. */
import { availableParallelism } from "node:os";

import type { CircuitInput, Proof, Statement } from "../protocol/index.ts";
import { DEFAULT_KEYS, readManifest } from "./artifacts.ts";
import type { Manifest } from "./artifacts.ts";
import { ProverError } from "./errors.ts";
import { WEB_WORKER } from "./messages.ts";
import type { ProofResult, WorkerSetup } from "./messages.ts";
import { WorkerPool } from "./pool.ts";
import type { TaskOptions } from "./pool.ts";
import { isWellFormed } from "./well-formed.ts";

export interface ProverOptions {
  /** Threads that prove; each needs up to about 500 MB. Default: the number of cores, at most 2. */
  readonly workers?: number;
  /** Threads that verify, besides those. Default 1. */
  readonly verifiers?: number;
  /** Folder of the key set, ending with a slash. Default: the project's own. */
  readonly keys?: URL;
}

const SCRIPT = new URL("./worker.ts", import.meta.url);

/** Threads start with the first task and keep the process alive only while they work. */
export class Prover {
  /** How the keys were made: callers that handle real money look at `purpose`. */
  readonly manifest: Manifest;
  /** How many proofs are verified at once. */
  readonly verifiers: number;
  readonly #provers: WorkerPool;
  /** Verification has its own threads: it takes milliseconds and must not wait for proofs that take seconds. */
  readonly #verifiers: WorkerPool;
  #isOpen = true;

  private constructor(manifest: Manifest, setup: WorkerSetup, workers: number, verifiers: number) {
    const data = { ...setup, ...WEB_WORKER };
    this.manifest = manifest;
    this.verifiers = verifiers;
    this.#provers = new WorkerPool(SCRIPT, data, workers);
    this.#verifiers = new WorkerPool(SCRIPT, data, verifiers);
  }

  /** @throws ProverError ARTIFACT_MISSING, MANIFEST_INVALID */
  static async create(options: ProverOptions = {}): Promise<Prover> {
    const { workers = Math.min(2, availableParallelism()), verifiers = 1, keys = DEFAULT_KEYS } = options;
    for (const threads of [workers, verifiers]) {
      if (!Number.isInteger(threads) || threads < 1)
        throw new RangeError("a prover has at least one thread of each kind");
    }
    const manifest = await readManifest(keys);
    return new Prover(manifest, { keys: keys.href, manifest }, workers, verifiers);
  }

  /**
   * Proves a statement. `input` holds the circuit's input signals by name.
   * @throws ProverError INPUT_REJECTED when the input has no valid witness; ARTIFACT_MISSING, ARTIFACT_MISMATCH, WORKER_CRASHED, PROVER_CLOSED
   */
  async prove(statement: Statement, input: CircuitInput, options: TaskOptions = {}): Promise<ProofResult> {
    this.#publicSignalsOf(statement);
    return (await this.#provers.run({ kind: "prove", statement, input }, options)) as ProofResult;
  }

  /**
   * Whether the proof holds. A malformed one (a value out of range, a point off its curve or of another order, a wrong number of signals) does not.
   * @throws ProverError ARTIFACT_MISSING, ARTIFACT_MISMATCH, WORKER_CRASHED, PROVER_CLOSED
   */
  async verify(statement: Statement, publicSignals: readonly bigint[], proof: Proof): Promise<boolean> {
    if (!isWellFormed(publicSignals, proof, this.#publicSignalsOf(statement).length)) return false;
    return (await this.#verifiers.run({ kind: "verify", statement, publicSignals, proof })) as boolean;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Ends all threads. Tasks that are not done are rejected with PROVER_CLOSED. */
  async close(): Promise<void> {
    this.#isOpen = false;
    await Promise.all([this.#provers.close(), this.#verifiers.close()]);
  }

  #publicSignalsOf(statement: Statement): readonly string[] {
    const entry = this.manifest.statements[statement];
    if (entry === undefined) throw new ProverError("ARTIFACT_MISSING", `the key set has no statement ${statement}`);
    return entry.publicSignals;
  }
}
