// SPDX-License-Identifier: GPL-3.0-or-later
/** What compiled circuits say of themselves: how many constraints they have, and which public signals in which order. */
import type { CircuitSet } from "./circuit-set.ts";
import { compileCircuit } from "./compile.ts";
import type { CompiledCircuit } from "./compile.ts";
import { mapParallel } from "./files.ts";
import { readHeader, readPublicSignals } from "./r1cs.ts";

export interface Measured {
  readonly circuit: CompiledCircuit;
  readonly constraints: number;
  readonly publicSignals: readonly string[];
}

export async function measure(set: CircuitSet): Promise<Measured[]> {
  return mapParallel(Object.keys(set.statements), async (statement) => {
    const circuit = await compileCircuit(set, statement);
    const header = await readHeader(circuit.r1cs);
    const publicSignals = await readPublicSignals(circuit.sym, header.publicSignals);
    return { circuit, constraints: header.constraints, publicSignals };
  });
}
