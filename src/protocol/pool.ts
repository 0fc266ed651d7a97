/** What is fixed for a pool at deployment, and what follows from it. */
import { AbiCoder, getAddress, keccak256 } from "ethers";

import type { Point } from "./eddsa.ts";
import { LABEL, TICKET_COUNT } from "./parameters.generated.ts";
import { poseidon } from "./poseidon.ts";

/** A pool's immutable parameters, as `CreditPool.parameters()` gives them. Amounts in token base units, times in seconds. */
export interface PoolParameters {
  readonly token: string;
  readonly provider: string;
  readonly providerKey: Point;
  readonly ticketPrice: bigint;
  readonly policyHold: bigint;
  readonly unit: bigint;
  readonly stakeMinimum: bigint;
  readonly stakeBps: bigint;
  readonly bountyBps: bigint;
  readonly challengeWindow: bigint;
  readonly disputeWindow: bigint;
  readonly accountLifetime: bigint;
  readonly termsHash: string;
}

/** A pool in its place: parameters, chain and address, and the two numbers that bind proofs and messages to it. */
export interface Pool {
  readonly chainId: bigint;
  readonly address: string;
  readonly parameters: PoolParameters;
  readonly scope: bigint;
  /** H(scope, hold). */
  readonly poolTerms: bigint;
  /** Π = H(poolTerms, H(Ax, Ay)). */
  readonly poolHash: bigint;
}

const coder = AbiCoder.defaultAbiCoder();

/** scope = uint256(keccak256(abi.encode("jeton.scope.v1", chainid, pool))) >> 8. */
export function scopeOf(chainId: bigint, pool: string): bigint {
  return (
    BigInt(keccak256(coder.encode(["string", "uint256", "address"], [LABEL.scope, chainId, getAddress(pool)]))) >> 8n
  );
}

/** hold = C + P: what one ticket takes from the budget. */
export const holdOf = ({ ticketPrice, policyHold }: PoolParameters): bigint => ticketPrice + policyHold;

export function describePool(chainId: bigint, address: string, parameters: PoolParameters): Pool {
  const scope = scopeOf(chainId, address);
  const poolTerms = poseidon([scope, holdOf(parameters)]);
  const poolHash = poseidon([poolTerms, poseidon(parameters.providerKey)]);
  return { chainId, address: getAddress(address), parameters, scope, poolTerms, poolHash };
}

/** S = stakeMinimum + D·stakeBps / 10,000, rounded down. */
export function stakeOf({ stakeMinimum, stakeBps }: PoolParameters, deposit: bigint): bigint {
  return stakeMinimum + (deposit * stakeBps) / 10_000n;
}

/** How many tickets a budget covers: the number of indices i with (i + 1)·hold <= B. */
export function ticketsCovered(parameters: PoolParameters, budget: bigint): number {
  const covered = budget / holdOf(parameters);
  return covered > BigInt(TICKET_COUNT) ? TICKET_COUNT : Number(covered);
}
