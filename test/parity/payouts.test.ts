// SPDX-License-Identifier: GPL-3.0-or-later
import { expect } from "chai";

import { closePayout, slashPayout, stakeOf } from "../../src/protocol/index.ts";
import type { PoolParameters } from "../../src/protocol/index.ts";
import { readVectors } from "../vectors/index.ts";
import type { Ended } from "../vectors/model/payouts.ts";
import { chain } from "./chain.ts";

/** Numbers of `AccountStatus`. */
const ACTIVE = 1n;
const EXPIRED = 2n;

describe("parity/payouts", function () {
  this.timeout(60_000);
  const { closes, slashes, stakes } = readVectors("payouts");
  const parameters = (changes: Partial<PoolParameters>): PoolParameters => ({
    token: "",
    provider: "",
    providerKey: [0n, 1n],
    ticketPrice: 1n,
    policyHold: 0n,
    unit: 1n,
    stakeMinimum: 1n,
    stakeBps: 0n,
    bountyBps: 1n,
    challengeWindow: 0n,
    disputeWindow: 0n,
    accountLifetime: 0n,
    termsHash: "",
    ...changes,
  });
  const onChain = ({ deposit, stake, isExpired }: Ended): object => ({
    deposit,
    stake,
    openedAt: 1n,
    status: isExpired ? EXPIRED : ACTIVE,
  });

  it("closes are split the same in TypeScript and Solidity, and to what the account holds", async () => {
    const { harness } = await chain();
    for (const { account, closing, split } of closes) {
      const { user, relayer, provider, burned } = split;
      expect(user + relayer + provider + burned).to.equal(account.stake + (account.isExpired ? 0n : account.deposit));
      const computed = closePayout(parameters(closing), { ...account, ...closing });
      expect(computed).to.deep.equal({ toRecipient: user, toRelayer: relayer, toProvider: provider, toBurn: burned });
      const { firstUnused, refundedCharges, refundedHolds, ticketPrice, policyHold, fee } = closing;
      const refunded = [refundedCharges, refundedHolds];
      const solidity: unknown = await harness.getFunction("splitOfClose")(
        onChain(account),
        firstUnused,
        refunded,
        ticketPrice,
        policyHold,
        fee,
      );
      expect([...(solidity as bigint[])]).to.deep.equal([user, relayer, provider, burned]);
    }
  });

  it("slashes are split the same in TypeScript and Solidity, and to what the account holds", async () => {
    const { harness } = await chain();
    for (const { account, bountyBps, split } of slashes) {
      const { user, provider, burned } = split;
      expect(user + provider + burned).to.equal(account.stake + (account.isExpired ? 0n : account.deposit));
      const { deposit, stake, isExpired } = account;
      const computed = slashPayout(parameters({ bountyBps }), deposit, stake, isExpired);
      expect(computed).to.deep.equal({ toRecipient: user, toRelayer: 0n, toProvider: provider, toBurn: burned });
      const solidity: unknown = await harness.getFunction("splitOfSlash")(onChain(account), bountyBps);
      expect([...(solidity as bigint[])]).to.deep.equal([user, provider, burned]);
    }
  });

  it("stakes are the same in TypeScript and on chain", async () => {
    for (const { deposit, stakeMinimum, stakeBps, stake } of stakes) {
      expect(stakeOf(parameters({ stakeMinimum, stakeBps }), deposit)).to.equal(stake);
    }
    const { world } = await chain();
    const stakeMinimum = BigInt(world.parameters.stakeMinimum);
    const stakeBps = BigInt(world.parameters.stakeBps);
    for (const { deposit } of stakes) {
      expect(await world.pool.stakeOf(deposit)).to.equal(stakeOf(parameters({ stakeMinimum, stakeBps }), deposit));
    }
  });
});
