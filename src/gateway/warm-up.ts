// SPDX-License-Identifier: GPL-3.0-or-later
/** Loads the keys that a gateway verifies with before the first user waits for them. */
import type { Proof, Statement } from "../protocol/index.ts";
import type { Prover } from "../prover/index.ts";

const STATEMENTS: readonly Statement[] = ["request", "enroll", "fold", "close"];
/** No proof of anything, and enough of one that its key has to be read. */
const NOTHING: Proof = {
  a: [0n, 0n],
  b: [
    [0n, 0n],
    [0n, 0n],
  ],
  c: [0n, 0n],
};

/** @throws ProverError ARTIFACT_MISSING, ARTIFACT_MISMATCH */
export async function warmUp(prover: Prover): Promise<void> {
  const each = Array.from({ length: prover.verifiers }, () =>
    STATEMENTS.map((statement) => {
      const count = prover.manifest.statements[statement]?.publicSignals.length ?? 0;
      return prover.verify(statement, new Array<bigint>(count).fill(0n), NOTHING);
    }),
  );
  await Promise.all(each.flat());
}
