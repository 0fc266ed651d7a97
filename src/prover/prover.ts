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
  /** Threads that prove; each needs up to about 500 MB. Default: the number of cores, at most 2. One more thread verifies. */
  readonly workers?: number;
  /** Folder of the key set, ending with a slash. Default: the project's own. */
  readonly keys?: URL;
}

const SCRIPT = new URL("./worker.ts", import.meta.url);

/** Threads start with the first task and keep the process alive only while they work. */
export class Prover {
  /** How the keys were made: callers that handle real money look at `purpose`. */
  readonly manifest: Manifest;
  readonly #provers: WorkerPool;
  /** Verification has its own thread: it takes milliseconds and must not wait for proofs that take seconds. */
  readonly #verifier: WorkerPool;

  private constructor(manifest: Manifest, setup: WorkerSetup, workers: number) {
    const data = { ...setup, ...WEB_WORKER };
    this.manifest = manifest;
    this.#provers = new WorkerPool(SCRIPT, data, workers);
    this.#verifier = new WorkerPool(SCRIPT, data, 1);
  }

  /** @throws ProverError ARTIFACT_MISSING, MANIFEST_INVALID */
  static async create(options: ProverOptions = {}): Promise<Prover> {
    const { workers = Math.min(2, availableParallelism()), keys = DEFAULT_KEYS } = options;
    if (!Number.isInteger(workers) || workers < 1) throw new RangeError("a prover has at least one worker");
    const manifest = await readManifest(keys);
    return new Prover(manifest, { keys: keys.href, manifest }, workers);
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
    return (await this.#verifier.run({ kind: "verify", statement, publicSignals, proof })) as boolean;
  }

  /** Ends all threads. Tasks that are not done are rejected with PROVER_CLOSED. */
  async close(): Promise<void> {
    await Promise.all([this.#provers.close(), this.#verifier.close()]);
  }

  #publicSignalsOf(statement: Statement): readonly string[] {
    const entry = this.manifest.statements[statement];
    if (entry === undefined) throw new ProverError("ARTIFACT_MISSING", `the key set has no statement ${statement}`);
    return entry.publicSignals;
  }
}
