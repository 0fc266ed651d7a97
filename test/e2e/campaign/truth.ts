// SPDX-License-Identifier: GPL-3.0-or-later
/** Whether a claim is true: what its circuit demands beyond what the claim's own computation gives. For the model of the prover alone. */
import {
  foldNullifierOf,
  identityCommitmentOf,
  nullifierOf,
  recoverFromShares,
  refundMessage,
  shareOf,
  stateHash,
  ticketKeyOf,
  ticketRootOf,
  verifySignature,
} from "../../../src/protocol/index.ts";
import type { Claim, Point, Pool, Signature, Statement } from "../../../src/protocol/index.ts";
import { HOLD, TICKETS } from "./ghost/index.ts";

type Value = bigint | readonly (bigint | readonly bigint[])[] | undefined;

const one = (value: Value): bigint => {
  if (typeof value !== "bigint") throw new Error("a claim lacks a number");
  return value;
};
const numbers = (value: Value): readonly bigint[] => (Array.isArray(value) ? (value as readonly bigint[]) : []);
const points = (value: Value): readonly Point[] => (Array.isArray(value) ? (value as readonly Point[]) : []);
const signatureOf = (r8: Value, s: Value): Signature => ({ r8: numbers(r8) as unknown as Point, s: one(s) });

/** Verifying takes some 20 ms, and the same few states and refunds come again and again. */
const verified = new Map<string, boolean>();

function isSigned({ parameters }: Pool, message: bigint, signature: Signature): boolean {
  const key = [message, ...signature.r8, signature.s, ...parameters.providerKey].join();
  const known = verified.get(key) ?? verifySignature(message, signature, parameters.providerKey);
  verified.set(key, known);
  return known;
}

function stateOf(pool: Pool, { identitySecret, budget, returnedHolds, rho }: Claim["input"]): bigint {
  const state = {
    identitySecret: one(identitySecret),
    budget: one(budget),
    returnedHolds: one(returnedHolds),
    rho: one(rho),
  };
  return stateHash(pool.poolHash, state);
}

/** A state that the provider signed, or the certified one that is shown. */
function isBaseGood(pool: Pool, input: Claim["input"], certified: bigint): boolean {
  const state = stateOf(pool, input);
  if (certified !== 0n) return certified === state;
  return isSigned(pool, state, signatureOf(input["stateR8"], input["stateS"]));
}

function isRequestTrue(pool: Pool, { input, publicSignals }: Claim): boolean {
  const [nullifier, y, x] = publicSignals;
  const [secret, index] = [one(input["identitySecret"]), one(input["index"])];
  if (index >= TICKETS || (index + 1n) * HOLD > one(input["budget"])) return false;
  const key = ticketKeyOf(ticketRootOf(secret, pool.poolHash), Number(index));
  const signature = signatureOf(input["signatureR8"], input["signatureS"]);
  return (
    nullifier === nullifierOf(key) &&
    y === shareOf(secret, key, x ?? 0n).y &&
    isSigned(pool, stateOf(pool, input), signature)
  );
}

function isFoldTrue(pool: Pool, { input, publicSignals }: Claim): boolean {
  const root = ticketRootOf(one(input["identitySecret"]), pool.poolHash);
  const used = [1n, ...numbers(input["used"])];
  const areTicketsGood = used.every((isUsed, slot) => {
    if (isUsed === 0n) return true;
    const key = ticketKeyOf(root, Number(numbers(input["indices"])[slot]));
    const refundedCharge = numbers(input["refundedCharges"])[slot] ?? 0n;
    const refundedHold = numbers(input["refundedHolds"])[slot] ?? 0n;
    const message = refundMessage(pool.poolHash, { nullifier: nullifierOf(key), refundedCharge, refundedHold });
    const signature = { r8: points(input["refundR8"])[slot] as Point, s: numbers(input["refundS"])[slot] ?? 0n };
    return publicSignals[slot + 1] === foldNullifierOf(key) && isSigned(pool, message, signature);
  });
  return (
    areTicketsGood && new Set(publicSignals.slice(1, 5)).size === 4 && isBaseGood(pool, input, one(publicSignals[5]))
  );
}

function isCloseTrue(pool: Pool, { input, publicSignals }: Claim): boolean {
  const [deposit, charges, holds] = [one(input["deposit"]), one(input["refundedCharges"]), one(input["refundedHolds"])];
  if (charges === 0n && holds === 0n) return true;
  const [budget, returned] = [one(input["budget"]), one(input["returnedHolds"])];
  return holds <= returned && deposit + charges <= budget - returned && isBaseGood(pool, input, one(publicSignals[5]));
}

function isSlashTrue(pool: Pool, { input, publicSignals }: Claim): boolean {
  const [[x1, x2], [y1, y2]] = [numbers(input["x"]), numbers(input["y"])] as unknown as [Point, Point];
  if (x1 === x2) return false;
  const { identitySecret, ticketKey } = recoverFromShares({ x: x1, y: y1 }, { x: x2, y: y2 });
  const key = ticketKeyOf(ticketRootOf(identitySecret, pool.poolHash), Number(input["index"]));
  const [identityCommitment, nullifier] = publicSignals;
  return (
    identityCommitment === identityCommitmentOf(identitySecret) && nullifier === nullifierOf(key) && ticketKey === key
  );
}

function isRefundTrue(pool: Pool, { input, publicSignals }: Claim): boolean {
  const [nullifier = 0n, refundedCharge = 0n, refundedHold = 0n] = publicSignals;
  const message = refundMessage(pool.poolHash, { nullifier, refundedCharge, refundedHold });
  return isSigned(pool, message, signatureOf(input["signatureR8"], input["signatureS"]));
}

export function isTrue(pool: Pool, statement: Statement, claim: Claim): boolean {
  switch (statement) {
    case "request":
      return isRequestTrue(pool, claim);
    case "fold":
      return isFoldTrue(pool, claim);
    case "close":
      return isCloseTrue(pool, claim);
    case "slash":
      return isSlashTrue(pool, claim);
    case "refund":
      return isRefundTrue(pool, claim);
    default:
      throw new Error(`the campaign proves no ${statement}`);
  }
}
