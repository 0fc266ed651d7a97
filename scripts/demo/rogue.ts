// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A user whose software keeps none of a wallet's rules: it spends any ticket under any session key, and closes with any j. Its proofs
 * are as real as everybody's; what it lacks is restraint.
 */
import { randomBytes } from "node:crypto";

import { SigningKey, TypedDataEncoder, ZeroAddress, computeAddress, hexlify } from "ethers";

import type { CloseRequest } from "../../src/chain/index.ts";
import { closeRequestOf } from "../../src/chain/index.ts";
import type { Pool, SignedState } from "../../src/protocol/index.ts";
import {
  CALL_TYPES,
  FOLD_SLOTS,
  closeClaim,
  domainOf,
  enrollClaim,
  foldClaim,
  identityCommitmentOf,
  initialState,
  proofToJson,
  requestClaim,
} from "../../src/protocol/index.ts";
import type { Prover } from "../../src/prover/index.ts";
import type {
  CallAnswerJson,
  CallRequestJson,
  FoldRequest,
  PathSource,
  ProviderApi,
  SignedRefund,
} from "../../src/wire/index.ts";
import { requestHashOf } from "../../src/wire/index.ts";

interface RogueOptions {
  readonly pool: Pool;
  readonly provider: ProviderApi;
  readonly prover: Prover;
  readonly chain: PathSource;
  readonly identitySecret: bigint;
  readonly deposit: bigint;
}

export class Rogue {
  readonly identityCommitment: bigint;
  readonly #options: RogueOptions;
  #signed: SignedState | undefined;

  constructor(options: RogueOptions) {
    this.#options = options;
    this.identityCommitment = identityCommitmentOf(options.identitySecret);
  }

  async enroll(): Promise<void> {
    const { pool, provider, prover, chain, identitySecret, deposit } = this.#options;
    const claim = enrollClaim(pool, identitySecret, deposit, await chain.pathOf(this.identityCommitment));
    const { proof } = await prover.prove("enroll", claim.input);
    const [root, newState, enrollNullifier] = claim.publicSignals.map(String) as [string, string, string];
    const answer = await provider.enroll({ root, newState, enrollNullifier, proof: proofToJson(proof) });
    const { r8, s } = answer.signature;
    this.#signed = {
      state: initialState(pool.poolHash, identitySecret, deposit),
      signature: { r8: [BigInt(r8[0]), BigInt(r8[1])], s: BigInt(s) },
    };
  }

  /** A call on ticket `index` under a session key made up on the spot, proved and signed, ready to be sent. */
  async prepareCall(index: number, payload: string, cap: bigint): Promise<CallRequestJson> {
    const { pool, prover } = this.#options;
    if (this.#signed === undefined) throw new Error("the account is not enrolled");
    const key = new SigningKey(randomBytes(32));
    const sessionAddress = computeAddress(key.publicKey);
    const claim = requestClaim(pool, this.#signed, index, sessionAddress);
    const { proof } = await prover.prove("request", claim.input);
    const [nullifier, y] = claim.publicSignals as [bigint, bigint];
    const call = { salt: hexlify(randomBytes(32)), isLast: true, payload };
    const voucher = { nullifier, sequence: 1n, cap, requestHash: requestHashOf(call) };
    return {
      ...call,
      nullifier: nullifier.toString(),
      sessionAddress,
      sequence: 1,
      cap: cap.toString(),
      signature: key.sign(TypedDataEncoder.hash(domainOf(pool), CALL_TYPES, voucher)).serialized,
      ticket: { y: y.toString(), proof: proofToJson(proof) },
    };
  }

  send(request: CallRequestJson): Promise<CallAnswerJson> {
    return this.#options.provider.call(request);
  }

  /** Folds these refunds into its first state, whatever else they were folded into; ready for the provider, or for the chain. */
  async prepareFold(
    refunds: readonly { readonly index: number; readonly refund: SignedRefund }[],
  ): Promise<FoldRequest> {
    const { pool, prover } = this.#options;
    if (this.#signed === undefined) throw new Error("the account is not enrolled");
    const tickets = refunds.map(({ index, refund }) => ({ ...refund, index }));
    const claim = foldClaim(pool, this.#signed, tickets);
    const { proof } = await prover.prove("fold", claim.input);
    const [newState, ...rest] = claim.publicSignals as [bigint, ...bigint[]];
    return { newState, foldNullifiers: rest.slice(0, FOLD_SLOTS), certified: 0n, proof };
  }

  /** Closes with whatever j it likes, claiming no refunds. */
  async prepareClose(firstUnused: number, recipient: string, deadline: bigint): Promise<CloseRequest> {
    const { pool, prover, identitySecret, deposit } = this.#options;
    const terms = { recipient, relayer: ZeroAddress, fee: 0n, deadline };
    const close = { deposit, firstUnused, refundedCharges: 0n, refundedHolds: 0n, terms };
    const claim = closeClaim(pool, identitySecret, undefined, close);
    const { proof } = await prover.prove("close", claim.input);
    return closeRequestOf(this.identityCommitment, close, claim.coverKeys, proof);
  }
}
