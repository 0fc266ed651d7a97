// SPDX-License-Identifier: GPL-3.0-or-later
import { expect } from "chai";

import {
  coverKeysOf,
  enrollNullifierOf,
  fillerOf,
  foldNullifierOf,
  foldedState,
  indexOfTicketKey,
  initialState,
  nullifierOf,
  recoverFromKey,
  refundMessage,
  shareOf,
  stateHash,
  ticketKeyFromCover,
  ticketKeyOf,
  ticketRootOf,
} from "../../src/protocol/index.ts";
import { TICKETS, coverOf } from "../vectors/model/protocol.ts";
import type { State } from "../vectors/model/protocol.ts";
import { readVectors } from "../vectors/index.ts";

describe("parity/tickets", function () {
  this.timeout(60_000);
  const { k, poolHash, root, enrollNullifier, keys, shares, covers, fillers } = readVectors("tickets");

  it("ticket keys, nullifiers and fold nullifiers are those of the model", () => {
    expect(ticketRootOf(k, poolHash)).to.equal(root);
    expect(enrollNullifierOf(k, poolHash)).to.equal(enrollNullifier);
    for (const { index, key, nullifier, foldNullifier } of keys) {
      expect(ticketKeyOf(root, index)).to.equal(key);
      expect(nullifierOf(key)).to.equal(nullifier);
      expect(foldNullifierOf(key)).to.equal(foldNullifier);
    }
    for (const { rho, slot, filler } of fillers) expect(fillerOf(rho, slot)).to.equal(filler);
  });

  it("finds a ticket's number from its key", () => {
    for (const { index, key } of keys.slice(0, 7)) expect(indexOfTicketKey(root, key)).to.equal(index);
  });

  it("shares are those of the model, and one of them gives k with the ticket's key", () => {
    for (const { index, x, y } of shares) {
      const key = ticketKeyOf(root, index);
      expect(shareOf(k, key, x)).to.deep.equal({ x, y });
      expect(recoverFromKey({ x, y }, key)).to.equal(k);
    }
  });

  it("cover keys are those of the model", () => {
    for (const { firstUnused, slots } of covers) expect(coverKeysOf(root, firstUnused)).to.deep.equal(slots);
  });

  it("cover keys give every ticket from j on, and none below", () => {
    for (const { firstUnused, slots } of covers) {
      for (const { index, key } of keys) {
        if (index >= firstUnused) expect(ticketKeyFromCover(slots, firstUnused, index)).to.equal(key);
        else expect(() => ticketKeyFromCover(slots, firstUnused, index)).to.throw("below the cover");
      }
    }
  });

  it("the model's cover is exactly [j, 65536), each ticket once, for every j near a corner and for many others", () => {
    const corners = [0, 1, 15, 16, 255, 256, 4_095, 4_096, 65_520, 65_534, 65_535, 65_536];
    const spread = Array.from({ length: 400 }, (_, i) => (i * 7_919 + 13) % TICKETS);
    for (const j of [...corners, ...spread]) {
      const nodes = coverOf(j).toSorted((a, b) => a.first - b.first);
      let next = j;
      for (const { first, count } of nodes) {
        expect(first).to.equal(next);
        next = first + count;
      }
      expect(next).to.equal(TICKETS);
      expect(nodes.length).to.be.at.most(61);
    }
  });
});

describe("parity/states", () => {
  const { poolHash, k, deposit, first, folds, refunds } = readVectors("states");
  const named = ({ k: identitySecret, budget, returnedHolds, rho }: State) => ({
    identitySecret,
    budget,
    returnedHolds,
    rho,
  });

  it("first states and their hashes are those of the model", () => {
    expect(initialState(poolHash, k, deposit)).to.deep.equal(named(first.state));
    expect(stateHash(poolHash, named(first.state))).to.equal(first.hash);
  });

  it("folded states, their blindings and hashes are those of the model", () => {
    for (const { refunds: folded, state, hash } of folds) {
      const tickets = folded.map(({ index, charge, hold }) => ({ index, refundedCharge: charge, refundedHold: hold }));
      const computed = foldedState(poolHash, named(first.state), tickets);
      expect(computed).to.deep.equal(named(state));
      expect(stateHash(poolHash, computed)).to.equal(hash);
    }
  });

  it("messages of refund tickets are those of the model", () => {
    for (const { nullifier, charge, hold, message } of refunds) {
      expect(refundMessage(poolHash, { nullifier, refundedCharge: charge, refundedHold: hold })).to.equal(message);
    }
  });
});
