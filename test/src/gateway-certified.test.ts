// SPDX-License-Identifier: GPL-3.0-or-later
import { DatabaseSync } from "node:sqlite";

import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { SqliteStore } from "../../src/gateway/index.ts";
import type { FoldChallenge, ObservedFold } from "../../src/gateway/index.ts";
import { closeClaim, foldClaim, foldedState, identityCommitmentOf, stateHash } from "../../src/protocol/index.ts";
import type { RefundTicket, SignedState } from "../../src/protocol/index.ts";
import { foldRequest, toJson } from "../../src/wire/index.ts";
import type { FoldRequest, FoldRequestJson } from "../../src/wire/index.ts";
import { dyingAt } from "./support/dying-store.ts";
import { DEPOSIT, POOL, codeOf, prove, secretOf, startProvider, verify, withFolder } from "./support/session-world.ts";
import { enrolledState, foldOf, proveTicket, refundOf, signState, stateAfter } from "./support/tickets.ts";

const RECIPIENT = "0x00000000000000000000000000000000000000cc";

/** A proved fold on top of a certified state. */
async function foldOnCertified(base: SignedState, tickets: readonly RefundTicket[]): Promise<FoldRequestJson> {
  const claim = foldClaim(POOL, base, tickets, true);
  const { proof } = await prove("fold", claim.input);
  const [newState, ...rest] = claim.publicSignals as [bigint, ...bigint[]];
  return toJson({ newState, foldNullifiers: rest.slice(0, 4), certified: rest[4] as bigint, proof });
}

describe("the gateway and certified folds", function () {
  this.timeout(120_000);
  let refunds: readonly RefundTicket[];
  /** Of the first two tickets. */
  let first: FoldRequestJson;
  /** Of the first and the third: another grouping, which no honest wallet makes. */
  let fork: FoldRequestJson;
  /** Of the third, on top of `first`, which counts as certified. */
  let second: FoldRequestJson;

  before(async () => {
    const tickets = await Promise.all([0, 1, 2].map((index) => proveTicket(0, index)));
    refunds = tickets.map(({ nullifier }, index) => refundOf(nullifier, index, 70n));
    const [a, b, c] = refunds as [RefundTicket, RefundTicket, RefundTicket];
    const folded = foldedState(POOL.poolHash, enrolledState(0).state, [a, b]);
    [first, fork, second] = await Promise.all([
      foldOf(0, [a, b]),
      foldOf(0, [a, c]),
      foldOnCertified(signState(folded), [c]),
    ]);
  });

  const observed = (request: FoldRequestJson): ObservedFold => foldRequest.parse(request);
  const isProved = ({ newState, foldNullifiers, certified, proof }: FoldRequest): Promise<boolean> =>
    verify("fold", [newState, ...foldNullifiers, certified, POOL.poolHash], proof);

  it("signs a fold on top of a state only when that state is certified and final for good", async () => {
    const { gateway, chain } = startProvider();
    expect(await codeOf(gateway.fold(second))).to.equal("STATE_NOT_CERTIFIED");
    chain.certify(observed(first), "pending");
    expect(await codeOf(gateway.fold(second))).to.equal("STATE_NOT_CERTIFIED");
    chain.certify(observed(first), "fallen");
    expect(await codeOf(gateway.fold(second))).to.equal("STATE_NOT_CERTIFIED");
    chain.certify(observed(first), "final");
    const answer = await gateway.fold(second);
    expect(answer.state).to.equal(second.newState);
    // And for ever, whatever the view of the chain says then.
    chain.folds.clear();
    expect(await gateway.fold(second)).to.deep.equal(answer);
    expect(await codeOf(gateway.fold({ ...second, certified: "0", newState: "5" }))).to.equal("FOLD_CONFLICT");
  });

  it("signs no fold whose certified state is not the one that was proved", async () => {
    const { gateway, chain } = startProvider();
    chain.certify({ ...observed(first), newState: 5n }, "final");
    expect(await codeOf(gateway.fold({ ...second, certified: "5" }))).to.equal("PROOF_INVALID");
    expect(await codeOf(gateway.fold({ ...second, certified: "0" }))).to.equal("PROOF_INVALID");
  });

  it("enters the tickets of a fold on chain as seen: it signs the same fold, and no other", async () => {
    const { gateway, challenges } = startProvider();
    expect(await gateway.observeFold(observed(first))).to.equal(true);
    expect(await gateway.observeFold(observed(first))).to.equal(true);
    expect(await codeOf(gateway.fold(fork))).to.equal("FOLD_CONFLICT");
    expect((await gateway.fold(first)).state).to.equal(stateAfter(0, refunds.slice(0, 2)).toString());
    expect(await gateway.observeFold(observed(first))).to.equal(true);
    await gateway.idle();
    expect(challenges).to.deep.equal([]);
  });

  it("signs neither of two folds on chain that share a ticket and that it did not sign", async () => {
    const { gateway, challenges } = startProvider();
    await gateway.observeFold(observed(first));
    expect(await gateway.observeFold(observed(fork))).to.equal(true);
    expect(await codeOf(gateway.fold(first))).to.equal("FOLD_CONFLICT");
    expect(await codeOf(gateway.fold(fork))).to.equal("FOLD_CONFLICT");
    await gateway.idle();
    expect(challenges).to.deep.equal([]);
  });

  it("signs no fold that another one overtakes on chain while its proof is verified", async () => {
    const provider = startProvider({
      verify: async (...values) => {
        await provider.gateway.observeFold(observed(first));
        return verify(...values);
      },
    });
    expect(await codeOf(provider.gateway.fold(fork))).to.equal("FOLD_CONFLICT");
  });

  it("challenges a fold on chain that shares a ticket with one that it signed, with the proof that it kept", async () => {
    const { gateway, challenges } = startProvider();
    await gateway.fold(first);
    expect(await gateway.observeFold(observed(fork))).to.equal(false);
    await gateway.idle();
    const [{ pending, conflicting }] = challenges as [FoldChallenge];
    expect(pending).to.deep.include({ newState: BigInt(fork.newState), certified: 0n });
    expect(toJson(conflicting)).to.deep.equal(first);
    expect(await isProved(conflicting)).to.equal(true);
    // The third ticket is in the pending fold: it is signed in no other, should that one become final.
    const { foldNullifiers } = first;
    const alone = { ...first, newState: "9", foldNullifiers: ["1", "2", "3", fork.foldNullifiers[1] as string] };
    expect(foldNullifiers).not.to.include(fork.foldNullifiers[1]);
    expect(await codeOf(gateway.fold(alone))).to.equal("FOLD_CONFLICT");
    // What a challenge puts in the other's place is the fold that was signed.
    expect(await gateway.observeFold(observed(first))).to.equal(true);
    await gateway.observeFold(observed(fork));
    await gateway.reportFoldConflicts();
    expect(challenges).to.have.length(1);
  });

  it("hands a challenge in again after a crash, until the fold has fallen", () =>
    withFolder(async (path) => {
      const store = new SqliteStore({ path: path("gateway"), poolHash: POOL.poolHash });
      const death = { method: "recordCertifiedFold", when: "after" } as const;
      const before = startProvider({ store: dyingAt(store, death) });
      await before.gateway.fold(first);
      void before.gateway.observeFold(observed(fork)).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 50));
      await store.close();
      expect(before.challenges).to.deep.equal([]);

      let isFailing = true;
      const sent: FoldChallenge[] = [];
      const { gateway } = startProvider({
        path: path("gateway"),
        onFoldConflict: async (challenge) => {
          sent.push(challenge);
          if (isFailing) throw new Error("no gas");
        },
      });
      await gateway.reportFoldConflicts();
      isFailing = false;
      await gateway.reportFoldConflicts();
      await gateway.reportFoldConflicts();
      expect(sent).to.have.length(2);
      expect(sent[1]).to.deep.equal(sent[0]);
      expect(toJson(sent[0]?.conflicting)).to.deep.equal(first);
    }));

  it("consents to a close on a state that is certified and final", async () => {
    const { gateway, chain } = startProvider();
    const state = foldedState(POOL.poolHash, enrolledState(0).state, refunds.slice(0, 2));
    const terms = { recipient: RECIPIENT, relayer: ZeroAddress, fee: 0n, deadline: 1_900_000_000n };
    const close = { deposit: DEPOSIT, firstUnused: 2, refundedCharges: 140n, refundedHolds: 40n, terms };
    const claim = closeClaim(POOL, secretOf(0), { state, signature: enrolledState(0).signature }, close, true);
    const request = toJson({
      identityCommitment: identityCommitmentOf(secretOf(0)),
      firstUnused: 2n,
      refundedCharges: 140n,
      refundedHolds: 40n,
      certified: stateHash(POOL.poolHash, state),
      ...terms,
      coverKeys: claim.coverKeys,
      proof: (await prove("close", claim.input)).proof,
    });
    expect(await codeOf(gateway.consentToClose(request))).to.equal("CLOSE_REFUSED");
    chain.certify(observed(first), "pending");
    expect(await codeOf(gateway.consentToClose(request))).to.equal("CLOSE_REFUSED");
    chain.certify(observed(first), "final");
    expect(await codeOf(gateway.consentToClose({ ...request, certified: "0" }))).to.equal("PROOF_INVALID");
    expect(await gateway.consentToClose(request)).to.have.property("signature");
  });

  it("brings an older file to the present schema and keeps what it holds", () =>
    withFolder(async (path) => {
      const newer = startProvider({ path: path("gateway") });
      const answer = await newer.gateway.fold(first);
      await newer.store.close();
      const database = new DatabaseSync(path("gateway"));
      database.exec(`DROP TABLE fold_conflicts; DROP TABLE certified_nullifiers; DROP TABLE certified_folds;
        DROP TABLE disputes; DROP TABLE violations; ALTER TABLE folds DROP COLUMN certified;
        DROP TABLE chain_position; DROP TABLE roles; UPDATE feed SET key = 1 WHERE kind = 'fold';
        DELETE FROM schema_migrations WHERE version >= 2;`);
      database.close();
      const { gateway, challenges } = startProvider({ path: path("gateway") });
      expect(await gateway.fold(first)).to.deep.equal(answer);
      await gateway.observeFold(observed(fork));
      await gateway.idle();
      expect(toJson(challenges[0]?.conflicting)).to.deep.equal(first);
    }));
});
