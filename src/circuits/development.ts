// SPDX-License-Identifier: GPL-3.0-or-later
/** Development keys: reproducible to the bit, and for that reason worth nothing as a set-up. */
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";

import type { CircuitSet } from "./circuit-set.ts";
import { compileCircuit } from "./compile.ts";
import { mapParallel } from "./files.ts";
import type { FinalKey } from "./key-set.ts";
import type { Phase1 } from "./phase1.ts";
import { applyBeacon, newKey } from "./snarkjs.ts";
import type { Beacon } from "./snarkjs.ts";

export const DEVELOPMENT_PHASE2: Beacon = {
  name: "jeton development phase 2",
  value: "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f",
  iterationsExponent: 10,
};

/** Makes a development proving key of every statement in a scratch folder, and gives them to `use` before it removes the folder. */
export async function withDevelopmentKeys<T>(
  set: CircuitSet,
  phase1: Phase1,
  log: (step: string) => void,
  use: (keys: readonly FinalKey[]) => Promise<T>,
): Promise<T> {
  const circuits = await mapParallel(Object.keys(set.statements), (statement) => compileCircuit(set, statement));
  const scratch = await mkdtemp(join(set.build, "keys-"));
  try {
    const keys: FinalKey[] = [];
    for (const circuit of circuits) {
      const initial = join(scratch, `${circuit.statement}.initial.zkey`);
      const zkey = join(scratch, `${circuit.statement}.zkey`);
      log(`${circuit.statement}: groth16 setup`);
      await newKey(circuit.r1cs, phase1.path, initial);
      log(`${circuit.statement}: beacon`);
      await applyBeacon(initial, zkey, DEVELOPMENT_PHASE2);
      await rm(initial);
      keys.push({ circuit, zkey });
    }
    return await use(keys);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
