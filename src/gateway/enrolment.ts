// SPDX-License-Identifier: GPL-3.0-or-later
/** Enrolment (docs/protocol.md, Enrolment): the provider signs an account's first state, once. */
import { GatewayError } from "../wire/index.ts";
import type { EnrollRequest, StateSignature } from "../wire/index.ts";
import type { GatewayContext } from "./ports.ts";
import type { Enrolment } from "./store/index.ts";

/** @throws GatewayError ROOT_UNKNOWN, PROOF_INVALID, ENROLMENT_CONFLICT */
export async function enroll(
  { pool, store, chain, verify, stateKey }: GatewayContext,
  { root, newState, enrollNullifier: nullifier, proof }: EnrollRequest,
): Promise<StateSignature> {
  const answer = (standing: Enrolment): StateSignature => {
    if (standing.state !== newState) {
      throw new GatewayError("ENROLMENT_CONFLICT", "this account was enrolled with another state");
    }
    return { state: standing.state, signature: standing.signature };
  };

  const known = await store.enrolment(nullifier);
  if (known !== undefined) return answer(known);
  if (root === 0n || !(await chain.isFinalRoot(root))) {
    throw new GatewayError("ROOT_UNKNOWN", "the pool had no such root, or it is not final yet");
  }
  if (!(await verify("enroll", [root, newState, nullifier, pool.poolHash], proof))) {
    throw new GatewayError("PROOF_INVALID", "the enrolment's proof is not valid");
  }
  return answer(
    await store.recordEnrolment({ nullifier, root, state: newState, proof, signature: stateKey.sign(newState) }),
  );
}
