// SPDX-License-Identifier: GPL-3.0-or-later
/** Verification on one thread, which loads nothing of what proving needs. */
import type { VerificationKey } from "snarkjs";

import type { Task } from "./messages.ts";
import { keep } from "./setup.ts";
import { VerifyingKey } from "./verifying-key.ts";

const verifyingKeyOf = keep("vkey", (file) => new VerifyingKey(JSON.parse(file.toString("utf8")) as VerificationKey));

export async function verify({ statement, publicSignals, proof }: Task & { kind: "verify" }): Promise<boolean> {
  return (await verifyingKeyOf(statement)).verify(publicSignals, proof);
}
