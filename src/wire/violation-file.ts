// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The evidence of a policy violation. The provider keeps the file and shows it to whoever has to judge; the chain holds its hash. It
 * names a ticket and a one-time session key, and nobody. What can be checked: that the ticket's owner chose this session key (the
 * opening, or the provider's public feed), that this key signed a voucher over the request's hash, and that the request shown is the
 * one that was hashed. What cannot: whether it broke the rule; that is for a reader to judge.
 */
import { createHash } from "node:crypto";

import { z } from "zod";

import { CALL_TYPES, ticketMessage } from "../protocol/index.ts";
import type { Call, Pool } from "../protocol/index.ts";
import { isOfPool, isSignedBySession, voucher } from "./dispute-files.ts";
import { fileFormat } from "./files.ts";
import { requestHashOf } from "./hashes.ts";
import { callRequest, ticketOpening } from "./messages.ts";
import type { Verify } from "./ports.ts";
import { address, bytes32, chainIdentity, fieldElement } from "./values.ts";

const text = z.string().min(1).max(4_000);

/** What was asked, as it was hashed. */
export const openedRequest = callRequest.pick({ salt: true, isLast: true, payload: true });

const violation = z
  .object({
    ...chainIdentity,
    /** Of the terms that the rule is in. */
    termsHash: bytes32,
    nullifier: fieldElement,
    /** The rule that was broken, in the words of the terms. */
    rule: text,
    /** What happened, in the provider's words. */
    statement: text,
    requestHash: bytes32,
    sessionAddress: address,
    /** The session key's signature over the request's hash. */
    voucher,
    /** The ticket's opening, where the call brought it: it binds the session key to the ticket. The feed shows y too. */
    opening: ticketOpening.nullable(),
    /** Null where the provider no longer has it, or would not show it. */
    request: openedRequest.nullable(),
  })
  .strict();

export type ViolationFile = z.output<typeof violation>;

export const violationFile = fileFormat<ViolationFile>("jeton.violation.v1", "the violation's evidence", violation);

/** SHA-256 of the file, 32 bytes, `0x…`: what the chain holds. */
export function violationHashOf(file: ViolationFile): string {
  return `0x${createHash("sha256").update(violationFile.toJson(file), "utf8").digest("hex")}`;
}

/** Why the evidence does not show that the ticket's owner made this request, or undefined. */
export async function violationProblem(pool: Pool, file: ViolationFile, verify: Verify): Promise<string | undefined> {
  const { nullifier, requestHash, sessionAddress, voucher: signed, opening, request } = file;
  if (!isOfPool(pool, file)) return "the evidence is for another pool";
  if (file.termsHash !== pool.parameters.termsHash.toLowerCase()) return "the evidence is for other terms";
  if (signed.requestHash !== requestHash) return "the voucher is for another request";
  const { signature, ...rest } = signed;
  const call: Call = { nullifier, ...rest };
  if (!isSignedBySession(pool, CALL_TYPES, { ...call }, signature, sessionAddress)) {
    return "the session's key did not sign the voucher";
  }
  if (request !== null && requestHashOf(request) !== requestHash)
    return "the request shown is not the one that was hashed";
  if (opening === null) return undefined;
  const publicSignals = [nullifier, opening.y, ticketMessage(pool.scope, sessionAddress), pool.poolHash];
  const isProved = await verify("request", publicSignals, opening.proof);
  return isProved ? undefined : "the ticket's opening does not bind the session key to the ticket";
}
