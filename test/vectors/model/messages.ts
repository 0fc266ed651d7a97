// SPDX-License-Identifier: GPL-3.0-or-later
/** The naive model's messages: ABI encoding and EIP-712 by hand, Keccak-256 from noble. */
import { keccak, p } from "./hash.ts";

const bytesOf = (hex: string): Buffer => Buffer.from(hex, "hex");
const word = (value: bigint): string => value.toString(16).padStart(64, "0");
const address = (text: string): bigint => BigInt(text.toLowerCase());
const hashOf = (words: readonly bigint[]): bigint => keccak(bytesOf(words.map(word).join("")));

/** abi.encode(string, …words): the offset of the string, the words, its length, its bytes. */
function encodeLabelled(label: string, words: readonly bigint[]): Buffer {
  const text = Buffer.from(label);
  if (text.length > 32) throw new Error("labels have at most 32 bytes");
  const head = [BigInt(32 * (words.length + 1)), ...words, BigInt(text.length)].map(word).join("");
  return bytesOf(head + text.toString("hex").padEnd(64, "0"));
}

export const scopeOf = (chainId: bigint, pool: string): bigint =>
  keccak(encodeLabelled("jeton.scope.v1", [chainId, address(pool)])) >> 8n;

export const ticketMessageOf = (scope: bigint, sessionAddress: string): bigint =>
  keccak(encodeLabelled("jeton.ticket.v1", [scope, address(sessionAddress)])) >> 8n;

export const slashContextOf = (poolHash: bigint, recipient: string): bigint =>
  hashOf([poolHash, address(recipient)]) >> 8n;

export const authorizationNonceOf = (pool: string, commitment: bigint, amount: bigint, salt: bigint): bigint =>
  keccak(encodeLabelled("jeton.authorization.v1", [address(pool), commitment, amount, salt]));

/** A close as it is sent to the contract, without its proof. */
export interface Close {
  readonly commitment: bigint;
  readonly firstUnused: bigint;
  readonly refundedCharges: bigint;
  readonly refundedHolds: bigint;
  readonly certified: bigint;
  readonly recipient: string;
  readonly relayer: string;
  readonly fee: bigint;
  readonly deadline: bigint;
  readonly slots: readonly bigint[];
}

export const closeChallengeOf = (poolHash: bigint, close: Omit<Close, "firstUnused" | "refundedCharges" | "refundedHolds" | "certified">): bigint =>
  hashOf([poolHash, close.commitment, ...close.slots, address(close.recipient), address(close.relayer), close.fee, close.deadline]) % p;

const textHash = (text: string): bigint => keccak(Buffer.from(text));

function digestOf(chainId: bigint, pool: string, structHash: bigint): bigint {
  const domainType = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";
  const separator = hashOf([textHash(domainType), textHash("Jeton"), textHash("1"), chainId, address(pool)]);
  return keccak(bytesOf(`1901${word(separator)}${word(structHash)}`));
}

export function consentDigestOf(chainId: bigint, pool: string, close: Close, consentDeadline: bigint): bigint {
  const type =
    "CloseConsent(uint256 identityCommitment,uint256 firstUnused,uint256 refundedCharges,uint256 refundedHolds,uint256 certified," +
    "bytes32 coverKeysHash,address recipient,address relayer,uint256 fee,uint256 deadline,uint256 consentDeadline)";
  const { commitment, firstUnused, refundedCharges, refundedHolds, certified, fee, deadline } = close;
  const parties = [address(close.recipient), address(close.relayer)];
  const amounts = [commitment, firstUnused, refundedCharges, refundedHolds, certified];
  const fields = [textHash(type), ...amounts, hashOf(close.slots), ...parties, fee, deadline, consentDeadline];
  return digestOf(chainId, pool, hashOf(fields));
}

export function callDigestOf(
  chainId: bigint,
  pool: string,
  call: { readonly nullifier: bigint; readonly sequence: bigint; readonly cap: bigint; readonly requestHash: bigint },
): bigint {
  const type = "Call(uint256 nullifier,uint256 sequence,uint256 cap,bytes32 requestHash)";
  return digestOf(chainId, pool, hashOf([textHash(type), call.nullifier, call.sequence, call.cap, call.requestHash]));
}

export const disputeDigestOf = (chainId: bigint, pool: string, nullifier: bigint, recipient: string): bigint => {
  const type = "Dispute(uint256 nullifier,address recipient)";
  return digestOf(chainId, pool, hashOf([textHash(type), nullifier, address(recipient)]));
};

export interface Receipt {
  readonly nullifier: bigint;
  readonly sequence: bigint;
  readonly requestHash: bigint;
  readonly responseHash: bigint;
  readonly charged: bigint;
  readonly modelId: string;
  readonly issuedAt: bigint;
}

export function receiptDigestOf(chainId: bigint, pool: string, receipt: Receipt): bigint {
  const type =
    "Receipt(uint256 nullifier,uint256 sequence,bytes32 requestHash,bytes32 responseHash,uint256 charged,string modelId,uint256 issuedAt)";
  const { nullifier, sequence, requestHash, responseHash, charged, modelId, issuedAt } = receipt;
  const fields = [nullifier, sequence, requestHash, responseHash, charged, textHash(modelId), issuedAt];
  return digestOf(chainId, pool, hashOf([textHash(type), ...fields]));
}
