// SPDX-License-Identifier: GPL-3.0-or-later
/** What the campaign shows the contracts, in the form that typechain's types take. */
import type { CloseRequest } from "../../../src/chain/index.ts";
import type { Proof } from "../../../src/protocol/index.ts";
import type { CloseRequestStruct, FoldRequestStruct } from "../../../typechain-types/contracts/CreditSettlement.js";
import type { FoldFacts } from "./ghost/index.ts";

export const proofArgument = ({ a, b, c }: Proof) => ({
  a: [...a] as [bigint, bigint],
  b: [[...b[0]], [...b[1]]] as [[bigint, bigint], [bigint, bigint]],
  c: [...c] as [bigint, bigint],
});

export function closeArgument({ proof, coverKeys, ...rest }: CloseRequest): CloseRequestStruct {
  return { ...rest, coverKeys: [...coverKeys], proof: proofArgument(proof) };
}

export const nullifiersArgument = ({ foldNullifiers }: FoldFacts): [bigint, bigint, bigint, bigint] => [
  ...foldNullifiers,
];

export function foldArgument(facts: FoldFacts, proof: Proof): FoldRequestStruct {
  const { newState, certified } = facts;
  return { newState, certified, foldNullifiers: nullifiersArgument(facts), proof: proofArgument(proof) };
}

/** Proves nothing, whoever verifies. */
export const NO_PROOF: Proof = {
  a: [1n, 2n],
  b: [
    [
      10857046999023057135944570762232829481370756359578518086990519993285655852781n,
      11559732032986387107991004021392285783925812861821192530917403151452391805634n,
    ],
    [
      8495653923123431417604973247489272438418190587263600148770280649306958101930n,
      4082367875863433681332203403145435568316851327593401208105741076214120093531n,
    ],
  ],
  c: [1n, 2n],
};
