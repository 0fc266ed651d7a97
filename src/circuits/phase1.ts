// SPDX-License-Identifier: GPL-3.0-or-later
/** Phase 1, the powers of tau: the development file, and the public one that a ceremony starts from. */
import { access } from "node:fs/promises";

import { CircuitError } from "./errors.ts";
import { blake2bFile, sha256File } from "./files.ts";
import { makePhase1 } from "./snarkjs.ts";
import type { Beacon } from "./snarkjs.ts";

/** One party and a public beacon: whoever reads this can forge proofs of keys that come from it. */
export const DEVELOPMENT_PHASE1 = {
  name: "jeton development phase 1",
  power: 15,
  beacon: {
    name: "jeton development phase 1",
    value: "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20",
    iterationsExponent: 10,
  } satisfies Beacon,
  sha256: "c4ed0f9819c080ee2f1d2043220876bb2e6aa22792c21f7c64f85648934b0e2a",
} as const;

/**
 * The Hermez files of the Perpetual Powers of Tau (54 contributions and a beacon) that hold 2^15 and 2^16 constraints.
 * BLAKE2b-512, from the table in the README of the pinned snarkjs.
 */
export const PUBLIC_PHASE1: readonly { readonly name: string; readonly blake2b: string }[] = [
  {
    name: "powersOfTau28_hez_final_15.ptau",
    blake2b:
      "982372c867d229c236091f767e703253249a9b432c1710b4f326306bfa2428a17b06240359606cfe4d580b10a5a1f63fbed499527069c18ae17060472969ae6e",
  },
  {
    name: "powersOfTau28_hez_final_16.ptau",
    blake2b:
      "6a6277a2f74e1073601b4f9fed6e1e55226917efb0f0db8a07d98ab01df1ccf43eb0e8c3159432acd4960e2f29fe84a4198501fa54c8dad9e43297453efec125",
  },
];

/** With one party a set-up would be as good as that party. */
export const MINIMUM_PARTIES = 2;

export interface Phase1 {
  readonly path: string;
  readonly name: string;
  readonly sha256: string;
}

async function assertReadable(path: string): Promise<void> {
  try {
    await access(path);
  } catch {
    throw new CircuitError("PHASE1_MISSING", `there is no phase-1 file at ${path}`);
  }
}

/** The file at `path` if it is the development one. Without a path it is made in `target`, in about half an hour. */
export async function developmentPhase1(
  path: string | undefined,
  target: string,
  log: (step: string) => void,
): Promise<Phase1> {
  const { name, power, beacon, sha256 } = DEVELOPMENT_PHASE1;
  if (path !== undefined) await assertReadable(path);
  else if (
    !(await sha256File(target)
      .then((found) => found === sha256)
      .catch(() => false))
  ) {
    log(`making phase 1 in ${target}; this takes about half an hour`);
    await makePhase1(power, beacon, target, log);
  }
  const file = path ?? target;
  const actual = await sha256File(file);
  if (actual !== sha256)
    throw new CircuitError("PHASE1_MISMATCH", `${file} has SHA-256 ${actual}; the development phase 1 has ${sha256}`);
  return { path: file, name, sha256 };
}

/**
 * The phase 1 of a ceremony, hashed before it is used: a public file by its known hash, or any other whose SHA-256 the operator vouches for.
 * @throws CircuitError for the development file, and for one that neither the list nor the operator knows.
 */
export async function ceremonyPhase1(path: string, vouched: string | undefined): Promise<Phase1> {
  await assertReadable(path);
  const sha256 = await sha256File(path);
  if (sha256 === DEVELOPMENT_PHASE1.sha256) {
    throw new CircuitError(
      "PHASE1_DEVELOPMENT",
      `${path} is the development phase 1: whoever reads its beacon can forge every proof`,
    );
  }
  if (vouched !== undefined && vouched.toLowerCase() !== sha256)
    throw new CircuitError("PHASE1_MISMATCH", `${path} has SHA-256 ${sha256}, not ${vouched}`);
  const blake2b = await blake2bFile(path);
  const known = PUBLIC_PHASE1.find((file) => file.blake2b === blake2b);
  // A public file is called by its name, however it was vouched for: two people have one name for one file.
  if (known !== undefined) return { path, name: known.name, sha256 };
  if (vouched !== undefined) return { path, name: "named by the operator", sha256 };
  throw new CircuitError(
    "PHASE1_MISMATCH",
    `${path} (SHA-256 ${sha256}, BLAKE2b-512 ${blake2b}) is none of ${PUBLIC_PHASE1.map(({ name }) => name).join(", ")}; ` +
      "to use another file that you checked by yourself, name its hash with --ptau-sha256",
  );
}
