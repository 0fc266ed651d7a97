// SPDX-License-Identifier: GPL-3.0-or-later
/** What a gateway takes as a session's signature must be what the chain takes: else a served ticket cannot be answered for. */
import { expect } from "chai";
import { N, SigningKey, TypedDataEncoder, computeAddress, concat, toBeHex } from "ethers";

import { CALL_TYPES, domainOf } from "../../src/protocol/index.ts";
import { isSignedBySession } from "../../src/wire/index.ts";
import { ALICE, formsOf, ticketOf, voucherOf, C } from "./support/dispute-world.ts";
import { withReferee } from "./support/dispute-referee.ts";

describe("A signature of a session in another form", function () {
  this.timeout(120_000);
  const world = withReferee();
  it("is refused by the library wherever the contract refuses it", async () => {
    const { w } = world();
    const { nullifier, session } = await ticketOf(w, ALICE, 0);
    const { signature, ...call } = await voucherOf(w, nullifier, session, C);
    const given = String(signature);
    const isTaken = (form: string) =>
      isSignedBySession(w.description, CALL_TYPES, { nullifier, ...call }, form, session.address);
    const lowV = given.endsWith("1b") ? "00" : "01";
    expect(isTaken(given)).to.equal(true);
    const forms = [...formsOf(given), given.slice(0, -2) + lowV];
    expect(forms.filter(isTaken)).to.deep.equal([]);
  });

  it("is refused when its key was made for it, to have an s between half the order and 2^255", async () => {
    const { w } = world();
    const { nullifier, session } = await ticketOf(w, ALICE, 0);
    const { signature: _, ...rest } = await voucherOf(w, nullifier, session, C);
    const call = { nullifier, ...rest };
    // The signer chooses nonce and s, and solves for the key that goes with them.
    const [nonce, s] = [7n, N / 2n + 12_345n];
    const { publicKey } = new SigningKey(toBeHex(nonce, 32));
    const r = BigInt(`0x${publicKey.slice(4, 68)}`);
    const isOdd = (BigInt(`0x${publicKey.slice(68)}`) & 1n) === 1n;
    const digest = BigInt(TypedDataEncoder.hash(domainOf(w.description), CALL_TYPES, call));
    const key = (((s * nonce - digest) * inverse(r)) % N) + N;
    const made = concat([toBeHex(r, 32), toBeHex(s, 32), isOdd ? "0x1c" : "0x1b"]);
    const address = computeAddress(toBeHex(key % N, 32));
    expect(isSignedBySession(w.description, CALL_TYPES, call, made, address)).to.equal(false);
    // The same with the lower s is in order: it is the form that is refused, and not the key.
    const lower = concat([toBeHex(r, 32), toBeHex(N - s, 32), isOdd ? "0x1b" : "0x1c"]);
    expect(isSignedBySession(w.description, CALL_TYPES, call, lower, address)).to.equal(true);
  });
});

/** 1/a modulo the order of secp256k1, by Fermat. */
function inverse(a: bigint): bigint {
  let [result, base] = [1n, a % N];
  for (let exponent = N - 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % N;
    base = (base * base) % N;
  }
  return result;
}
