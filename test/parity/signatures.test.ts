// SPDX-License-Identifier: GPL-3.0-or-later
import { expect } from "chai";

import { SUBGROUP_ORDER, isValidPublicKey, providerKey, verifySignature } from "../../src/protocol/index.ts";
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
