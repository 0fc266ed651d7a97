// SPDX-License-Identifier: GPL-3.0-or-later
import { expect } from "chai";
import { TypedDataEncoder, toBeHex } from "ethers";
import type { Contract } from "ethers";

import {
  CALL_TYPES,
  CLOSE_CONSENT_TYPES,
  DISPUTE_TYPES,
  RECEIPT_TYPES,
  authorizationNonce,
  closeChallenge,
  compressSlots,
  coverKeysHash,
  digestOf as typedDataDigest,
  domainOf,
  poseidon,
  scopeOf,
  slashContext,
  ticketMessage,
} from "../../src/protocol/index.ts";
import type { CloseRequestStruct, ProofStruct } from "../../typechain-types/contracts/CreditSettlement.js";
import {
  authorizationNonceOf,
  closeChallengeOf,
  consentDigestOf,
  scopeOf as modelScopeOf,
  slashContextOf,
} from "../vectors/model/messages.ts";
import type { Close } from "../vectors/model/messages.ts";
import { coverKeysOf, polynomialOf } from "../vectors/model/protocol.ts";
import { readVectors } from "../vectors/index.ts";
import { chain } from "./chain.ts";

const vectors = readVectors("messages");
const bytes32 = (value: bigint): string => toBeHex(value, 32);
const NO_PROOF: ProofStruct = {
  a: [0n, 0n],
  b: [
    [0n, 0n],
    [0n, 0n],
  ],
  c: [0n, 0n],
};

/** A close as the settlement takes it. */
const requestOf = (close: Close, proof = NO_PROOF): CloseRequestStruct => ({
  identityCommitment: close.commitment,
  firstUnused: close.firstUnused,
  refundedCharges: close.refundedCharges,
  refundedHolds: close.refundedHolds,
  certified: close.certified,
  recipient: close.recipient,
  relayer: close.relayer,
  fee: close.fee,
  deadline: close.deadline,
  coverKeys: [...close.slots],
  proof,
});

describe("parity/messages", function () {
  this.timeout(120_000);

  it("scopes and pool hashes are the same in TypeScript and on chain", async () => {
    for (const { chainId, pool, scope } of vectors.scopes) expect(scopeOf(chainId, pool)).to.equal(scope);
    for (const { chainId, pool, hold, providerKey, scope, poolTerms, poolHash } of vectors.pools) {
      expect(scopeOf(chainId, pool)).to.equal(scope);
      expect(poseidon([scope, hold])).to.equal(poolTerms);
      expect(poseidon([poolTerms, poseidon(providerKey)])).to.equal(poolHash);
    }
    const { world, model } = await chain();
    expect(await world.pool.scope()).to.equal(model.scope);
    expect(modelScopeOf(model.chainId, model.address)).to.equal(model.scope);
    expect(await world.pool.poolHash()).to.equal(model.poolHash);
  });

  it("ticket messages x are the same in TypeScript and Solidity, and below 2^248", async () => {
    const { harness } = await chain();
    for (const { scope, session, x } of vectors.ticketMessages) {
      expect(ticketMessage(scope, session)).to.equal(x);
      expect(await harness.getFunction("ticketMessage")(scope, session)).to.equal(x);
      expect(x < 2n ** 248n).to.equal(true);
    }
  });

  it("authorization nonces are the same in TypeScript and on chain", async () => {
    for (const { pool, commitment, amount, salt, nonce } of vectors.authorizations) {
      expect(authorizationNonce(pool, commitment, amount, salt)).to.equal(bytes32(nonce));
    }
    const { world, model } = await chain();
    for (const { commitment, amount, salt } of vectors.authorizations) {
      const nonce = bytes32(authorizationNonceOf(model.address, commitment, amount, salt));
      expect(await world.pool.authorizationNonceOf(commitment, amount, bytes32(salt))).to.equal(nonce);
      expect(authorizationNonce(model.address, commitment, amount, salt)).to.equal(nonce);
    }
  });

  it("z and e of a close are the same in TypeScript and Solidity", async () => {
    const { harness, world, model } = await chain();
    for (const close of vectors.closes) {
      const { poolHash, commitment, slots, z, e } = close;
      expect(closeChallenge(poolHash, commitment, slots, close)).to.equal(z);
      expect(compressSlots(slots, z)).to.equal(e);
      expect(await harness.getFunction("challengeOf")(requestOf(close), poolHash)).to.equal(z);
      expect(await harness.getFunction("evaluate")(slots, z)).to.equal(e);
      expect(await world.settlement.closeChallengeOf(requestOf(close))).to.equal(
        closeChallengeOf(model.poolHash, close),
      );
    }
  });

  it("digests of consents are the same in TypeScript and on chain", async () => {
    const digestOf = (where: { chainId: bigint; pool: string }, close: Close, consentDeadline: bigint): string =>
      TypedDataEncoder.hash(domainOf({ chainId: where.chainId, address: where.pool }), CLOSE_CONSENT_TYPES, {
        ...close,
        identityCommitment: close.commitment,
        coverKeysHash: coverKeysHash(close.slots),
        consentDeadline,
      });
    const { world, model } = await chain();
    const here = { chainId: model.chainId, pool: model.address };
    for (const close of vectors.closes) {
      expect(digestOf(vectors.where, close, close.consentDeadline)).to.equal(bytes32(close.consentDigest));
      const expected = bytes32(consentDigestOf(here.chainId, here.pool, close, close.consentDeadline));
      expect(digestOf(here, close, close.consentDeadline)).to.equal(expected);
      expect(await world.settlement.consentDigestOf(requestOf(close), close.consentDeadline)).to.equal(expected);
    }
  });

  it("digests of calls, disputes and receipts are those of the model", () => {
    const pool = { chainId: vectors.where.chainId, address: vectors.where.pool };
    const domain = domainOf(pool);
    for (const call of vectors.calls) {
      const value = { ...call, requestHash: bytes32(call.requestHash) };
      expect(TypedDataEncoder.hash(domain, CALL_TYPES, value)).to.equal(bytes32(call.digest));
      expect(typedDataDigest(pool, CALL_TYPES, value)).to.equal(bytes32(call.digest));
    }
    for (const { nullifier, recipient, digest } of vectors.disputes) {
      expect(TypedDataEncoder.hash(domain, DISPUTE_TYPES, { nullifier, recipient })).to.equal(bytes32(digest));
    }
    for (const receipt of vectors.receipts) {
      const hashes = { requestHash: bytes32(receipt.requestHash), responseHash: bytes32(receipt.responseHash) };
      expect(TypedDataEncoder.hash(domain, RECEIPT_TYPES, { ...receipt, ...hashes })).to.equal(bytes32(receipt.digest));
      expect(typedDataDigest(pool, RECEIPT_TYPES, { ...receipt, ...hashes })).to.equal(bytes32(receipt.digest));
    }
  });

  it("contexts of slashes are those of the model", () => {
    for (const { poolHash, recipient, context } of vectors.contexts) {
      expect(slashContext(poolHash, recipient)).to.equal(context);
      expect(slashContextOf(poolHash, recipient)).to.equal(context);
    }
  });

  describe("what the settlement asks its verifiers", () => {
    const COMMITMENT = 424_242n;
    const DEPOSIT = 110_000n;

    /** What the model verifier takes for a proof of these signals, and of no others. */
    const proofOf = async (verifier: Contract, signals: readonly bigint[]): Promise<ProofStruct> => {
      const proof: unknown = await verifier.getFunction(`proofOf(uint256[${signals.length}])`)(signals);
      return { ...NO_PROOF, a: [(proof as { a: [bigint, bigint] }).a[0], 0n] };
    };
    const isRefused = async (call: Promise<unknown>): Promise<boolean> =>
      call.then(
        () => false,
        () => true,
      );

    it("is the model's close statement: D from storage, z and e of the slots and the payment, Π", async () => {
      const { world, verifier, model } = await chain();
      await world.pool.deposit(COMMITMENT, DEPOSIT);
      const slots = coverKeysOf(77n, model.poolHash, 12);
      const close: Close = {
        commitment: COMMITMENT,
        firstUnused: 12n,
        refundedCharges: 5_000n,
        refundedHolds: 600n,
        certified: 0n,
        recipient: world.user.address,
        relayer: world.other.address,
        fee: 9n,
        deadline: 2n ** 40n,
        slots,
      };
      const z = closeChallengeOf(model.poolHash, close);
      const signals = [COMMITMENT, DEPOSIT, 12n, 5_000n, 600n, 0n, z, polynomialOf(slots, z), model.poolHash];
      await world.settlement.startClose.staticCall(requestOf(close, await proofOf(verifier, signals)));
      for (const changed of signals.keys()) {
        const others = signals.map((signal, at) => (at === changed ? signal + 1n : signal));
        const request = requestOf(close, await proofOf(verifier, others));
        expect(await isRefused(world.settlement.startClose.staticCall(request))).to.equal(true);
      }
    });

    it("is the model's slash statement: the context is of Π and the recipient", async () => {
      const { world, verifier, model } = await chain();
      await world.pool.deposit(COMMITMENT, DEPOSIT);
      const recipient = world.other.address;
      const context = slashContextOf(model.poolHash, recipient);
      const proof = await proofOf(verifier, [COMMITMENT, 777n, context, model.poolHash]);
      const { slash } = world.settlement;
      await slash.staticCall(COMMITMENT, 777n, recipient, proof);
      expect(await isRefused(slash.staticCall(COMMITMENT, 777n, world.user.address, proof))).to.equal(true);
      expect(await isRefused(slash.staticCall(COMMITMENT, 778n, recipient, proof))).to.equal(true);
    });
  });
});
