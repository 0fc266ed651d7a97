// SPDX-License-Identifier: GPL-3.0-or-later
/** Closes with the provider's consent, with real proofs and real signatures. */
import { expect } from "chai";

import { signCloseConsent } from "../../src/chain/index.ts";
import type { CloseRequest } from "../../src/chain/index.ts";
import { describePool } from "../../src/protocol/index.ts";
import { withReferee } from "./support/referee.ts";
import {
  D,
  DEADLINE,
  FEE,
  HOLD,
  LIFETIME,
  RECIPIENT,
  RELAYER,
  S,
  WATCHER,
  WINDOW,
  alice,
  bob,
  closeArgument,
  ethers,
  networkHelpers,
} from "./support/settlement-world.ts";
import type { SettlementWorld } from "./support/settlement-world.ts";

describe("A close with the provider's consent", function () {
  this.timeout(120_000);
  const world = withReferee();

  const consentTo = (w: SettlementWorld, request: CloseRequest, deadline = DEADLINE): Promise<string> =>
    signCloseConsent(w.provider, w.description, request, deadline);

  const refusal = (w: SettlementWorld, request: CloseRequest, signature: string, error: string, deadline = DEADLINE) =>
    expect(w.settlement.closeWithConsent(closeArgument(request), deadline, signature)).to.be.revertedWithCustomError(
      w.settlement,
      error,
    );

  it("is paid at once, and never again", async () => {
    const { w, referee } = world();
    const { middle } = w.proofs;
    const signature = await consentTo(w, middle);
    await w.settlement.connect(w.stranger).closeWithConsent(closeArgument(middle), DEADLINE, signature);
    referee.noteClose(middle);
    referee.notePayout(alice);
    expect(referee.received(RECIPIENT)).to.equal(D + S - 20n * HOLD + 168_000n - FEE);
    expect(referee.received(RELAYER)).to.equal(FEE);
    await refusal(w, middle, signature, "AccountNotOpen");
  });

  it("pays the stake of an expired account at once", async () => {
    const { w, referee } = world();
    await networkHelpers.time.increase(LIFETIME);
    await referee.expire(alice);
    const { fresh } = w.proofs;
    await w.settlement.closeWithConsent(closeArgument(fresh), DEADLINE, await consentTo(w, fresh));
    referee.noteClose(fresh);
    referee.notePayout(alice);
    expect(referee.received(RECIPIENT)).to.equal(S);
  });

  it("is refused when somebody else has signed, or nobody", async () => {
    const { w } = world();
    const { middle } = w.proofs;
    for (const signer of [w.user, w.stranger]) {
      await refusal(w, middle, await signCloseConsent(signer, w.description, middle, DEADLINE), "ConsentRefused");
    }
    const signature = await consentTo(w, middle);
    const otherS = ethers.toBeHex(
      0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n - BigInt(`0x${signature.slice(66, 130)}`),
      32,
    );
    const otherV = signature.endsWith("1b") ? "1c" : "1b";
    const otherForm = `${signature.slice(0, 66)}${otherS.slice(2)}${otherV}`;
    for (const broken of ["0x", signature.slice(0, -2), `${signature}00`, otherForm]) {
      await refusal(w, middle, broken, "ConsentRefused");
    }
  });

  it("is refused after the consent's deadline, and with another deadline than was signed", async () => {
    const { w } = world();
    const { middle } = w.proofs;
    // Far enough that no slow machine gets there while it makes the proofs.
    const soon = BigInt(await networkHelpers.time.latest()) + 3_600n;
    const signature = await consentTo(w, middle, soon);
    await refusal(w, middle, signature, "ConsentRefused", soon + 1n);
    await networkHelpers.time.increaseTo(soon);
    await refusal(w, middle, signature, "ConsentDeadlinePassed", soon);
    await refusal(w, middle, signature, "ConsentRefused", DEADLINE);
  });

  const changes: [string, Partial<CloseRequest>][] = [
    ["another account", { identityCommitment: bob }],
    ["another j", { firstUnused: 19n }],
    ["other refunds of charges", { refundedCharges: 150_001n }],
    ["other returned holds", { refundedHolds: 18_001n }],
    ["another recipient", { recipient: WATCHER }],
    ["another relayer", { relayer: WATCHER }],
    ["another fee", { fee: FEE + 1n }],
    ["another deadline", { deadline: DEADLINE - 1n }],
  ];
  for (const [what, change] of changes) {
    it(`is refused for ${what} than the provider consented to, and without a proof when it did`, async () => {
      const { w } = world();
      const changed = { ...w.proofs.middle, ...change };
      await refusal(w, changed, await consentTo(w, w.proofs.middle), "ConsentRefused");
      await refusal(w, changed, await consentTo(w, changed), "ProofRefused");
    });
  }

  it("is refused for other cover keys, and for a certified state", async () => {
    const { w } = world();
    const { middle } = w.proofs;
    const coverKeys = middle.coverKeys.map((key, slot) => (slot === 40 ? key + 1n : key));
    await refusal(w, { ...middle, coverKeys }, await consentTo(w, middle), "ConsentRefused");
    await refusal(w, { ...middle, coverKeys }, await consentTo(w, { ...middle, coverKeys }), "ProofRefused");
    const certified = { ...middle, certified: 1n };
    await refusal(w, certified, await consentTo(w, middle), "ConsentRefused");
    await refusal(w, certified, await consentTo(w, certified), "StateNotCertified");
  });

  it("is refused when the consent was given in another pool or on another chain", async () => {
    const { w } = world();
    const { middle } = w.proofs;
    const { chainId, address, parameters } = w.description;
    for (const elsewhere of [
      describePool(chainId, await w.second.pool.getAddress(), parameters),
      describePool(chainId + 1n, address, parameters),
    ]) {
      await refusal(w, middle, await signCloseConsent(w.provider, elsewhere, middle, DEADLINE), "ConsentRefused");
    }
  });

  it("asks a provider that is a contract, and believes it alone", async () => {
    const { w, referee } = world();
    const { middle } = w.proofs;
    const signature = await consentTo(w, middle);
    const model = await ethers.deployContract("ContractProvider");
    await networkHelpers.setCode(w.provider.address, await ethers.provider.getCode(model));
    await refusal(w, middle, signature, "ConsentRefused");
    const provider = await ethers.getContractAt("ContractProvider", w.provider.address);
    await provider.getFunction("consent")(await w.settlement.consentDigestOf(closeArgument(middle), DEADLINE));
    await refusal(w, w.proofs.older, "0x", "ConsentRefused");
    await w.settlement.closeWithConsent(closeArgument(middle), DEADLINE, "0x");
    referee.noteClose(middle);
    referee.notePayout(alice);
  });

  it("is not held up when somebody sends the same close without the consent first", async () => {
    const { w, referee } = world();
    const { middle } = w.proofs;
    const signature = await consentTo(w, middle);
    await referee.startClose(middle);
    await w.settlement.closeWithConsent(closeArgument(middle), DEADLINE, signature);
    referee.notePayout(alice);
    expect(referee.received(RECIPIENT)).to.equal(D + S - 20n * HOLD + 168_000n - FEE);
    await refusal(w, middle, signature, "AccountNotOpen");
  });

  it("cannot put another close in the place of a pending one", async () => {
    const { w, referee } = world();
    const { middle, older } = w.proofs;
    await referee.startClose(middle);
    await refusal(w, older, await consentTo(w, older), "CloseIsPending");
    await networkHelpers.time.increase(WINDOW);
    await referee.finalizeClose(alice);
  });
});
