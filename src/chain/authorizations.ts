// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What a depositor signs in place of an approval: an ERC-2612 permit (https://eips.ethereum.org/EIPS/eip-2612), or an ERC-3009
 * authorization (https://eips.ethereum.org/EIPS/eip-3009) that somebody else can submit.
 */
import type { Signer } from "ethers";
import { Signature } from "ethers";

import { authorizationNonce } from "../protocol/index.ts";
import type { PoolClient } from "./pool-client.ts";

/** A signature in the parts that contracts take. */
export interface SplitSignature {
  readonly v: number;
  readonly r: string;
  readonly s: string;
}

/** An ERC-2612 permit of the signer for a deposit. */
export interface Permit extends SplitSignature {
  /** Unix seconds. */
  readonly deadline: bigint;
}

/** An ERC-3009 authorization for one deposit: nobody can use it for another account. Times in unix seconds. */
export interface Authorization extends SplitSignature {
  readonly from: string;
  readonly identityCommitment: bigint;
  readonly amount: bigint;
  readonly validAfter: bigint;
  readonly validBefore: bigint;
  readonly salt: bigint;
}

const uint256 = (name: string): { name: string; type: string } => ({ name, type: "uint256" });
const address = (name: string): { name: string; type: string } => ({ name, type: "address" });

const PERMIT_TYPES = {
  Permit: [address("owner"), address("spender"), uint256("value"), uint256("nonce"), uint256("deadline")],
};
const AUTHORIZATION_TYPES = {
  ReceiveWithAuthorization: [
    address("from"),
    address("to"),
    uint256("value"),
    uint256("validAfter"),
    uint256("validBefore"),
    { name: "nonce", type: "bytes32" },
  ],
};

function split(signature: string): SplitSignature {
  const { v, r, s } = Signature.from(signature);
  return { v, r, s };
}

/** Signs a permit over the price of a deposit of `amount`. `deadline` in unix seconds. @throws ChainError TOKEN_UNSUPPORTED */
export async function signDepositPermit(
  client: PoolClient,
  signer: Signer,
  amount: bigint,
  deadline: bigint,
): Promise<Permit> {
  const { token, pool } = client;
  const owner = await signer.getAddress();
  const value = client.priceOf(amount);
  const message = { owner, spender: pool.address, value, nonce: await token.permitNonceOf(owner), deadline };
  return { deadline, ...split(await signer.signTypedData(await token.domain(), PERMIT_TYPES, message)) };
}

/** What a depositor authorizes: one deposit, for one account, within a time. */
export type AuthorizationRequest = Pick<
  Authorization,
  "identityCommitment" | "amount" | "validAfter" | "validBefore" | "salt"
>;

/**
 * Signs a ReceiveWithAuthorization over the price of the deposit; its nonce commits to the pool, the account and the amount.
 * Another salt makes a second one for the same deposit. @throws ChainError TOKEN_UNSUPPORTED
 */
export async function signDepositAuthorization(
  client: PoolClient,
  signer: Signer,
  request: AuthorizationRequest,
): Promise<Authorization> {
  const { token, pool } = client;
  const { identityCommitment, amount, validAfter, validBefore, salt } = request;
  const from = await signer.getAddress();
  const nonce = authorizationNonce(pool.address, identityCommitment, amount, salt);
  const message = { from, to: pool.address, value: client.priceOf(amount), validAfter, validBefore, nonce };
  const signature = await signer.signTypedData(await token.domain(), AUTHORIZATION_TYPES, message);
  return { from, identityCommitment, amount, validAfter, validBefore, salt, ...split(signature) };
}
