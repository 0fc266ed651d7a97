// SPDX-License-Identifier: GPL-3.0-or-later
import { expect } from "chai";

import { enrollClaim, foldClaim, identityCommitmentOf, stateHash, verifySignature } from "../../src/protocol/index.ts";
import type { CircuitInput, RefundTicket } from "../../src/protocol/index.ts";
import { ProverError } from "../../src/prover/index.ts";
import { toJson } from "../../src/wire/index.ts";
import type { EnrollRequestJson, FoldRequestJson, StateSignatureJson } from "../../src/wire/index.ts";
import {
  DEPOSIT,
  FakeChain,
  OTHER_POOL,
  PARAMETERS,
  POOL,
  codeOf,
  prove,
  secretOf,
  startProvider,
  verify,
  withFolder,
} from "./support/session-world.ts";
import { enrolledState, foldOf, proveTicket, refundOf, signState, stateAfter } from "./support/tickets.ts";

const isSigned = (state: bigint, answer: StateSignatureJson): boolean => {
  const { r8, s } = answer.signature;
  const signature = { r8: [BigInt(r8[0]), BigInt(r8[1])] as const, s: BigInt(s) };
  return BigInt(answer.state) === state && verifySignature(state, signature, PARAMETERS.providerKey);
};

describe("the gateway's enrolments", function () {
  this.timeout(60_000);
  let request: EnrollRequestJson;

  before(async () => {
    const path = await new FakeChain().pathOf(identityCommitmentOf(secretOf(0)));
    const claim = enrollClaim(POOL, secretOf(0), DEPOSIT, path);
    const [root, newState, enrollNullifier] = claim.publicSignals as [bigint, bigint, bigint];
    request = toJson({ root, newState, enrollNullifier, proof: (await prove("enroll", claim.input)).proof });
  });

  it("signs the first state of an account, durably, and gives the same answer for ever", () =>
    withFolder(async (path) => {
      const first = startProvider({ path: path("gateway") });
      const answer = await first.gateway.enroll(request);
      expect(isSigned(stateHash(POOL.poolHash, enrolledState(0).state), answer)).to.equal(true);
      expect(await first.gateway.enroll(request)).to.deep.equal(answer);
      await first.store.close();

      const second = startProvider({ path: path("gateway") });
      second.chain.finalRoots.clear();
      expect(await second.gateway.enroll(request)).to.deep.equal(answer);
      const { entries } = await second.gateway.publicFeed({ after: 0 });
      const { enrollNullifier: nullifier, root, newState: state, proof } = request;
      const { signature } = answer;
      expect(entries).to.deep.equal([{ kind: "enrolment", position: 1, nullifier, root, state, proof, signature }]);
    }));

  it("refuses a root that is unknown, not final, or 0 before it looks at the proof", async () => {
    let verified = 0;
    const counting: typeof verify = async (...values) => ((verified += 1), verify(...values));
    const { gateway, chain } = startProvider({ verify: counting });
    chain.finalRoots.add(0n);
    for (const root of ["0", "12345"])
      expect(await codeOf(gateway.enroll({ ...request, root }))).to.equal("ROOT_UNKNOWN");
    chain.finalRoots.clear();
    expect(await codeOf(gateway.enroll(request))).to.equal("ROOT_UNKNOWN");
    expect(verified).to.equal(0);
  });

  it("refuses a proof of something else, and a second state for one account", async () => {
    const { gateway, chain, store } = startProvider();
    chain.finalRoots.add(12345n);
    for (const change of [{ root: "12345" }, { newState: "1" }, { enrollNullifier: "1" }]) {
      expect(await codeOf(gateway.enroll({ ...request, ...change }))).to.equal("PROOF_INVALID");
    }
    expect(await store.feed(0, 10)).to.deep.equal([]);
    await gateway.enroll(request);
    expect(await codeOf(gateway.enroll({ ...request, newState: "1" }))).to.equal("ENROLMENT_CONFLICT");
  });

  it("signs one state when two for the same account come at once", async () => {
    const { gateway } = startProvider({ verify: async () => true });
    const states = ["1", "2", "1"];
    const results = await Promise.all(states.map((newState) => codeOf(gateway.enroll({ ...request, newState }))));
    expect(results.filter((code) => code === "ENROLMENT_CONFLICT")).to.have.length(1);
    expect((await gateway.publicFeed({ after: 0 })).entries).to.have.length(1);
  });
});

describe("the gateway's folds", function () {
  this.timeout(60_000);
  let refunds: readonly RefundTicket[];
  let request: FoldRequestJson;

  before(async () => {
    const tickets = await Promise.all([0, 1].map((index) => proveTicket(0, index)));
    refunds = tickets.map(({ nullifier }, index) => refundOf(nullifier, index, 70n));
    request = await foldOf(0, refunds);
  });

  const swapped = ({ foldNullifiers, ...rest }: FoldRequestJson): FoldRequestJson => {
    const [first = "", second = "", third = "", fourth = ""] = foldNullifiers;
    return { ...rest, foldNullifiers: [second, first, third, fourth] };
  };

  it("signs the folded state once, and gives the same signature to the same fold", () =>
    withFolder(async (path) => {
      const first = startProvider({ path: path("gateway") });
      const answer = await first.gateway.fold(request);
      expect(isSigned(stateAfter(0, refunds), answer)).to.equal(true);
      await first.store.close();
      const { gateway, store } = startProvider({ path: path("gateway") });
      expect(await gateway.fold(request)).to.deep.equal(answer);
      const stored = await store.decideFold(BigInt(request.newState), request.foldNullifiers.map(BigInt));
      expect(stored.kind === "signed" && toJson(stored.fold.proof)).to.deep.equal(request.proof);
      expect(stored).to.have.nested.property("fold.certified", 0n);
      const { entries } = await gateway.publicFeed({ after: 0 });
      const { signature } = answer;
      const { foldNullifiers: nullifiers, newState: state } = request;
      expect(entries).to.deep.equal([{ kind: "fold", position: 1, nullifiers, state, signature }]);
    }));

  it("refuses a proof of something else", async () => {
    const { gateway } = startProvider();
    expect(await codeOf(gateway.fold({ ...request, newState: "1" }))).to.equal("PROOF_INVALID");
    expect(await codeOf(gateway.fold(swapped(request)))).to.equal("PROOF_INVALID");
    expect((await gateway.publicFeed({ after: 0 })).entries).to.deep.equal([]);
  });

  it("folds no refund twice: another fold that shares a nullifier is refused whole", async () => {
    const { gateway, store } = startProvider({ verify: async () => true });
    await gateway.fold(request);
    const fork = (foldNullifiers: string[], newState: string): FoldRequestJson => ({
      ...request,
      foldNullifiers,
      newState,
    });
    const [shared = ""] = request.foldNullifiers;
    expect(await codeOf(gateway.fold(fork(["101", "102", "103", shared], "9")))).to.equal("FOLD_CONFLICT");
    expect(await codeOf(gateway.fold({ ...request, newState: "9" }))).to.equal("FOLD_CONFLICT");
    expect(await codeOf(gateway.fold(swapped(request)))).to.equal("FOLD_CONFLICT");
    expect(await store.decideFold(9n, [101n, 102n, 103n, 104n])).to.deep.equal({ kind: "new" });
    await gateway.fold(fork(["101", "102", "103", "104"], "9"));
    expect(await codeOf(gateway.fold(fork(["101", shared, "105", "106"], "9")))).to.equal("FOLD_CONFLICT");
  });

  it("signs one of two folds that share a refund and come at once", async () => {
    const { gateway } = startProvider({ verify: async () => true });
    const folds = ["7", "8"].map((newState, n) => ({
      ...request,
      newState,
      foldNullifiers: ["1", `1${n}`, `2${n}`, `3${n}`],
    }));
    const codes = await Promise.all(folds.map((body) => codeOf(gateway.fold(body))));
    expect(codes.sort()).to.deep.equal(["FOLD_CONFLICT", "no error"]);
  });

  it("has no proof for a refund of another account, of another pool, twice in one fold, or changed", async () => {
    const [first, second] = refunds as [RefundTicket, RefundTicket];
    const others = await proveTicket(1, 1);
    const mine = await proveTicket(0, 1);
    const good = foldClaim(POOL, enrolledState(0), [first, second]).input;
    const withSecond = (ticket: RefundTicket): CircuitInput => foldClaim(POOL, enrolledState(0), [first, ticket]).input;
    const fold = (name: string, slot: number, value: bigint): CircuitInput => {
      const changed = [...(good[name] as readonly bigint[])];
      changed[slot] = value;
      return { ...good, [name]: changed };
    };
    const twice = {
      ...good,
      indices: [0n, 0n, 0n, 0n],
      refundR8: [first.signature.r8, first.signature.r8, ...(good["refundR8"] as bigint[][]).slice(2)],
      refundS: [first.signature.s, first.signature.s, 0n, 0n],
    };
    const inputs: Record<string, CircuitInput> = {
      "another account's": withSecond(refundOf(others.nullifier, 1, 70n)),
      "another pool's": withSecond(refundOf(mine.nullifier, 1, 70n, OTHER_POOL)),
      "the same ticket twice": twice,
      "a greater refund": fold("refundedCharges", 1, 80n),
      "another ticket's refund": fold("indices", 1, 2n),
      "a state that is not signed": { ...good, budget: DEPOSIT + 1n },
      "another pool's state": foldClaim(
        POOL,
        { ...enrolledState(0), signature: signState(enrolledState(0).state, OTHER_POOL).signature },
        [first],
      ).input,
    };
    for (const [name, input] of Object.entries(inputs)) {
      const outcome = await prove("fold", input).catch((error: unknown) => error);
      expect(outcome, name).to.be.instanceOf(ProverError);
    }
  });
});
