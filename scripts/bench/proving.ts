// SPDX-License-Identifier: GPL-3.0-or-later
/** Proving and verifying times: each circuit on one thread, and the prover as it ships, with two. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { STATEMENTS } from "../../src/protocol/index.ts";
import type { Statement } from "../../src/protocol/index.ts";
import { artifactName, DEFAULT_KEYS, Prover } from "../../src/prover/index.ts";
import type { BenchClaims } from "./claims.ts";
import type { Timing, TimingTask } from "./single-thread.ts";
import { rounded, timed } from "./statistics.ts";

/** Milliseconds of processor time, medians. */
export type Timings = Readonly<Record<Statement, Timing>>;

export interface Throughput {
  readonly workers: number;
  /** By the clock: other work on the machine lowers it. */
  readonly ticketsPerMinute: number;
}

export interface ProvingReport {
  readonly singleThread: Timings;
  /** The prover's own verification, in milliseconds of processor time: snarkjs's, and the check of the group that snarkjs does not make. */
  readonly proverVerifyRequest: number;
  readonly throughput: Throughput;
}

const PROVER_WORKERS = 2;
const TICKETS = 20;

/** Runs timing tasks one after the other in a process of their own, which uses one thread. */
export class SingleThread {
  readonly #process = fork(fileURLToPath(new URL("./single-thread.ts", import.meta.url)), {
    serialization: "advanced",
  });

  async time(task: TimingTask): Promise<Timing> {
    this.#process.send(task);
    const ended = once(this.#process, "exit").then((): never => {
      throw new Error("the timing process ended");
    });
    const [answer] = (await Promise.race([once(this.#process, "message"), ended])) as [
      { timing?: Timing; failure?: string },
    ];
    if (answer.timing === undefined) throw new Error(answer.failure ?? "the timing process gave no answer");
    const { witness, prove, verify } = answer.timing;
    return { witness: rounded(witness), prove: rounded(prove), verify: rounded(verify) };
  }

  close(): void {
    this.#process.kill();
  }
}

const artifact = (statement: Statement, kind: "wasm" | "zkey"): string =>
  fileURLToPath(new URL(artifactName(statement, kind), DEFAULT_KEYS));

const timeStatement = (thread: SingleThread, claims: BenchClaims, statement: Statement): Promise<Timing> =>
  thread.time({
    wasm: artifact(statement, "wasm"),
    zkey: artifact(statement, "zkey"),
    input: claims[statement].input,
    repetitions: statement === "request" ? 9 : 3,
  });

async function measureProver(claims: BenchClaims): Promise<Pick<ProvingReport, "throughput" | "proverVerifyRequest">> {
  const prover = await Prover.create({ workers: PROVER_WORKERS });
  try {
    const prove = (index: number) => prover.prove("request", claims.requestOf(index).input);
    const proofs = await Promise.all(Array.from({ length: PROVER_WORKERS }, (_, index) => prove(10 + index)));
    const start = performance.now();
    await Promise.all(Array.from({ length: TICKETS }, (_, index) => prove(20 + index)));
    const minutes = (performance.now() - start) / 60_000;
    const [first] = proofs;
    if (first === undefined) throw new Error("there is no proof to verify");
    const verify = await timed(25, async () => {
      if (!(await prover.verify("request", first.publicSignals, first.proof)))
        throw new Error("a true proof was refused");
    });
    return {
      proverVerifyRequest: rounded(verify),
      throughput: { workers: PROVER_WORKERS, ticketsPerMinute: rounded(TICKETS / minutes) },
    };
  } finally {
    await prover.close();
  }
}

export async function measureProving(thread: SingleThread, claims: BenchClaims): Promise<ProvingReport> {
  const timings: [Statement, Timing][] = [];
  for (const statement of Object.keys(STATEMENTS) as Statement[]) {
    timings.push([statement, await timeStatement(thread, claims, statement)]);
  }
  return { singleThread: Object.fromEntries(timings) as Record<Statement, Timing>, ...(await measureProver(claims)) };
}
