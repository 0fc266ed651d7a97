// SPDX-License-Identifier: GPL-3.0-or-later
/** The sections of the benchmark, and the report that they make together. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { z } from "zod";

import { ROOT } from "../../src/circuits/index.ts";
import { Prover } from "../../src/prover/index.ts";
import type { AuditScaleReport } from "./audit/measure.ts";
import type { CallsReport } from "./calls/measure.ts";
import { makeClaims } from "./claims.ts";
import { compareCounts, compareTimes } from "./compare.ts";
import type { GasReport } from "./gas-report.ts";
import type { Machine } from "./machine.ts";
import { describeMachine } from "./machine.ts";
import type { ProvingReport } from "./proving.ts";
import { measureProving, SingleThread } from "./proving.ts";
import type { Compared, RatesReport } from "./rates.ts";
import { measureRates } from "./rates.ts";
import type { ScaleReport } from "./scale/measure.ts";
import type { SemaphoreGas } from "./semaphore-contracts.ts";
import type { SemaphoreProving } from "./semaphore-proof.ts";
import type { StoreReport } from "./store/measure.ts";
import { measureVerification } from "./verification.ts";
import type { VerificationReport } from "./verification.ts";

export const SECTIONS = [
  "constraints",
  "gas",
  "proving",
  "rates",
  "peers",
  "verification",
  "calls",
  "store",
  "scale",
  "audit",
] as const;
export type Section = (typeof SECTIONS)[number];

export type Constraints = Readonly<Record<string, number>>;

export interface PeersReport {
  readonly packages: readonly string[];
  readonly constraints: number;
  readonly gas: SemaphoreGas;
  /** Absent without a phase-1 file: a key for the peer's circuit cannot be made. */
  readonly proving?: SemaphoreProving;
}

/** What the sections measured. */
export interface Parts {
  readonly constraints?: Constraints;
  readonly gas?: GasReport;
  readonly proving?: ProvingReport;
  readonly rates?: RatesReport;
  readonly peers?: PeersReport;
  readonly verification?: VerificationReport;
  readonly calls?: CallsReport;
  readonly store?: StoreReport;
  readonly scale?: ScaleReport;
  readonly audit?: AuditScaleReport;
}

export interface BenchReport extends Parts {
  /** Where and when each section was measured. */
  readonly runs: Readonly<Partial<Record<Section, Machine>>>;
  /** Ours, Semaphore's, and ours over Semaphore's; of times, both of one run. */
  readonly sideBySide: Readonly<Record<string, Compared>>;
}

export interface RunOptions {
  readonly sections: ReadonlySet<Section>;
  readonly ptau?: string | undefined;
  /** How many tickets each series of calls spends. */
  readonly tickets: number;
  /** How many spent tickets the full store has. */
  readonly nullifiers: number;
  /** How many accounts the large tree has: a multiple of 1,000. */
  readonly accounts: number;
  /** The history that is audited. */
  readonly deposits: number;
  readonly closes: number;
  readonly proofs: number;
  /** A folder for profiles of gateway and wallet. */
  readonly profile?: string | undefined;
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

async function runCalls(options: RunOptions): Promise<CallsReport> {
  const { measureCalls } = await import("./calls/measure.ts");
  return measureCalls(options);
}

async function runStore(options: RunOptions): Promise<StoreReport> {
  const { measureStore } = await import("./store/measure.ts");
  return measureStore(options);
}

async function runScale(options: RunOptions): Promise<ScaleReport> {
  const { measureScale } = await import("./scale/measure.ts");
  return measureScale(options);
}

async function runAudits(options: RunOptions): Promise<AuditScaleReport> {
  const { measureAudit } = await import("./audit/measure.ts");
  return measureAudit(options);
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
    if ((["gas", "peers", "calls"] as const).some((name) => sections.has(name))) await build();
    const parts = {
      ...(await section("constraints", readConstraints)),
      ...(await section("gas", runGas)),
      ...(await section("proving", () => measureProving(thread, makeClaims()))),
      ...(await section("rates", measureRates)),
      ...(await section("peers", () => runPeers(thread, options))),
      ...(await section("verification", measureVerification)),
      ...(await section("calls", () => runCalls(options))),
      ...(await section("store", () => runStore(options))),
      ...(await section("scale", () => runScale(options))),
      ...(await section("audit", () => runAudits(options))),
    } as Parts;
    const runs = Object.fromEntries([...sections].map((name) => [name, machine]));
    return { runs, ...parts, sideBySide: { ...compareCounts(parts), ...compareTimes(parts) } };
  } finally {
    thread.close();
  }
}
