// SPDX-License-Identifier: GPL-3.0-or-later
import { expect } from "chai";

import { OFF_CURVE, l } from "../vectors/model/curve.ts";
import { modulo, p } from "../vectors/model/hash.ts";
import { coverKeysOf, hashOf, polynomialOf } from "../vectors/model/protocol.ts";
import type { State } from "../vectors/model/protocol.ts";
import { UNSIGNED, close } from "../vectors/model/statements.ts";
import type { CloseTerms, Input, Statement } from "../vectors/model/statements.ts";
import { Attacker } from "./attacker.ts";
import {
  DEPOSIT,
  RECIPIENT,
  alice,
  bob,
  otherPool,
  others,
  outside,
  pool,
  secret,
  sign,
  signed,
  stranger,
} from "./world.ts";

const { poolHash } = pool;
const CHARGES = 5_000n;
const HOLDS = 700n;
/** j with another nibble on every level. */
const J = 0x1a5e;

const terms = (changes: Partial<CloseTerms> = {}): CloseTerms => ({
  deposit: DEPOSIT,
  firstUnused: J,
  refundedCharges: CHARGES,
  refundedHolds: HOLDS,
  recipient: RECIPIENT,
  relayer: "0x2222222222222222222222222222222222222222",
  fee: 3n,
  deadline: 2_000_000_000n,
  ...changes,
});
const NOTHING = { refundedCharges: 0n, refundedHolds: 0n };

describe("circuits/close", function () {
  this.timeout(60_000);
  let attacker: Attacker;
  const { state, signature } = signed({ budget: DEPOSIT + CHARGES + HOLDS, returnedHolds: HOLDS });
  const good = close(pool, state, signature, terms());
  const claim = (changes: Partial<CloseTerms>, from: State = state): ReturnType<typeof close> =>
    close(pool, from, sign(from), terms(changes));

  const accepts = ({ input, answer }: Statement): void => {
    expect(attacker.circuit.accept(input).publicSignals).to.deep.equal(answer);
  };

  before(async function () {
    this.timeout(120_000);
    attacker = await Attacker.load("close");
  });

  it("gives the commitment that the model computes, and takes the model's cover keys for j in every corner", () => {
    const corners = [
      0, 1, 15, 16, 17, 240, 255, 256, 4_095, 4_096, 0x0f0f, 0xf0f0, 61_440, 65_519, 65_534, 65_535, 65_536,
    ];
    for (const firstUnused of [...corners, 12_345, 54_321]) accepts(claim({ firstUnused }));
  });

  it("computes the same as the attacker's program when nobody lies", () => {
    const { values, broken } = attacker.tell(good.input);
    expect(broken).to.deep.equal([]);
    expect(values.slice(1, 10)).to.deep.equal(good.answer);
  });

  describe("C1: the pool hash", () => {
    it("refuses another Π, other terms, another provider's key", () => {
      attacker.refuses({ ...good.input, poolTerms: otherPool.poolTerms }, "C1", "", 1);
      const forged = stranger.sign(hashOf(poolHash, state));
      attacker.refuses(close({ ...pool, key: stranger.key }, state, forged, terms()).input, "C1", "", 1);
      const elsewhere = close(otherPool, state, sign(state, otherPool), terms()).input;
      attacker.circuit.accept(elsewhere);
      attacker.refuses({ ...elsewhere, poolTerms: pool.poolTerms }, "C1", "", 1);
    });
  });

  describe("C2: the state", () => {
    it("refuses claims on a state without a signature, with another provider's, with s >= l, with R8 off the curve", () => {
      attacker.refuses(close(pool, state, UNSIGNED, terms()).input, "C2", "Signed");
      attacker.refuses(close(pool, state, stranger.sign(hashOf(poolHash, state)), terms()).input, "C2", "Signed");
      attacker.refuses({ ...good.input, stateS: signature.s + l }, "C2", "Signed", 1);
      attacker.refuses({ ...good.input, stateR8: OFF_CURVE }, "C2", "BabyCheck", 4);
    });

    it("refuses a state of another k or pool, and one with a richer content than was signed", () => {
      attacker.refuses(close(pool, { ...state, k: bob }, signature, terms()).input, "C2", "Signed");
      attacker.refuses(close(pool, state, sign(state, otherPool), terms()).input, "C2", "Signed");
      for (const change of [{ budget: state.budget + 1n }, { returnedHolds: HOLDS + 1n }, { rho: 0n }]) {
        attacker.refuses(close(pool, { ...state, ...change }, signature, terms()).input, "C2", "Signed");
      }
    });

    it("needs a signature for the smallest claim of either kind", () => {
      for (const claims of [
        { refundedCharges: 1n, refundedHolds: 0n },
        { refundedCharges: 0n, refundedHolds: 1n },
      ]) {
        attacker.refuses(close(pool, state, UNSIGNED, terms(claims)).input, "C2", "Signed");
      }
    });

    it("takes a claim of nothing with any state, signed or not", () => {
      accepts(claim(NOTHING));
      accepts(close(pool, { k: alice, budget: DEPOSIT, returnedHolds: 0n, rho: 0n }, UNSIGNED, terms(NOTHING)));
      accepts(close(pool, { ...state, rho: 5n }, { ...signature, s: 77n }, terms({ ...NOTHING, firstUnused: 0 })));
    });

    it("takes an unsigned state when it is the certified one, and refuses any other certified state", () => {
      accepts(close(pool, state, UNSIGNED, terms({ certified: hashOf(poolHash, state) })));
      const others = [1n, p - 1n, hashOf(poolHash, { ...state, rho: 0n }), hashOf(otherPool.poolHash, state)];
      for (const certified of others) {
        attacker.refuses(close(pool, state, signature, terms({ certified })).input, "C2", "", 1);
        attacker.refuses(close(pool, state, UNSIGNED, terms({ ...NOTHING, certified })).input, "C2", "", 1);
      }
    });

    it("refuses an unsigned claim with the flags that ask for a signature turned off", () => {
      const { witness } = attacker.tell(close(pool, state, UNSIGNED, terms()).input);
      for (const flags of [
        { needsSignature: 0n },
        { isUncertified: 0n, needsSignature: 0n },
        { claimsNothing: 1n, needsSignature: 0n },
        { certified: hashOf(poolHash, { ...state, rho: 0n }), isUncertified: 0n, needsSignature: 0n },
      ]) {
        witness.edit(flags).assertBroken();
      }
    });
  });

  describe("C3: the claimed refunds", () => {
    it("takes both sums to the unit, and either rounded down", () => {
      for (const [refundedCharges, refundedHolds] of [
        [CHARGES, 0n],
        [0n, HOLDS],
        [CHARGES - 1n, HOLDS - 1n],
        [1n, 1n],
      ] as const) {
        accepts(claim({ refundedCharges, refundedHolds }));
      }
    });

    it("refuses one unit more of either, even when less of the other is claimed", () => {
      for (const [refundedCharges, refundedHolds] of [
        [CHARGES + 1n, HOLDS],
        [CHARGES + 1n, 0n],
        [CHARGES, HOLDS + 1n],
        [0n, HOLDS + 1n],
        [0n, CHARGES + HOLDS],
        [CHARGES + HOLDS, 0n],
      ] as const) {
        attacker.refuses(claim({ refundedCharges, refundedHolds }).input, "C3", "AssertBits", 1);
      }
    });

    it("refuses another D under which more were refunded", () => {
      attacker.refuses(claim({ deposit: DEPOSIT + 1n }).input, "C3", "AssertBits", 1);
      const witness = attacker.circuit.accept(good.input);
      for (const deposit of [DEPOSIT - 1n, DEPOSIT + 1n, 0n, 2n ** 96n - 1n]) witness.edit({ deposit }).assertBroken();
    });

    it("takes refunds of 2^120 - 1 where a state holds them, and refuses 2^120 and p - 1", () => {
      const most = 2n ** 120n - 1n;
      accepts(claim({ refundedCharges: most }, { ...state, budget: DEPOSIT + most + HOLDS }));
      accepts(claim({ refundedHolds: most }, { ...state, budget: DEPOSIT + CHARGES + most, returnedHolds: most }));
      for (const amount of outside(120)) {
        const charged = { ...state, budget: modulo(DEPOSIT + amount + HOLDS) };
        attacker.refuses(claim({ refundedCharges: amount }, charged).input, "C3", "AssertBits");
        const held = { ...state, budget: modulo(DEPOSIT + CHARGES + amount), returnedHolds: amount };
        attacker.refuses(claim({ refundedHolds: amount }, held).input, "C3", "AssertBits");
      }
    });

    it("refuses refunds that add up to 0 modulo p, which would need no signature", () => {
      const input = close(pool, state, UNSIGNED, terms({ refundedCharges: CHARGES, refundedHolds: p - CHARGES })).input;
      expect(attacker.tell(input).witness.valueOf("claimsNothing")).to.equal(1n);
      attacker.refuses(input, "C3", "AssertBits");
      attacker.refuses(
        close(pool, state, UNSIGNED, terms({ refundedCharges: p - HOLDS, refundedHolds: HOLDS })).input,
        "C3",
        "AssertBits",
      );
    });

    it("refuses an invented unsigned state below the deposit, with wrapped amounts", () => {
      for (const change of [{ budget: DEPOSIT - 1n }, { budget: p - 1n }, { budget: DEPOSIT, returnedHolds: p - 1n }]) {
        const invented = { k: alice, returnedHolds: 0n, rho: 0n, ...change };
        attacker.refuses(close(pool, invented, UNSIGNED, terms(NOTHING)).input, "C3", "AssertBits");
      }
    });
  });

  describe("C4: the cover keys", () => {
    /** The close's polynomial at its own z, for other slots. */
    const withSlots = (slots: readonly bigint[]): Input => ({
      ...good.input,
      e: polynomialOf(slots, good.input["z"] as bigint),
    });

    it("refuses j > 65,536", () => {
      for (const j of [65_537n, 65_536n + BigInt(J), 2n ** 17n - 1n, 2n ** 17n, 2n ** 17n + BigInt(J), p - 1n]) {
        attacker.refuses({ ...good.input, firstUnused: j }, "C4", "CoverKeys", 40);
      }
    });

    it("refuses slots that are those of another j, one too low or one too high among them", () => {
      for (const j of [J - 1, J + 1, J - 16, 0, 65_535, 65_536]) {
        attacker.refuses(withSlots(coverKeysOf(alice, poolHash, j)), "C4", "", 1);
        const theirs = attacker.circuit.accept(claim({ firstUnused: j }).input);
        theirs.edit({ firstUnused: BigInt(J) }).assertBroken();
      }
    });

    it("refuses slots of another account or pool", () => {
      attacker.refuses(withSlots(coverKeysOf(bob, poolHash, J)), "C4", "", 1);
      attacker.refuses(withSlots(coverKeysOf(alice, otherPool.poolHash, J)), "C4", "", 1);
    });

    it("refuses each slot changed, left out, filled where it must be empty, or swapped with its neighbour", () => {
      for (let slot = 0; slot < 64; slot += 7) {
        const key = good.slots[slot] as bigint;
        for (const other of [key + 1n, 0n, secret("a key")]) {
          if (other === key) continue;
          attacker.refuses(withSlots(good.slots.map((each, at) => (at === slot ? other : each))), "C4", "", 1);
        }
      }
      const swapped = [...good.slots];
      [swapped[62], swapped[63]] = [good.slots[63] as bigint, good.slots[62] as bigint];
      attacker.refuses(withSlots(swapped), "C4", "", 1);
    });

    it("refuses another z, and with it another recipient, relayer, fee or deadline", () => {
      const witness = attacker.circuit.accept(good.input);
      for (const change of [
        { recipient: terms().relayer },
        { relayer: RECIPIENT },
        { fee: 4n },
        { deadline: 2_000_000_001n },
      ]) {
        const z = claim(change).input["z"] as bigint;
        expect(z).not.to.equal(good.input["z"]);
        witness.edit({ z }).assertBroken();
      }
      for (const z of [0n, 1n, p - 1n]) witness.edit({ z }).assertBroken();
      for (const e of others(good.input["e"] as bigint)) witness.edit({ e }).assertBroken();
    });

    it("refuses a cover of nothing for j below 65,536, and a cover of something for 65,536", () => {
      attacker.refuses({ ...good.input, e: 0n }, "C4", "", 1);
      const all = claim({ firstUnused: 65_536 });
      expect(all.slots).to.deep.equal(new Array<bigint>(64).fill(0n));
      attacker.refuses({ ...all.input, e: 1n }, "C4", "", 1);
    });

    it("refuses the way down moved to another child on any level, with the nodes that follow from it", () => {
      const witness = attacker.circuit.accept(good.input);
      const covers = attacker.circuit.signalsLike(/^CoverKeys\w+\.onPath\[0\]\[0\]$/)[0]?.split(".")[0] as string;
      const digits = J.toString(16).padStart(4, "0");
      for (let above = 0; above < 4; above++) {
        const step = parseInt(digits[above] as string, 16);
        for (const child of [(step + 1) % 16, (step + 15) % 16]) {
          const moved = { [`${covers}.onPath[${above}][${step}]`]: 0n, [`${covers}.onPath[${above}][${child}]`]: 1n };
          witness.edit(moved).assertBroken();
          if (above === 3) continue;
          const key = witness.valueOf(`${covers}.children[${above}][${child}]`);
          const chosen = { [`${covers}.chosen[${above}][${step}]`]: 0n, [`${covers}.chosen[${above}][${child}]`]: key };
          witness.edit({ ...moved, ...chosen }).assertBroken();
          witness.edit({ ...chosen, [`${covers}.nodes[${above + 1}]`]: key }).assertBroken();
        }
      }
    });
  });

  it("refuses the commitment of another account", () => {
    const witness = attacker.circuit.accept(good.input);
    const theirs = close(pool, { ...state, k: bob }, signature, terms()).answer[0] as bigint;
    for (const identityCommitment of [theirs, 0n, 1n]) witness.edit({ identityCommitment }).assertBroken();
  });

  it("refuses every change to its public signals, flags, bits, one-hot marks, children, slots and state", () => {
    const names = attacker.circuit
      .signalsLike(
        /^(identity\w+|deposit|firstUnused|refunded\w+|certified|isUncertified|claimsNothing|needsSignature|z|e|poolHash|poolTerms|providerKey.*|budget|returnedHolds|rho|state\w*.*|ticketRoot|slots.*|horner.*|CoverKeys\w+\.(bits|onPath|children|chosen|nodes|NibbleOneHot).*)$/,
      )
      .filter((name) => !name.includes("Poseidon"));
    expect(names.length).to.be.greaterThan(350);
    attacker.refusesEdits(attacker.circuit.accept(good.input), names, others);
  });
});
