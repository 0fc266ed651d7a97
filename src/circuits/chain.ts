// SPDX-License-Identifier: GPL-3.0-or-later
/** Verifies a proving key against nothing but the circuit and phase 1. */
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";

import type { CircuitSet } from "./circuit-set.ts";
import type { CompiledCircuit } from "./compile.ts";
import { CircuitError } from "./errors.ts";
import { sha256File } from "./files.ts";
import { assertChain, newKey } from "./snarkjs.ts";

/**
 * Makes the circuit's initial key anew, and compares `initialHash`, its SHA-256, before anything else.
 * @throws CircuitError CHAIN_INVALID unless `zkey` comes from this circuit and this phase 1 by contributions that all check
 */
export async function assertChainFromCircuit(
  set: CircuitSet,
  circuit: CompiledCircuit,
  phase1: string,
  zkey: string,
  initialHash: string,
): Promise<void> {
  const scratch = await mkdtemp(join(set.build, "chain-"));
  try {
    const initial = join(scratch, "initial.zkey");
    await newKey(circuit.r1cs, phase1, initial);
    if ((await sha256File(initial)) !== initialHash) {
      throw new CircuitError(
        "CHAIN_INVALID",
        `${circuit.statement}: this circuit and phase 1 give another initial key than the one that was announced`,
      );
    }
    await assertChain(initial, phase1, zkey);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
