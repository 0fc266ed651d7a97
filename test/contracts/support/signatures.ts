// SPDX-License-Identifier: GPL-3.0-or-later
import { addressOf, ethers } from "./world.ts";
import type { Signer, World } from "./world.ts";

export interface Signature {
  v: number;
  r: string;
  s: string;
}

const field = (name: string, type: string) => ({ name, type });

export async function signPermit(
  world: World,
  owner: Signer,
  value: bigint,
): Promise<Signature & { deadline: bigint }> {
  const message = {
    owner: owner.address,
    spender: await addressOf(world.pool),
    value,
    nonce: await world.token.nonces(owner),
    deadline: ethers.MaxUint256,
  };
  const Permit = [
    field("owner", "address"),
    field("spender", "address"),
    field("value", "uint256"),
    field("nonce", "uint256"),
    field("deadline", "uint256"),
  ];
  return { ...(await sign(world, owner, { Permit }, message)), deadline: message.deadline };
}

/** An ERC-3009 authorization for the deposit of `amount` into the account of `identityCommitment`. */
export async function signAuthorization(
  world: World,
  from: Signer,
  identityCommitment: bigint,
  amount: bigint,
  value: bigint,
): Promise<Signature & { validAfter: bigint; validBefore: bigint; salt: string }> {
  const salt = ethers.id("salt");
  const message = {
    from: from.address,
    to: await addressOf(world.pool),
    value,
    validAfter: 0n,
    validBefore: 1n << 40n,
    nonce: await world.pool.authorizationNonceOf(identityCommitment, amount, salt),
  };
  const ReceiveWithAuthorization = [
    field("from", "address"),
    field("to", "address"),
    field("value", "uint256"),
    field("validAfter", "uint256"),
    field("validBefore", "uint256"),
    field("nonce", "bytes32"),
  ];
  const { validAfter, validBefore } = message;
  return { ...(await sign(world, from, { ReceiveWithAuthorization }, message)), validAfter, validBefore, salt };
}

async function sign(
  world: World,
  signer: Signer,
  types: Record<string, { name: string; type: string }[]>,
  message: Record<string, unknown>,
): Promise<Signature> {
  const { name, version, chainId, verifyingContract } = await world.token.eip712Domain();
  const signature = await signer.signTypedData({ name, version, chainId, verifyingContract }, types, message);
  const { v, r, s } = ethers.Signature.from(signature);
  return { v, r, s };
}
