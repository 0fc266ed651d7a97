// SPDX-License-Identifier: GPL-3.0-or-later
/** The sections of the benchmark, and the report that they make together. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { z } from "zod";

import { ROOT } from "../circuits/circuit-set.ts";
import { Prover } from "../../src/prover/index.ts";
import { makeClaims } from "./claims.ts";
import type { GasReport } from "./gas-report.ts";
import type { Machine } from "./machine.ts";
import { describeMachine } from "./machine.ts";
import type { ProvingReport } from "./proving.ts";
import { measureProving, SingleThread } from "./proving.ts";
import type { Compared, RatesReport } from "./rates.ts";
import { compared, measureRates } from "./rates.ts";
import type { SemaphoreGas } from "./semaphore-contracts.ts";
import type { SemaphoreProving } from "./semaphore-proof.ts";

export const SECTIONS = ["constraints", "gas", "proving", "rates", "peers"] as const;
export type Section = (typeof SECTIONS)[number];

export type Constraints = Readonly<Record<string, number>>;

export interface PeersReport {
  readonly packages: readonly string[];
  readonly constraints: number;
  readonly gas: SemaphoreGas;
  /** Absent without a phase-1 file: a key for the peer's circuit cannot be made. */
  readonly proving?: SemaphoreProving;
}

export interface BenchReport {
  readonly machine: Machine;
  readonly constraints?: Constraints;
  readonly gas?: GasReport;
  readonly proving?: ProvingReport;
  readonly rates?: RatesReport;
  readonly peers?: PeersReport;
  /** Ours, Semaphore's, and ours over Semaphore's. */
  readonly sideBySide: Readonly<Record<string, Compared>>;
}

export interface RunOptions {
  readonly sections: ReadonlySet<Section>;
  readonly ptau?: string | undefined;
  readonly log: (step: string) => void;
}

const constraintsSchema = z.record(z.number());

export const readConstraints = async (): Promise<Constraints> =>
  constraintsSchema.parse(JSON.parse(await readFile(join(ROOT, "snapshots/constraints.json"), "utf8")));

/** Builds the contracts: the network takes them from artifacts. */
async function build(): Promise<void> {
  const { default: hre } = await import("hardhat");
  await hre.tasks.getTask("build").run({ quiet: true });
}

async function runGas(): Promise<GasReport> {
  const { measureGas } = await import("./gas.ts");
  const prover = await Prover.create();
  try {
    return await measureGas(prover);
  } finally {
    await prover.close();
  }
}

async function runPeers(thread: SingleThread, { ptau, log }: RunOptions): Promise<PeersReport> {
  const { compilePeer, provePeer } = await import("./semaphore-proof.ts");
  const { measureSemaphoreGas } = await import("./semaphore-contracts.ts");
  const circuit = await compilePeer();
  const { default: packageJson } = await import("../../package.json", { with: { type: "json" } });
  const packages = Object.entries(packageJson.devDependencies)
    .filter(([name]) => name.startsWith("@semaphore-protocol/"))
    .map(([name, version]) => `${name} ${version}`);
  if (ptau === undefined) {
    log("SKIPPED: Semaphore's proofs and validateProof. They need a proving key: give a phase-1 file with --ptau FILE");
    return { packages, constraints: circuit.constraints, gas: await measureSemaphoreGas(undefined) };
  }
  log("peers: a proving key for Semaphore's circuit, and proofs");
  const { times, proven } = await provePeer(circuit, ptau, thread);
  log("peers: gas");
  return { packages, constraints: circuit.constraints, gas: await measureSemaphoreGas(proven), proving: times };
}

type Parts = Omit<BenchReport, "machine" | "sideBySide">;

function compare({ constraints, gas, proving, rates, peers }: Parts): Record<string, Compared> {
  const rows: Record<string, Compared> = {};
  const add = (name: string, ours: number | undefined, peer: number | undefined): void => {
    if (ours !== undefined && peer !== undefined) rows[name] = compared(ours, peer);
  };
  add("request constraints / Semaphore circuit", constraints?.["request"], peers?.constraints);
  add("enroll constraints / Semaphore circuit", constraints?.["enroll"], peers?.constraints);
  const [own, other] = [proving?.singleThread.request, peers?.proving?.singleThread];
  add("request witness ms / Semaphore", own?.witness, other?.witness);
  add("request proof ms / Semaphore, same code", own?.prove, other?.prove);
  add("request verification ms / Semaphore, same code", own?.verify, other?.verify);
  add("request witness and proof ms / generateProof", own && own.witness + own.prove, peers?.proving?.generateProof);
  add("prover.verify ms / verifyProof", proving?.proverVerifyRequest, peers?.proving?.verifyProof);
  add("enroll proof ms / Semaphore, same code", proving?.singleThread.enroll.prove, other?.prove);
  add("deposit gas, first / addMember", gas?.deposit.first, peers?.gas.addMember.first);
  add("deposit gas, 100th / addMember", gas?.deposit.at100, peers?.gas.addMember.at100);
  add("deposit gas, 1,000th / addMember", gas?.deposit.at1000, peers?.gas.addMember.at1000);
  add("deposit gas, mean of 1,000 / addMember", gas?.deposit.mean1000, peers?.gas.addMember.mean1000);
  add(
    "depositBatch(100) gas per account / addMembers",
    gas?.depositBatch100PerAccountInto["0"],
    peers?.gas.addMembers100PerMember,
  );
  add("slash gas / validateProof", gas?.slash, peers?.gas.validateProof);
  if (rates !== undefined) {
    rows["Poseidon µs / poseidon-lite"] = rates.poseidonMicroseconds;
    rows["tree of 10,000 ms / Group"] = rates.treeOf10000Milliseconds;
  }
  return rows;
}

export async function runBench(options: RunOptions): Promise<BenchReport> {
  const { sections, log } = options;
  const machine = describeMachine(new Date());
  const thread = new SingleThread();
  const section = async <T>(name: Section, run: () => Promise<T>): Promise<{ [key in Section]?: T }> => {
    if (!sections.has(name)) return {};
    log(name);
    return { [name]: await run() };
  };
  try {
    if (sections.has("gas") || sections.has("peers")) await build();
    const parts = {
      ...(await section("constraints", readConstraints)),
      ...(await section("gas", runGas)),
      ...(await section("proving", () => measureProving(thread, makeClaims()))),
      ...(await section("rates", measureRates)),
      ...(await section("peers", () => runPeers(thread, options))),
    } as Parts;
    return { machine, ...parts, sideBySide: compare(parts) };
  } finally {
    thread.close();
  }
}
