// SPDX-License-Identifier: GPL-3.0-or-later
import type { CloseRequestStruct } from "../../../typechain-types/contracts/CreditSettlement.js";
import { ethers } from "./world.ts";
import type { World } from "./world.ts";

export const FIELD = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;
export const NO_PROOF: CloseRequestStruct["proof"] = {
  a: [0n, 0n],
  b: [
    [0n, 0n],
    [0n, 0n],
  ],
  c: [0n, 0n],
};

/** A close of `identityCommitment` as its owner would ask for it: j = 0, to `recipient`, no relayer, not proved. */
export async function closeRequest(
  world: World,
  identityCommitment: bigint,
  changes: Partial<CloseRequestStruct> = {},
): Promise<CloseRequestStruct> {
  const deadline = BigInt((await ethers.provider.getBlock("latest"))?.timestamp ?? 0) + 86_400n * 365n;
  return {
    identityCommitment,
    firstUnused: 0n,
    refundedCharges: 0n,
    refundedHolds: 0n,
    certified: 0n,
    recipient: world.user.address,
    relayer: ethers.ZeroAddress,
    fee: 0n,
    deadline,
    coverKeys: Array.from({ length: 64 }, (_, t) => (t < 61 ? hashToField(`cover key ${t}`) : 0n)),
    proof: NO_PROOF,
    ...changes,
  };
}

/** z and e, computed as docs/protocol.md says under Closing, without the contracts. */
export function challengeOf(poolHash: bigint, request: CloseRequestStruct): { z: bigint; e: bigint } {
  const encoded = ethers.AbiCoder.defaultAbiCoder().encode(
    ["uint256", "uint256", "uint256[64]", "address", "address", "uint256", "uint256"],
    [
      poolHash,
      request.identityCommitment,
      request.coverKeys,
      request.recipient,
      request.relayer,
      request.fee,
      request.deadline,
    ],
  );
  const z = BigInt(ethers.keccak256(encoded)) % FIELD;
  const powers = request.coverKeys.map((key, t) => (BigInt(key) * power(z, 63 - t)) % FIELD);
  return { z, e: powers.reduce((sum, term) => (sum + term) % FIELD, 0n) };
}

export function hashToField(label: string): bigint {
  return BigInt(ethers.id(label)) % FIELD;
}

function power(base: bigint, exponent: number): bigint {
  let product = 1n;
  for (let i = 0; i < exponent; i++) product = (product * base) % FIELD;
  return product;
}
