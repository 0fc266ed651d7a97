/** The numbers that bind a proof to its context. Each has its twin in the contracts. */
import { AbiCoder, getAddress, keccak256 } from "ethers";

import { FIELD_MODULUS } from "./field.ts";
import { LABEL } from "./parameters.generated.ts";

const coder = AbiCoder.defaultAbiCoder();

/** x = uint256(keccak256(abi.encode("jeton.ticket.v1", scope, sessionAddress))) >> 8: the message of a ticket. */
export function ticketMessage(scope: bigint, sessionAddress: string): bigint {
  const bytes = coder.encode(["string", "uint256", "address"], [LABEL.ticket, scope, getAddress(sessionAddress)]);
  return BigInt(keccak256(bytes)) >> 8n;
}

/** How a close is paid out. `relayer` zero means that nobody is paid a fee. Amounts in base units, deadline in unix seconds. */
export interface CloseTerms {
  readonly recipient: string;
  readonly relayer: string;
  readonly fee: bigint;
  readonly deadline: bigint;
}

/** z = keccak256(abi.encode(Π, identityCommitment, slots, recipient, relayer, fee, deadline)) mod p. */
export function closeChallenge(
  poolHash: bigint,
  identityCommitment: bigint,
  slots: readonly bigint[],
  { recipient, relayer, fee, deadline }: CloseTerms,
): bigint {
  const bytes = coder.encode(
    ["uint256", "uint256", "uint256[64]", "address", "address", "uint256", "uint256"],
    [poolHash, identityCommitment, slots, recipient, relayer, fee, deadline],
  );
  return BigInt(keccak256(bytes)) % FIELD_MODULUS;
}

/** e = Σ slot_t·z^(63 - t) mod p. */
export function compressSlots(slots: readonly bigint[], z: bigint): bigint {
  return slots.reduce((sum, slot) => (sum * z + slot) % FIELD_MODULUS, 0n);
}

/** context = keccak256(abi.encode(Π, recipient)) >> 8: binds who is paid for a slash. */
export function slashContext(poolHash: bigint, recipient: string): bigint {
  return BigInt(keccak256(coder.encode(["uint256", "address"], [poolHash, getAddress(recipient)]))) >> 8n;
}

/** The ERC-3009 nonce of a deposit: keccak256(abi.encode("jeton.authorization.v1", pool, identityCommitment, amount, salt)). */
export function authorizationNonce(pool: string, identityCommitment: bigint, amount: bigint, salt: bigint): string {
  return keccak256(
    coder.encode(
      ["string", "address", "uint256", "uint256", "uint256"],
      [LABEL.authorization, getAddress(pool), identityCommitment, amount, salt],
    ),
  );
}
