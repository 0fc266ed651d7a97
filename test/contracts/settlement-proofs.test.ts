// SPDX-License-Identifier: GPL-3.0-or-later
/** What the real proofs bind: every field of a request, every public signal, every coordinate; and what the verifiers do when gas runs short. */
import { expect } from "chai";

import type { CloseRequest } from "../../src/chain/index.ts";
import { FIELD_MODULUS, closeChallenge, compressSlots, slashContext } from "../../src/protocol/index.ts";
import type { Proof } from "../../src/protocol/index.ts";
import { withReferee } from "./support/referee.ts";
import {
  C,
  D,
  DEADLINE,
  FEE,
  P,
  RELAYER,
  WATCHER,
  alice,
  bob,
  closeArgument,
  ethers,
  slashArguments,
} from "./support/settlement-world.ts";
import type { SettlementWorld } from "./support/settlement-world.ts";

/** The order of BN254's base field, which coordinates are below. */
const Q = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;

const refusal = (
  w: SettlementWorld,
  changes: Partial<CloseRequest>,
  error: string,
  from: CloseRequest = w.proofs.middle,
) =>
  expect(w.settlement.startClose.staticCall(closeArgument(from, changes))).to.be.revertedWithCustomError(
    w.settlement,
    error,
  );

const NOTHING: Proof = {
  a: [0n, 0n],
  b: [
    [0n, 0n],
    [0n, 0n],
  ],
  c: [0n, 0n],
};

const coordinates = ({ a, b, c }: Proof): bigint[] => [...a, ...b[0], ...b[1], ...c];
const proofOf = (n: readonly bigint[]): Proof => {
  const [a0, a1, b00, b01, b10, b11, c0, c1] = n as [bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint];
  return {
    a: [a0, a1],
    b: [
      [b00, b01],
      [b10, b11],
    ],
    c: [c0, c1],
  };
};

/** Forms of a proof that must not hold, by name. */
function* broken(proof: Proof): Generator<[string, Proof]> {
  yield ["the zero proof", NOTHING];
  yield ["A and C swapped", { ...proof, a: proof.c, c: proof.a }];
  yield [
    "B in snarkjs' own order",
    {
      ...proof,
      b: [
        [proof.b[0][1], proof.b[0][0]],
        [proof.b[1][1], proof.b[1][0]],
      ],
    },
  ];
  yield ["A negated", { ...proof, a: [proof.a[0], Q - proof.a[1]] }];
  yield ["C negated", { ...proof, c: [proof.c[0], Q - proof.c[1]] }];
  yield ["A at infinity", { ...proof, a: [0n, 0n] }];
  yield ["B at infinity", { ...proof, b: NOTHING.b }];
  yield ["C at infinity", { ...proof, c: [0n, 0n] }];
  const all = coordinates(proof);
  for (const [position] of all.entries()) {
    const change = (value: (old: bigint) => bigint): Proof =>
      proofOf(all.map((old, at) => (at === position ? value(old) : old)));
    yield [`coordinate ${position} moved off the curve`, change((old) => (old + 1n) % Q)];
    yield [`coordinate ${position} with the modulus added`, change((old) => old + Q)];
    yield [`coordinate ${position} of 2^256 - 1`, change(() => ethers.MaxUint256)];
  }
}

describe("The proof of a close", function () {
  this.timeout(120_000);
  const world = withReferee();

  it("is bound to recipient, relayer, fee and deadline, so that a copied close pays nobody else", async () => {
    const { w } = world();
    const copies: Partial<CloseRequest>[] = [
      { recipient: WATCHER },
      { relayer: WATCHER },
      { relayer: ethers.ZeroAddress, fee: 0n },
      { fee: FEE + 1n },
      { fee: 0n },
      { deadline: DEADLINE + 1n },
      { recipient: RELAYER, relayer: w.proofs.middle.recipient },
    ];
    for (const copy of copies) await refusal(w, copy, "ProofRefused");
  });

  it("is bound to j and to both refunds", async () => {
    const { w } = world();
    for (const change of [
      { firstUnused: 19n },
      { firstUnused: 21n },
      { firstUnused: 65_536n },
      { refundedCharges: 150_001n },
      { refundedCharges: 149_999n },
      { refundedHolds: 18_001n },
      { refundedHolds: 0n },
      { refundedCharges: 149_999n, refundedHolds: 18_001n },
    ]) {
      await refusal(w, change, "ProofRefused");
    }
  });

  it("is bound to every one of the 64 cover keys", async () => {
    const { w } = world();
    for (const from of [w.proofs.fresh, w.proofs.exhausted]) {
      for (let slot = 0; slot < 64; slot++) {
        const changed = from.coverKeys.map((key, at) => (at === slot ? (key + 1n) % FIELD_MODULUS : key));
        await refusal(w, { coverKeys: changed }, "ProofRefused", from);
      }
    }
    const shown = w.proofs.middle.coverKeys;
    await refusal(w, { coverKeys: [...shown].reverse() }, "ProofRefused");
    await refusal(w, { coverKeys: shown.map(() => 0n) }, "ProofRefused");
    await refusal(w, { coverKeys: w.proofs.fresh.coverKeys }, "ProofRefused");
  });

  it("takes one form of each cover key: the same with p added is refused in every slot", async () => {
    const { w } = world();
    for (let slot = 0; slot < 64; slot++) {
      const changed = w.proofs.middle.coverKeys.map((key, at) => (at === slot ? key + FIELD_MODULUS : key));
      await refusal(w, { coverKeys: changed }, "CoverKeyOutOfField");
    }
  });

  it("is of no use for another account, nor in another pool", async () => {
    const { w } = world();
    await refusal(w, { identityCommitment: bob }, "ProofRefused");
    for (const close of [w.proofs.fresh, w.proofs.exhausted]) {
      await expect(w.second.settlement.startClose(closeArgument(close))).to.be.revertedWithCustomError(
        w.second.settlement,
        "ProofRefused",
      );
    }
  });

  it("cannot claim a certified state, nor more refunds than j tickets could give", async () => {
    const { w } = world();
    for (const certified of [1n, FIELD_MODULUS, ethers.MaxUint256])
      await refusal(w, { certified }, "StateNotCertified");
    await refusal(w, { refundedCharges: 20n * C + 1n }, "RefundedChargesOutOfRange");
    await refusal(w, { refundedHolds: 20n * P + 1n }, "RefundedHoldsOutOfRange");
    await refusal(w, { refundedCharges: 1n }, "RefundedChargesOutOfRange", w.proofs.fresh);
    await refusal(w, { refundedHolds: 1n }, "RefundedHoldsOutOfRange", w.proofs.fresh);
  });

  it("takes one form of each number: the same with p added is refused", async () => {
    const { w } = world();
    const { identityCommitment, firstUnused, refundedCharges, refundedHolds } = w.proofs.middle;
    await refusal(w, { identityCommitment: identityCommitment + FIELD_MODULUS }, "AccountNotOpen");
    await refusal(w, { firstUnused: firstUnused + FIELD_MODULUS }, "FirstUnusedOutOfRange");
    await refusal(w, { refundedCharges: refundedCharges + FIELD_MODULUS }, "RefundedChargesOutOfRange");
    await refusal(w, { refundedHolds: refundedHolds + FIELD_MODULUS }, "RefundedHoldsOutOfRange");
  });

  it("holds in no other form: off the curve, zero, swapped, negated, with a modulus added", async () => {
    const { w } = world();
    for (const [name, proof] of broken(w.proofs.middle.proof)) {
      await expect(
        w.settlement.startClose.staticCall(closeArgument(w.proofs.middle, { proof })),
        name,
      ).to.be.revertedWithCustomError(w.settlement, "ProofRefused");
    }
    for (const proof of [w.proofs.fresh.proof, w.proofs.ticket20.proof]) await refusal(w, { proof }, "ProofRefused");
  });

  it("starts the same close, and no second one, in the other form that Groth16 allows", async () => {
    const { w, referee } = world();
    const { a, b, c } = w.proofs.middle.proof;
    // e(−A, −B) = e(A, B).
    const twin: Proof = { a: [a[0], Q - a[1]], b: [b[0], [Q - b[1][0], Q - b[1][1]]], c };
    await referee.startClose({ ...w.proofs.middle, proof: twin });
    await refusal(w, {}, "CloseIsPending");
    await referee.finalizeAfterWindow(alice);
    await refusal(w, {}, "AccountNotOpen");
  });
});

describe("The proof of a slash", function () {
  this.timeout(120_000);
  const world = withReferee();

  it("takes one form of each number: the same with p added is refused", async () => {
    const { w } = world();
    const { ticket20 } = w.proofs;
    const forms: [string, Partial<typeof ticket20>][] = [
      ["AccountNotOpen", { identityCommitment: ticket20.identityCommitment + FIELD_MODULUS }],
      ["NullifierOutOfField", { nullifier: ticket20.nullifier + FIELD_MODULUS }],
    ];
    for (const [error, changes] of forms) {
      await expect(w.settlement.slash.staticCall(...slashArguments(ticket20, changes))).to.be.revertedWithCustomError(
        w.settlement,
        error,
      );
    }
  });

  it("holds in no other form: off the curve, zero, swapped, negated, with a modulus added", async () => {
    const { w } = world();
    for (const [name, proof] of broken(w.proofs.ticket20.proof)) {
      await expect(
        w.settlement.slash.staticCall(...slashArguments(w.proofs.ticket20, { proof })),
        name,
      ).to.be.revertedWithCustomError(w.settlement, "ProofRefused");
    }
  });
});

describe("The verifiers themselves", function () {
  this.timeout(120_000);
  const world = withReferee();

  interface Question {
    readonly name: string;
    /** The public signals that the proof holds for. */
    readonly signals: readonly bigint[];
    /** The verifier's answer about the proof and these signals; undefined when it fails. */
    readonly ask: (signals: readonly bigint[], gasLimit?: bigint) => Promise<boolean | undefined>;
  }

  /** What the settlement asks for two requests of this file. */
  function questionsOf(w: SettlementWorld): Question[] {
    const { middle, ticket20 } = w.proofs;
    const { poolHash } = w.description;
    const question = (name: "close" | "slash", { a, b, c }: Proof, signals: readonly bigint[]): Question => {
      const types = `uint256[2], uint256[2][2], uint256[2], uint256[${signals.length}]`;
      const verifier = new ethers.Interface([`function verifyProof(${types}) view returns (bool)`]);
      return {
        name,
        signals,
        async ask(asked, gasLimit = 1_000_000n) {
          const data = verifier.encodeFunctionData("verifyProof", [a, b, c, asked]);
          const answer = await w.client.provider.call({ to: w.verifiers[name], data, gasLimit }).catch(() => undefined);
          return answer === undefined ? undefined : BigInt(answer) === 1n;
        },
      };
    };
    const z = closeChallenge(poolHash, alice, middle.coverKeys, middle);
    const { firstUnused, refundedCharges, refundedHolds, coverKeys } = middle;
    const stated = [alice, D, firstUnused, refundedCharges, refundedHolds, 0n];
    return [
      question("close", middle.proof, [...stated, z, compressSlots(coverKeys, z), poolHash]),
      question("slash", ticket20.proof, [alice, ticket20.nullifier, slashContext(poolHash, WATCHER), poolHash]),
    ];
  }

  it("say no to every public signal that is changed, or that has p or 2p added to it", async () => {
    for (const { name, signals, ask } of questionsOf(world().w)) {
      expect(await ask(signals), name).to.equal(true);
      for (const [position, signal] of signals.entries()) {
        const others = [signal + FIELD_MODULUS, signal + 2n * FIELD_MODULUS, (signal + 1n) % FIELD_MODULUS];
        for (const other of [...others, ethers.MaxUint256]) {
          const asked = signals.map((old, at) => (at === position ? other : old));
          expect(await ask(asked), `${name}, signal ${position}`).to.equal(false);
        }
      }
    }
  });

  it("say no or fail, and never yes, to a wrong statement with any amount of gas", async () => {
    for (const { name, signals, ask } of questionsOf(world().w)) {
      const answers = new Set<boolean | undefined>();
      for (let gas = 30_000n; gas <= 600_000n; gas += 8_000n) {
        const wrong = [(signals[0] ?? 0n) + 1n, ...signals.slice(1)];
        expect(await ask(wrong, gas), `${name}, ${gas} gas`).not.to.equal(true);
        answers.add(await ask(signals, gas));
      }
      // This is why every caller requires true: short of gas, the verifier denies a proof that holds.
      expect(answers.has(false) && answers.has(true), name).to.equal(true);
    }
  });

  it("are refused by the factory where they are of another number of signals", async () => {
    const { w } = world();
    const { settlement, disputes } = await w.factory.ruleDeployers();
    const PoseidonT3 = await (await ethers.deployContract("PoseidonT3")).getAddress();
    const LeanIMT = await (await ethers.deployContract("LeanIMT", [], { libraries: { PoseidonT3 } })).getAddress();
    const libraries = { PoseidonT3, LeanIMT };
    // Slash and request take 4 signals each, fold and refund 7: what their code is the deployment compares.
    const signals = { close: 9, slash: 4, fold: 7, request: 4, refund: 7 };
    const names = Object.keys(signals) as (keyof typeof signals)[];
    const pairs = names.flatMap((name) => names.map((other) => [name, other] as const));
    const wrong = pairs.filter(([name, other]) => signals[name] !== signals[other]);
    expect(wrong).to.have.lengthOf(16);
    for (const [name, other] of wrong) {
      const verifiers = { ...w.verifiers, [name]: w.verifiers[other] };
      await expect(
        ethers.deployContract("CreditPoolFactory", [{ settlement, disputes }, verifiers], { libraries }),
        `${other} for ${name}`,
      )
        .to.be.revertedWithCustomError(w.factory, "VerifierRefused")
        .withArgs(w.verifiers[other]);
    }
  });
});
