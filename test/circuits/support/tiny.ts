// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Two tiny circuits with the public signals of real statements, in a folder of their own, and a phase 1 that fits them: what a set-up,
 * a ceremony and a prover can be tried on in seconds.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { INCLUDES, makePhase1, sha256File } from "../../../src/circuits/index.ts";
import type { CircuitSet, Phase1 } from "../../../src/circuits/index.ts";

const SLASH = `pragma circom 2.2.2;
template Tiny() {
    signal input context, poolHash, secret;
    signal output identityCommitment, nullifier;
    signal contextSquared <== context * context;
    identityCommitment <== secret * secret;
    nullifier <== secret * poolHash;
}
component main {public [context, poolHash]} = Tiny();
`;

const REQUEST = `pragma circom 2.2.2;
template Tiny() {
    signal input x, poolHash, secret[2];
    signal output nullifier, y;
    nullifier <== secret[0] * poolHash;
    y <== secret[0] * x + secret[1];
    secret[1] * (secret[1] - 1) === 0;
}
component main {public [x, poolHash]} = Tiny();
`;

const BEACON = { name: "a test", value: "ab".repeat(32), iterationsExponent: 10 };

export interface Tiny {
  readonly set: CircuitSet;
  readonly phase1: Phase1;
  /** The folder of the keys as the prover takes it. */
  readonly keys: URL;
  /** A path for a new folder or file. */
  readonly path: (name: string) => string;
  readonly remove: () => Promise<void>;
}

/** Run it inside `withThreads`, or end snarkjs's threads otherwise. */
export async function makeTiny(power = 8): Promise<Tiny> {
  const folder = await mkdtemp(join(tmpdir(), "jeton-tiny-"));
  const set: CircuitSet = {
    circuits: join(folder, "circuits"),
    includes: INCLUDES,
    build: join(folder, "build"),
    keys: join(folder, "keys"),
    verifiers: join(folder, "verifiers"),
    statements: {
      request: ["nullifier", "y", "x", "poolHash"],
      slash: ["identityCommitment", "nullifier", "context", "poolHash"],
    },
  };
  await mkdir(set.circuits);
  await writeFile(join(set.circuits, "slash.circom"), SLASH);
  await writeFile(join(set.circuits, "request.circom"), REQUEST);
  const ptau = join(folder, "phase1.ptau");
  await makePhase1(power, BEACON, ptau, () => undefined);
  return {
    set,
    phase1: { path: ptau, name: "a test", sha256: await sha256File(ptau) },
    keys: pathToFileURL(`${set.keys}/`),
    path: (name) => join(folder, name),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
