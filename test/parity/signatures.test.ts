// SPDX-License-Identifier: GPL-3.0-or-later
import { expect } from "chai";

import { SigningKey, Wallet, computeAddress, getBytes, hexlify, id, recoverAddress, toBeHex } from "ethers";

import { typedDataSignerOf } from "../../src/gateway/typed-data-signer.ts";
import {
  RECEIPT_TYPES,
  SUBGROUP_ORDER,
  isValidPublicKey,
  providerKey,
  signDigest,
  signerOf,
  verifySignature,
} from "../../src/protocol/index.ts";
import { IDENTITY, isSigned, isSignedByZkKit, l, multiply, signer } from "../vectors/model/curve.ts";
import { readVectors } from "../vectors/index.ts";
import { chain } from "./chain.ts";

describe("parity/signatures", function () {
  this.timeout(60_000);
  const { privateKey, publicKey, eighth, valid, broken, weakKeys } = readVectors("signatures");
  const bytes = Buffer.from(privateKey.slice(2), "hex");

  it("derives the same keys as zk-kit", () => {
    const key = providerKey(bytes);
    expect(key.publicKey).to.deep.equal(publicKey);
    // There are eight points Q with 8·Q = A; any of them will do.
    expect(multiply(key.eighth, 8n)).to.deep.equal(publicKey);
    expect(signer(bytes).key).to.deep.equal(publicKey);
    expect(multiply(eighth, 8n)).to.deep.equal(publicKey);
    expect(SUBGROUP_ORDER).to.equal(l);
  });

  it("signs what zk-kit accepts, and accepts what zk-kit signs; both sign the same", () => {
    const key = providerKey(bytes);
    for (const { message, r8, s } of valid) {
      const signature = key.sign(message);
      expect(signature).to.deep.equal({ r8, s });
      expect(isSignedByZkKit(message, signature, publicKey)).to.equal(true);
      expect(verifySignature(message, signer(bytes).sign(message), publicKey)).to.equal(true);
    }
  });

  it("signs digests for Ethereum byte for byte as ethers does, and names the same signers", async () => {
    for (let count = 0; count < 40; count++) {
      const [key, digest] = [new SigningKey(id(`key ${count}`)), id(`digest ${count}`)];
      const signature = signDigest(getBytes(key.privateKey), digest);
      expect(signature).to.equal(key.sign(digest).serialized);
      expect(signerOf(digest, signature)).to.equal(computeAddress(key.publicKey));
      expect(signerOf(digest, key.sign(digest).compactSerialized)).to.equal(recoverAddress(digest, signature));
      expect(signerOf(id("another"), signature)).to.not.equal(computeAddress(key.publicKey));
    }
    const wallet = new Wallet(id("a provider's key"));
    const domain = { name: "Jeton", version: "1", chainId: 31_337n, verifyingContract: wallet.address };
    const hash = id("hash");
    const receipt = {
      nullifier: 1n,
      sequence: 2n,
      requestHash: hash,
      responseHash: hash,
      charged: 3n,
      modelId: "m",
      issuedAt: 4n,
    };
    const signed = await typedDataSignerOf(wallet).signTypedData(domain, RECEIPT_TYPES, receipt);
    expect(signed).to.equal(await wallet.signTypedData(domain, RECEIPT_TYPES, receipt));
  });

  it("names no signer for what ethers takes for no signature", () => {
    const [key, digest] = [new SigningKey(id("key")), id("digest")];
    const { r, s, v, serialized } = key.sign(digest);
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const of = (...parts: string[]): string => hexlify(Buffer.from(parts.map((part) => part.slice(2)).join(""), "hex"));
    const word = (value: bigint): string => toBeHex(value, 32);
    const broken = [
      ...["", "0x", "no signature", serialized.slice(0, -4), `${serialized}00`],
      // The other half of s, as anyone can make it of a signature.
      of(r, word(order - BigInt(s)), toBeHex(v === 27 ? 28 : 27)),
      ...[word(0n), word(order), word(order + 1n), word(2n ** 256n - 1n)].map((bad) => of(bad, s, "0x1b")),
      ...[word(0n), word(order), word(2n ** 256n - 1n)].map((bad) => of(r, bad, "0x1b")),
    ];
    for (const signature of broken) {
      expect(() => recoverAddress(digest, signature), signature).to.throw();
      expect(signerOf(digest, signature), signature).to.equal(undefined);
    }
    expect(signerOf("0x1234", serialized)).to.equal(undefined);
  });

  it("refuses every broken signature, as the model does", () => {
    for (const { why, message, r8, s } of broken) {
      expect(verifySignature(message, { r8, s }, publicKey), why).to.equal(false);
      expect(isSigned(message, { r8, s }, publicKey), why).to.equal(false);
    }
  });

  it("finds the same keys good and of low order as the contract", async () => {
    const { harness } = await chain();
    const isOfPrimeOrder = harness.getFunction("isOfPrimeOrder");
    expect(isValidPublicKey(publicKey)).to.equal(true);
    expect(await isOfPrimeOrder(publicKey, eighth)).to.equal(true);
    expect(await isOfPrimeOrder(publicKey, providerKey(bytes).eighth)).to.equal(true);
    expect(await isOfPrimeOrder(publicKey, publicKey)).to.equal(false);
    for (const weak of weakKeys) {
      expect(isValidPublicKey(weak)).to.equal(false);
      expect(await isOfPrimeOrder(weak, weak)).to.equal(false);
      expect(await isOfPrimeOrder(weak, IDENTITY)).to.equal(false);
    }
  });
});
