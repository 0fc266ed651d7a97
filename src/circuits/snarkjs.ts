// SPDX-License-Identifier: GPL-3.0-or-later
/** snarkjs, with errors that throw: it logs some failures and returns a value instead. */
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";

import { curves, powersOfTau, zKey } from "snarkjs";
import type { Curve, Logger, Source } from "snarkjs";
import { z } from "zod";

import { CircuitError } from "./errors.ts";

const PACKAGE = new URL(".", import.meta.resolve("snarkjs"));
const read = (path: string): string => readFileSync(new URL(path, PACKAGE), "utf8");

export const SNARKJS = `snarkjs@${z.object({ version: z.string() }).parse(JSON.parse(read("package.json"))).version}`;

/** A contribution whose secret anybody can compute: it ends a ceremony, and it makes development keys reproducible. */
export interface Beacon {
  readonly name: string;
  /** Hexadecimal, no prefix. */
  readonly value: string;
  /** The value is hashed 2^this many times. */
  readonly iterationsExponent: number;
}

/** Collects what snarkjs says, so that a failure can say why. */
class Reasons implements Logger {
  readonly lines: string[] = [];
  debug(): void {
    return;
  }
  info(): void {
    return;
  }
  warn(message: string): void {
    this.lines.push(message);
  }
  error(message: string): void {
    this.lines.push(message);
  }
}

/** What succeeds gives a hash; what fails gives something else and logs why. */
async function succeed(what: string, run: (logger: Logger) => Promise<unknown>): Promise<Uint8Array> {
  const reasons = new Reasons();
  const result = await run(reasons).catch((error: unknown) => reasons.error((error as Error).message));
  if (!(result instanceof Uint8Array))
    throw new CircuitError("SETUP_FAILED", `${what} failed: ${reasons.lines.join("; ") || "no reason given"}`);
  return result;
}

/** snarkjs keeps threads that keep the process alive: this ends them after the work. */
export async function withThreads<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    await (await curves.getCurveFromName("bn128")).terminate();
  }
}

export const bn128 = (): Promise<Curve> => curves.getCurveFromName("bn128");

/** @throws CircuitError when the circuit does not fit into the phase-1 file, or that file is not prepared for phase 2. */
export const newKey = (r1cs: string, phase1: string, target: string): Promise<Uint8Array> =>
  succeed("the circuit's initial key", (logger) => zKey.newZKey(r1cs, phase1, target, logger));

/** Adds a party's secret, from `entropy` and from the system's generator. It is neither shown nor written. */
export const applyContribution = (source: string, target: string, name: string, entropy: string): Promise<Uint8Array> =>
  succeed("the contribution", () => zKey.contribute(source, target, name, entropy));

/** @throws CircuitError when the beacon is malformed. */
export const applyBeacon = (source: string, target: string, beacon: Beacon): Promise<Uint8Array> =>
  succeed("the beacon", (logger) =>
    zKey.beacon(source, target, beacon.name, beacon.value, beacon.iterationsExponent, logger),
  );

/** @throws CircuitError CHAIN_INVALID unless `zkey` comes from `initial` by contributions that all check. */
export async function assertChain(initial: string, phase1: string, zkey: string): Promise<void> {
  const reasons = new Reasons();
  // In memory, because it does not close the files that it opens.
  const [from, tau, key] = await Promise.all([readFile(initial), readFile(phase1), readFile(zkey)]);
  // Some of its reasons go to the console only.
  const { log } = console;
  console.log = (message: string) => reasons.error(message);
  try {
    if (await zKey.verifyFromInit(from, tau, key, reasons)) return;
  } catch (error) {
    reasons.error((error as Error).message);
  } finally {
    console.log = log;
  }
  throw new CircuitError("CHAIN_INVALID", `${zkey} does not verify: ${reasons.lines.join("; ") || "no reason given"}`);
}

/** A phase-1 file for circuits of up to 2^power constraints with one public beacon: for development and tests only. */
export async function makePhase1(
  power: number,
  beacon: Beacon,
  target: string,
  log: (step: string) => void,
): Promise<void> {
  const parts = [`${target}.new`, `${target}.beacon`] as const;
  log(`powersoftau new bn128 ${power}`);
  await powersOfTau.newAccumulator(await bn128(), power, parts[0]);
  log(`powersoftau beacon … ${beacon.value} ${beacon.iterationsExponent} -n="${beacon.name}"`);
  await succeed("the beacon", (logger) =>
    powersOfTau.beacon(parts[0], parts[1], beacon.name, beacon.value, beacon.iterationsExponent, logger),
  );
  log("powersoftau prepare phase2");
  await powersOfTau.preparePhase2(parts[1], target);
}

export const verificationKeyOf = (zkey: Source) => zKey.exportVerificationKey(zkey);

/** The name of the contract that verifies a statement. */
export const verifierName = (statement: string): string =>
  `${statement.charAt(0).toUpperCase()}${statement.slice(1)}Verifier`;

/** snarkjs's verifier contract with a name of its own and a pinned compiler. */
export async function verifierOf(zkey: Source, statement: string): Promise<string> {
  const source = await zKey.exportSolidityVerifier(zkey, { groth16: read("templates/verifier_groth16.sol.ejs") });
  const edits: readonly (readonly [string, string])[] = [
    [
      "pragma solidity >=0.7.0 <0.9.0;",
      `// Generated by \`npm run circuits -- keys\` from circuits/keys/${statement}.zkey. Do not edit.\npragma solidity 0.8.30;`,
    ],
    ["contract Groth16Verifier {", `contract ${verifierName(statement)} {`],
  ];
  const edited = edits.reduce((text, [from, to]) => {
    if (text.split(from).length !== 2) throw new Error(`snarkjs's verifier template no longer has one "${from}"`);
    return text.replace(from, to);
  }, source);
  return `${edited
    .replace(/[ \t]+$/gm, "")
    .replace(/\n{3,}/g, "\n\n")
    .trimEnd()}\n`;
}
