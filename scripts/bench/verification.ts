// SPDX-License-Identifier: GPL-3.0-or-later
/** How many proofs of tickets a gateway's threads verify, alone and side by side with what others ship. */
import { availableParallelism } from "node:os";

import { Prover, toSnarkjs } from "../../src/prover/index.ts";
import type { ProofResult } from "../../src/prover/index.ts";
import { Child } from "./child.ts";
import { makeClaims } from "./claims.ts";
import { processorTime, ratio, rounded, spreadOf } from "./statistics.ts";
import type { Spread } from "./statistics.ts";
import type { PeerTask, PeerTimes } from "./verification-peers.ts";

/** What so many threads get done. */
export interface VerificationRate {
  readonly threads: number;
  /** By the clock: more threads than free cores do not show here. */
  readonly perSecond: number;
  /** By processor time, the hand-over between threads included. */
  readonly perCoreSecond: number;
}

export interface VerificationReport {
  /** Milliseconds by the clock for one proof while nothing else is asked. */
  readonly alone: Spread;
  readonly rates: readonly VerificationRate[];
  /** With one thread, per second of processor time, by what is wrong with the proof. */
  readonly invalid: Readonly<Record<string, number>>;
  /** On one thread, per second of processor time, and ours over theirs. */
  readonly peers: Readonly<Record<string, { readonly perCoreSecond: number; readonly ratio: number }>>;
}

const MILLISECONDS = 4_000;
const ALONE = 200;
/** Waiting for each thread, so that none ever waits. */
const QUEUED = 4;
/** Proofs that come in turn: of one that came last, a thread still knows half of the work. */
const PROOFS = 5;

type Verify = () => Promise<boolean>;

async function rateOf(verify: Verify, threads: number, expected: boolean): Promise<VerificationRate> {
  const once = async (): Promise<void> => {
    if ((await verify()) !== expected) throw new Error(`a proof was ${expected ? "refused" : "taken"}`);
  };
  const atOnce = threads * QUEUED;
  await Promise.all(Array.from({ length: 5 * atOnce }, once));
  let done = 0;
  const [start, used] = [performance.now(), processorTime()];
  const work = async (): Promise<void> => {
    while (performance.now() - start < MILLISECONDS) {
      await once();
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  const perSecond = (1_000 * done) / (performance.now() - start);
  const perCoreSecond = (1_000 * done) / (processorTime() - used);
  return { threads, perSecond: rounded(perSecond), perCoreSecond: rounded(perCoreSecond) };
}

async function timesAlone(verify: Verify): Promise<Spread> {
  const times: number[] = [];
  for (let count = 0; count < ALONE; count++) {
    const start = performance.now();
    await verify();
    times.push(performance.now() - start);
  }
  return spreadOf(times);
}

function inTurn(prover: Prover, proofs: readonly ProofResult[]): Verify {
  let next = 0;
  return () => {
    const { publicSignals, proof } = proofs[next++ % proofs.length] as ProofResult;
    return prover.verify("request", publicSignals, proof);
  };
}

async function withThreads<T>(verifiers: number, body: (prover: Prover) => Promise<T>): Promise<T> {
  const prover = await Prover.create({ workers: 1, verifiers });
  try {
    return await body(prover);
  } finally {
    await prover.close();
  }
}

async function comparedWith({ publicSignals, proof }: ProofResult, own: number): Promise<VerificationReport["peers"]> {
  const peers = new Child(new URL("./verification-peers.ts", import.meta.url));
  try {
    const task: PeerTask = { publicSignals: publicSignals.map(String), proof: toSnarkjs(proof) };
    const times = await peers.ask<PeerTimes>("measure", task);
    const rows = Object.entries({ "snarkjs groth16.verify": times.snarkjs, "Semaphore verifyProof": times.semaphore });
    return Object.fromEntries(
      rows.map(([name, milliseconds]) => {
        const perCoreSecond = rounded(1_000 / milliseconds);
        return [name, { perCoreSecond, ratio: ratio(own, perCoreSecond) }];
      }),
    );
  } finally {
    await peers.close();
  }
}

export async function measureVerification(): Promise<VerificationReport> {
  const claims = makeClaims();
  const proofs = await withThreads(1, (prover) =>
    Promise.all(
      Array.from({ length: PROOFS }, (_, index) => prover.prove("request", claims.requestOf(10 + index).input)),
    ),
  );
  const valid = (prover: Prover): Verify => inTurn(prover, proofs);
  const rates: VerificationRate[] = [];
  for (let threads = 1; threads <= availableParallelism(); threads++) {
    rates.push(await withThreads(threads, (prover) => rateOf(valid(prover), threads, true)));
  }
  const [first] = proofs;
  if (first === undefined) throw new Error("there is no proof to verify");
  const wrong: Record<string, readonly ProofResult[]> = {
    "another ticket's proof": proofs.map(({ publicSignals }, position) => ({
      publicSignals,
      proof: (proofs[position + 1] ?? first).proof,
    })),
    "a point off its curve": proofs.map(({ publicSignals, proof }) => ({
      publicSignals,
      proof: { ...proof, a: [proof.a[0], proof.a[1] - 1n] },
    })),
  };
  const { alone, invalid } = await withThreads(1, async (prover) => {
    const invalidRates: [string, number][] = [];
    for (const [name, refused] of Object.entries(wrong)) {
      const rate = await rateOf(inTurn(prover, refused), 1, false);
      invalidRates.push([name, rate.perCoreSecond]);
    }
    return { alone: await timesAlone(valid(prover)), invalid: Object.fromEntries(invalidRates) };
  });
  return { alone, rates, invalid, peers: await comparedWith(first, rates[0]?.perCoreSecond ?? 0) };
}
