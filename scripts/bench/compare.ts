// SPDX-License-Identifier: GPL-3.0-or-later
/** Ours beside Semaphore's. Counts are the same in every run; times are compared within one run alone. */
import { compared } from "./rates.ts";
import type { Compared } from "./rates.ts";
import type { Parts } from "./run.ts";

class Rows {
  readonly rows: Record<string, Compared> = {};

  add(name: string, ours: number | undefined, peer: number | undefined): void {
    if (ours !== undefined && peer !== undefined) this.rows[name] = compared(ours, peer);
  }
}

export function compareCounts({ constraints, gas, peers }: Parts): Record<string, Compared> {
  const table = new Rows();
  table.add("request constraints / Semaphore circuit", constraints?.["request"], peers?.constraints);
  table.add("enroll constraints / Semaphore circuit", constraints?.["enroll"], peers?.constraints);
  table.add("deposit gas, first / addMember", gas?.deposit.first, peers?.gas.addMember.first);
  table.add("deposit gas, 100th / addMember", gas?.deposit.at100, peers?.gas.addMember.at100);
  table.add("deposit gas, 1,000th / addMember", gas?.deposit.at1000, peers?.gas.addMember.at1000);
  table.add("deposit gas, mean of 1,000 / addMember", gas?.deposit.mean1000, peers?.gas.addMember.mean1000);
  table.add(
    "depositBatch(100) gas per account / addMembers",
    gas?.depositBatch100PerAccountInto["0"],
    peers?.gas.addMembers100PerMember,
  );
  table.add("slash gas / validateProof", gas?.slash, peers?.gas.validateProof);
  return table.rows;
}

export function compareTimes({ proving, rates, peers }: Parts): Record<string, Compared> {
  const table = new Rows();
  const [own, other] = [proving?.singleThread.request, peers?.proving?.singleThread];
  table.add("request witness ms / Semaphore", own?.witness, other?.witness);
  table.add("request proof ms / Semaphore, same code", own?.prove, other?.prove);
  table.add("request verification ms / Semaphore, same code", own?.verify, other?.verify);
  const whole = own && own.witness + own.prove;
  table.add("request witness and proof ms / generateProof", whole, peers?.proving?.generateProof);
  table.add("prover.verify ms / verifyProof", proving?.proverVerifyRequest, peers?.proving?.verifyProof);
  table.add("enroll proof ms / Semaphore, same code", proving?.singleThread.enroll.prove, other?.prove);
  if (rates !== undefined) {
    table.rows["Poseidon µs / poseidon-lite"] = rates.poseidonMicroseconds;
    table.rows["tree of 10,000 ms / Group"] = rates.treeOf10000Milliseconds;
  }
  return table.rows;
}
