// SPDX-License-Identifier: GPL-3.0-or-later
/** A queue of tasks and the threads that take them, one task each at a time. Threads start when there is work. */
import { Worker } from "node:worker_threads";

import { ProverError } from "./errors.ts";
import type { Answer, ProvingStage, Task } from "./messages.ts";

export interface TaskOptions {
  /** Tasks of a higher priority go first, among equals in the order given. Default 0. */
  readonly priority?: number;
  readonly onStage?: (stage: ProvingStage) => void;
}

interface Job extends TaskOptions {
  readonly task: Task;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class WorkerPool {
  readonly #script: URL;
  readonly #workerData: unknown;
  readonly #size: number;
  readonly #busy = new Map<Worker, Job>();
  readonly #idle: Worker[] = [];
  #queue: Job[] = [];
  #isClosed = false;

  constructor(script: URL, workerData: unknown, size: number) {
    this.#script = script;
    this.#workerData = workerData;
    this.#size = size;
  }

  /** @throws ProverError WORKER_CRASHED, PROVER_CLOSED, or what the thread reports. */
  run(task: Task, options: TaskOptions = {}): Promise<unknown> {
    if (this.#isClosed) return Promise.reject(new ProverError("PROVER_CLOSED", "the prover is closed"));
    return new Promise((resolve, reject) => {
      const job: Job = { ...options, task, resolve, reject };
      const priority = job.priority ?? 0;
      const position = this.#queue.findIndex((other) => (other.priority ?? 0) < priority);
      this.#queue.splice(position === -1 ? this.#queue.length : position, 0, job);
      this.#assign();
    });
  }

  /** Ends the threads; what is queued or running is rejected with PROVER_CLOSED. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const jobs = [...this.#queue, ...this.#busy.values()];
    const workers = [...this.#busy.keys(), ...this.#idle.splice(0)];
    this.#queue = [];
    this.#busy.clear();
    for (const { reject } of jobs) reject(new ProverError("PROVER_CLOSED", "the prover was closed"));
    await Promise.all(workers.map((worker) => worker.terminate()));
  }

  #assign(): void {
    while (this.#queue.length > 0 && (this.#idle.length > 0 || this.#busy.size < this.#size)) {
      const job = this.#queue.shift() as Job;
      const worker = this.#idle.pop() ?? this.#start();
      this.#busy.set(worker, job);
      // A thread keeps the process alive only while it works.
      worker.ref();
      worker.postMessage(job.task);
    }
  }

  #start(): Worker {
    const worker = new Worker(this.#script, { workerData: this.#workerData });
    let reason = "its thread ended";
    worker.on("message", (answer: Answer) => this.#onAnswer(worker, answer));
    worker.on("error", (error) => (reason = error instanceof Error ? error.message : String(error)));
    worker.on("exit", () => this.#onExit(worker, reason));
    return worker;
  }

  #onAnswer(worker: Worker, answer: Answer): void {
    const job = this.#busy.get(worker);
    if (job === undefined) return;
    if (answer.kind === "stage") {
      job.onStage?.(answer.stage);
      return;
    }
    this.#busy.delete(worker);
    this.#idle.push(worker);
    worker.unref();
    this.#assign();
    if (answer.kind === "done") job.resolve(answer.result);
    else if (answer.code === undefined) job.reject(new Error(answer.message));
    else job.reject(new ProverError(answer.code, answer.message));
  }

  #onExit(worker: Worker, reason: string): void {
    const job = this.#busy.get(worker);
    this.#busy.delete(worker);
    const position = this.#idle.indexOf(worker);
    if (position !== -1) this.#idle.splice(position, 1);
    job?.reject(new ProverError("WORKER_CRASHED", `the worker died: ${reason}`));
    this.#assign();
  }
}
