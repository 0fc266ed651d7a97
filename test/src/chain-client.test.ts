// SPDX-License-Identifier: GPL-3.0-or-later
import { expect } from "chai";
import type { Signer } from "ethers";

import type { ChainErrorCode, CloseRequest } from "../../src/chain/index.ts";
import {
  ChainError,
  PoolClient,
  PoolHistory,
  PoolSender,
  closeRequestOf,
  signCloseConsent,
  signDepositAuthorization,
  signDepositPermit,
} from "../../src/chain/index.ts";
import type { Proof } from "../../src/protocol/index.ts";
import {
  closeClaim,
  closePayout,
  coverKeysOf,
  identityCommitmentOf,
  shareOf,
  slashClaim,
  slashPayout,
  ticketKeyOf,
  ticketRootOf,
} from "../../src/protocol/index.ts";
import { HOLD, HOUR, addressOf, deployWorld, ethers, networkHelpers } from "../contracts/support/world.ts";
import type { World } from "../contracts/support/world.ts";

const AMOUNT = 10n * HOLD;

async function failureOf(promise: Promise<unknown>): Promise<ChainError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof ChainError) return error;
  throw error instanceof Error ? error : new Error("nothing was refused");
}

async function refuses(promise: Promise<unknown>, code: ChainErrorCode, reason?: string): Promise<string> {
  const error = await failureOf(promise);
  expect(error.code, error.message).to.equal(code);
  if (reason !== undefined) expect(error.revert?.name).to.equal(reason);
  return error.message;
}

const freshWorld = (): Promise<World> => deployWorld();

/** What ModelVerifier takes for a proof: the hash of the public signals. */
function modelProof(signals: readonly bigint[]): Proof {
  const encoded = ethers.AbiCoder.defaultAbiCoder().encode([`uint256[${signals.length}]`], [signals]);
  const none = [0n, 0n] as const;
  return { a: [BigInt(ethers.keccak256(encoded)), 0n], b: [none, none], c: none };
}

describe("chain: one pool", () => {
  let world: World;
  let client: PoolClient;
  let user: PoolSender;
  let other: PoolSender;
  let count = 0;

  /** Secrets by commitment. */
  const secrets = new Map<bigint, bigint>();
  function freshId(): bigint {
    const secret = 1_000n + BigInt((count += 1));
    const identityCommitment = identityCommitmentOf(secret);
    secrets.set(identityCommitment, secret);
    return identityCommitment;
  }
  const secretOf = (identityCommitment: bigint): bigint => secrets.get(identityCommitment) ?? 0n;
  const senderOf = (signer: unknown): PoolSender => new PoolSender(client, signer as Signer);
  const now = async (): Promise<bigint> => BigInt((await ethers.provider.getBlock("latest"))?.timestamp ?? 0);

  beforeEach(async () => {
    world = await networkHelpers.loadFixture(freshWorld);
    client = await PoolClient.connect(ethers.provider, await addressOf(world.pool));
    user = senderOf(world.user);
    other = senderOf(world.other);
  });

  async function opened(): Promise<bigint> {
    const identityCommitment = freshId();
    await user.deposit({ identityCommitment, amount: AMOUNT });
    return identityCommitment;
  }

  /** A close as the library makes it, proved for the model verifier. */
  async function closeOf(identityCommitment: bigint, firstUnused = 0): Promise<CloseRequest> {
    const terms = {
      recipient: world.user.address,
      relayer: ethers.ZeroAddress,
      fee: 0n,
      deadline: (await now()) + 9n * HOUR,
    };
    const close = { deposit: AMOUNT, firstUnused, refundedCharges: 0n, refundedHolds: 0n, terms };
    const { coverKeys, publicSignals } = closeClaim(client.pool, secretOf(identityCommitment), undefined, close);
    return closeRequestOf(identityCommitment, close, coverKeys, modelProof(publicSignals));
  }

  /** The proof and the nullifier of a ticket spent twice. */
  function slashOf(identityCommitment: bigint, recipient: string): { nullifier: bigint; proof: Proof } {
    const identitySecret = secretOf(identityCommitment);
    const key = ticketKeyOf(ticketRootOf(identitySecret, client.pool.poolHash), 4);
    const shares = [shareOf(identitySecret, key, 5n), shareOf(identitySecret, key, 6n)] as const;
    const { publicSignals } = slashClaim(client.pool, { index: 4, shares, identitySecret }, recipient);
    return { nullifier: publicSignals[1] as bigint, proof: modelProof(publicSignals) };
  }

  describe("reads", () => {
    it("the parameters from the chain, with scope and pool hash as they follow from them", async () => {
      const { token, provider, ...sizes } = world.parameters;
      expect(client.parameters).to.deep.include({ ticketPrice: sizes.ticketPrice, termsHash: sizes.termsHash });
      expect(client.parameters.token).to.equal(token);
      expect(client.parameters.provider).to.equal(provider);
      expect(client.pool.scope).to.equal(await world.pool.scope());
      expect(client.pool.poolHash).to.equal(await world.pool.poolHash());
      expect(client.token).to.include({ symbol: "dUSD", decimals: 6 });
      expect(client.priceOf(AMOUNT)).to.equal(AMOUNT + (await world.pool.stakeOf(AMOUNT)));
    });

    it("accounts and pending closes in bulk, in the order asked, more than one call takes", async () => {
      const first = await opened();
      const second = await opened();
      await user.startClose(await closeOf(second, 2));
      const ids = [...Array.from({ length: 700 }, (_, i) => BigInt(i + 1)), second, first];
      const accounts = await client.accountsOf(ids);
      expect(accounts).to.have.length(702);
      expect(accounts.slice(0, 700).every(({ status }) => status === "none")).to.equal(true);
      expect(accounts[700]).to.include({ identityCommitment: second, status: "active", deposit: AMOUNT });
      const pending = await client.pendingClosesOf(ids);
      expect(pending.filter((close) => close !== undefined)).to.have.length(1);
      expect(pending[700]).to.include({ identityCommitment: second, recipient: world.user.address, fee: 0n });
      expect(await client.accountsOf([])).to.deep.equal([]);
    });

    it("the ledger against the balance, and counts tokens that were sent by mistake as surplus", async () => {
      await opened();
      await world.token.transfer(client.pool.address, 7n);
      const { owed, balance, surplus, isSolvent } = await client.solvency();
      expect({ owed, balance, surplus, isSolvent }).to.deep.equal({
        owed: client.priceOf(AMOUNT),
        balance: client.priceOf(AMOUNT) + 7n,
        surplus: 7n,
        isSolvent: true,
      });
    });

    it("refuses what is no pool, not this pool, or on another chain", async () => {
      const nobody = world.poor.address;
      await refuses(PoolClient.connect(ethers.provider, nobody), "NO_CODE");
      await refuses(PoolClient.connect(ethers.provider, "0x12"), "ARGUMENT_INVALID");
      await refuses(PoolClient.connect(ethers.provider, await addressOf(world.token)), "NOT_A_POOL");
      await refuses(PoolClient.connect(ethers.provider, client.pool.address, { chainId: 10n }), "WRONG_CHAIN");
      await refuses(PoolClient.connect(ethers.provider, client.pool.address, { poolHash: 1n }), "NOT_A_POOL");
      const copy = await ethers.provider.getCode(client.pool.address);
      await networkHelpers.setCode(nobody, copy);
      await refuses(PoolClient.connect(ethers.provider, nobody), "NOT_A_POOL");
    });
  });

  describe("deposits", () => {
    it("with exactly the allowance that they need", async () => {
      await world.token.approve(client.pool.address, 0n);
      const opening = { identityCommitment: freshId(), amount: AMOUNT };
      const message = await refuses(user.deposit(opening), "INSUFFICIENT_ALLOWANCE");
      expect(message).to.contain(client.priceOf(AMOUNT).toString());
      expect(await user.ensureAllowance(client.priceOf(AMOUNT))).to.not.equal(undefined);
      await user.deposit(opening);
      expect(await client.token.allowance(world.user.address, client.pool.address)).to.equal(0n);
      expect(await client.accountOf(opening.identityCommitment)).to.include({ status: "active", deposit: AMOUNT });
    });

    it("with a permit", async () => {
      await world.token.approve(client.pool.address, 0n);
      const identityCommitment = freshId();
      const permit = await signDepositPermit(client, world.user, AMOUNT, (await now()) + HOUR);
      await user.depositWithPermit({ identityCommitment, amount: AMOUNT }, permit);
      expect((await client.accountOf(identityCommitment)).status).to.equal("active");
    });

    it("with an authorization that a relayer submits and cannot turn to another account", async () => {
      const identityCommitment = freshId();
      const request = {
        identityCommitment,
        amount: AMOUNT,
        validAfter: 0n,
        validBefore: (await now()) + HOUR,
        salt: 5n,
      };
      const authorization = await signDepositAuthorization(client, world.user, request);
      const relayer = senderOf(world.poor);
      const stolen = { ...authorization, identityCommitment: freshId() };
      await refuses(relayer.depositWithAuthorization(stolen), "REVERTED", "ERC3009InvalidSignature");
      const before = await client.token.balanceOf(world.user.address);
      await relayer.depositWithAuthorization(authorization);
      expect(before - (await client.token.balanceOf(world.user.address))).to.equal(client.priceOf(AMOUNT));
      expect((await client.accountOf(identityCommitment)).status).to.equal("active");
      await refuses(relayer.depositWithAuthorization(authorization), "REVERTED", "IdentityCommitmentUsed");
    });

    it("in a batch, whose root the tree agrees with", async () => {
      const openings = Array.from({ length: 5 }, () => ({ identityCommitment: freshId(), amount: AMOUNT }));
      await user.depositBatch(openings);
      const history = new PoolHistory(client, { fromBlock: 0, finality: { kind: "confirmations", blocks: 0 } });
      await history.sync();
      expect(history.tree.root).to.equal(await world.pool.root());
      await refuses(user.depositBatch([]), "ARGUMENT_INVALID");
      const twice = freshId();
      const message = await refuses(
        user.depositBatch([
          { identityCommitment: twice, amount: AMOUNT },
          { identityCommitment: twice, amount: AMOUNT },
        ]),
        "REVERTED",
        "IdentityCommitmentUsed",
      );
      expect(message).to.contain(twice.toString().slice(0, 8));
    });

    it("refuse what the contract would, in words", async () => {
      const identityCommitment = await opened();
      const used = await refuses(
        user.deposit({ identityCommitment, amount: AMOUNT }),
        "REVERTED",
        "IdentityCommitmentUsed",
      );
      expect(used).to.contain("opened once, for ever");
      for (const amount of [0n, HOLD - 1n, 65_536n * HOLD + 1n, 1n << 96n]) {
        await refuses(user.deposit({ identityCommitment: freshId(), amount }), "ARGUMENT_INVALID");
      }
      for (const bad of [0n, 1n << 255n]) {
        await refuses(
          user.deposit({ identityCommitment: bad, amount: AMOUNT }),
          "REVERTED",
          "IdentityCommitmentOutOfField",
        );
      }
      const poor = senderOf(world.poor);
      await refuses(poor.deposit({ identityCommitment: freshId(), amount: AMOUNT }), "INSUFFICIENT_FUNDS");
    });
  });

  describe("accounts end", () => {
    it("by a close that is finalized after its window", async () => {
      const identityCommitment = await opened();
      await other.startClose(await closeOf(identityCommitment, 3));
      await refuses(other.startClose(await closeOf(identityCommitment)), "REVERTED", "CloseIsPending");
      const early = await refuses(other.finalizeClose(identityCommitment), "REVERTED", "ChallengeWindowOpen");
      expect(early).to.match(/until \d{4}-\d\d-\d\dT/);
      await networkHelpers.time.increase(HOUR);
      const before = await client.token.balanceOf(world.user.address);
      await other.finalizeClose(identityCommitment);
      const { deposit, stake } = await client.accountOf(identityCommitment);
      const { toRecipient } = closePayout(client.parameters, {
        ...{ deposit, stake, firstUnused: 3n, refundedCharges: 0n, refundedHolds: 0n, fee: 0n, isExpired: false },
      });
      expect((await client.token.balanceOf(world.user.address)) - before).to.equal(toRecipient);
      expect((await client.accountOf(identityCommitment)).status).to.equal("closed");
      await refuses(other.finalizeClose(identityCommitment), "REVERTED", "NoPendingClose");
    });

    it("by a close with the provider's consent, at once", async () => {
      const identityCommitment = await opened();
      const request = await closeOf(identityCommitment, 1);
      const deadline = (await now()) + HOUR;
      const forged = await signCloseConsent(world.other, client.pool, request, deadline);
      await refuses(user.closeWithConsent(request, deadline, forged), "REVERTED", "ConsentRefused");
      const consent = await signCloseConsent(world.provider, client.pool, request, deadline);
      await user.closeWithConsent(request, deadline, consent);
      expect((await client.accountOf(identityCommitment)).status).to.equal("closed");
    });

    it("by a slash, whose proof pays nobody but its recipient", async () => {
      const identityCommitment = await opened();
      const { nullifier, proof } = slashOf(identityCommitment, world.other.address);
      const copied = user.slash(identityCommitment, nullifier, world.user.address, proof);
      expect(await refuses(copied, "REVERTED", "ProofRefused")).to.contain("another recipient");
      const { deposit, stake } = await client.accountOf(identityCommitment);
      const before = await client.token.balanceOf(world.other.address);
      await user.slash(identityCommitment, nullifier, world.other.address, proof);
      const { toRecipient, toProvider, toBurn } = slashPayout(client.parameters, deposit, stake, false);
      expect((await client.token.balanceOf(world.other.address)) - before).to.equal(toRecipient);
      expect(await client.ledger()).to.deep.equal({
        escrowed: 0n,
        undelivered: 0n,
        revenue: toProvider,
        bond: 0n,
        awaitingBurn: toBurn,
      });
      const again = user.slash(identityCommitment, nullifier, world.other.address, proof);
      expect(await refuses(again, "REVERTED", "AccountNotOpen")).to.contain("slashed");

      await refuses(user.withdrawRevenue(world.user.address, 1n), "REVERTED", "NotProvider");
      const provider = senderOf(world.provider);
      await refuses(provider.withdrawRevenue(world.user.address, toProvider + 1n), "REVERTED", "FundsEncumbered");
      await provider.withdrawRevenue(world.provider.address, toProvider);
      await other.burn();
      await refuses(other.burn(), "REVERTED", "NothingToBurn");
      expect((await client.solvency()).owed).to.equal(0n);
    });

    it("by expiry", async () => {
      const identityCommitment = await opened();
      await refuses(other.expire(identityCommitment), "REVERTED", "AccountNotExpirable");
      await networkHelpers.time.increase(client.parameters.accountLifetime);
      await other.expire(identityCommitment);
      expect((await client.accountOf(identityCommitment)).status).to.equal("expired");
      await refuses(other.claim(world.other.address), "REVERTED", "NothingToClaim");
      await refuses(other.claim(ethers.ZeroAddress), "ARGUMENT_INVALID");
    });
  });

  it("decodes every event of a pool's life, each argument by name", async () => {
    const [closed, slashed, expired] = [await opened(), await opened(), await opened()];
    await user.startClose(await closeOf(closed, 2));
    await networkHelpers.time.increase(HOUR);
    await user.finalizeClose(closed);
    const { nullifier, proof } = slashOf(slashed, world.other.address);
    await user.slash(slashed, nullifier, world.other.address, proof);
    await networkHelpers.time.increase(client.parameters.accountLifetime);
    await user.expire(expired);
    await user.burn();
    await senderOf(world.provider).withdrawRevenue(world.provider.address, 5n);
    const history = new PoolHistory(client, { fromBlock: 0, finality: { kind: "finalized" } });
    await history.sync();
    const [started] = history.eventsOf("CloseStarted");
    expect(started?.args).to.include({ identityCommitment: closed, firstUnused: 2, recipient: world.user.address });
    const ticketRoot = ticketRootOf(secretOf(closed), client.pool.poolHash);
    expect(started?.args.coverKeys).to.deep.equal(coverKeysOf(ticketRoot, 2));
    expect(history.eventsOf("CloseFinalized").map(({ args }) => args.identityCommitment)).to.deep.equal([closed]);
    expect(history.eventsOf("AccountReleased").map(({ args }) => args.status)).to.deep.equal(["closed", "slashed"]);
    expect(history.eventsOf("AccountSlashed")[0]?.args).to.deep.equal({
      identityCommitment: slashed,
      nullifier,
      recipient: world.other.address,
    });
    expect(history.eventsOf("DepositForfeited")[0]?.args).to.deep.equal({
      identityCommitment: expired,
      amount: AMOUNT,
    });
    expect(history.eventsOf("RevenueWithdrawn")[0]?.args).to.deep.equal({ to: world.provider.address, amount: 5n });
    expect(new Set(history.events.map(({ name }) => name)).size).to.equal(11);
  });
});
