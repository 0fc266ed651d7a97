// SPDX-License-Identifier: GPL-3.0-or-later
/** Cheaters against a whole deployment: real proofs, a real gateway in front of the pool's own chain, real money lost. */
import { expect } from "chai";
import { Wallet, hexlify, randomBytes } from "ethers";

import { closeRequestOf } from "../../src/chain/index.ts";
import type { CloseRequest } from "../../src/chain/index.ts";
import { closeClaim, identityCommitmentOf } from "../../src/protocol/index.ts";
import { encodeExchangeRequest } from "../../src/wire/index.ts";
import { Rogue } from "../../scripts/demo/rogue.ts";
import { Stage } from "../../scripts/demo/stage.ts";
import type { LocalSigner } from "../../scripts/demo/stage.ts";

const DEPOSIT = 200_000n;
const FEE = 1_000n;
const PAYLOAD = encodeExchangeRequest({
  method: "POST",
  path: "/",
  contentType: "application/json",
  encoding: "utf8",
  body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_blockNumber", params: [] }),
});

describe("a cheater against the whole deployment", function () {
  this.timeout(300_000);
  let stage: Stage;
  let relayer: LocalSigner;
  let watcher: LocalSigner;
  const secrets = [1n, 2n, 3n].map((number) => BigInt(hexlify(randomBytes(31))) + number);

  before(async () => {
    stage = await Stage.build(() => undefined);
    const [sponsor, ...others] = stage.props.extras;
    [relayer, watcher] = others as [LocalSigner, LocalSigner];
    if (sponsor === undefined) throw new Error("the network has too few accounts");
    const sender = stage.as(sponsor);
    await stage.props.token.mint(sponsor.address, 10n * stage.client.priceOf(DEPOSIT));
    await sender.approve(10n * stage.client.priceOf(DEPOSIT));
    await sender.depositBatch(
      secrets.map((secret) => ({ identityCommitment: identityCommitmentOf(secret), amount: DEPOSIT })),
    );
  });

  after(() => stage.close());

  afterEach("the pool holds what it owes", async () => {
    expect((await stage.client.solvency()).surplus).to.equal(0n);
  });

  async function rogueOf(identitySecret: bigint): Promise<Rogue> {
    const { pool, provider, prover, view: chain } = stage;
    const rogue = new Rogue({ pool, provider, prover, chain, identitySecret, deposit: DEPOSIT });
    await rogue.enroll();
    return rogue;
  }

  /** A close without refunds that pays the relayer. */
  async function proveClose(identitySecret: bigint, firstUnused: number, recipient: string): Promise<CloseRequest> {
    const terms = { recipient, relayer: relayer.address, fee: FEE, deadline: BigInt(stage.clock() + 36_000) };
    const close = { deposit: DEPOSIT, firstUnused, refundedCharges: 0n, refundedHolds: 0n, terms };
    const claim = closeClaim(stage.pool, identitySecret, undefined, close);
    const { proof } = await stage.prover.prove("close", claim.input);
    return closeRequestOf(identityCommitmentOf(identitySecret), close, claim.coverKeys, proof);
  }

  const call = (rogue: Rogue, index: number) => rogue.prepareCall(index, PAYLOAD, stage.pool.parameters.ticketPrice);
  const codeOf = async (promise: Promise<unknown>): Promise<string> =>
    promise.then(
      () => "served",
      (error: unknown) => String((error as { code?: unknown }).code),
    );

  /** Slashes on the gateway's evidence, and checks who lost and gained what. */
  async function expectSlashed(rogue: Rogue, kind: string, recipient: string): Promise<void> {
    await stage.gateway.idle();
    const offence = stage.offences.find(({ identityCommitment }) => identityCommitment === rogue.identityCommitment);
    if (offence === undefined) throw new Error("the gateway did not convict the account");
    expect(offence.kind).to.equal(kind);
    const { token } = stage.client;
    const { bountyBps } = stage.pool.parameters;
    const stake = stage.client.priceOf(DEPOSIT) - DEPOSIT;
    const before = await stage.client.ledger();
    const held = await token.balanceOf(watcher.address);
    const proof = await stage.proveSlash(offence, watcher.address);
    const { identityCommitment, nullifier } = offence;
    await stage.as(watcher).slash(identityCommitment, nullifier, watcher.address, proof);
    const after = await stage.client.ledger();
    const bounty = (stake * bountyBps) / 10_000n;
    expect((await token.balanceOf(watcher.address)) - held).to.equal(bounty);
    expect(after.revenue - before.revenue).to.equal(DEPOSIT);
    expect(after.awaitingBurn - before.awaitingBurn).to.equal(stake - bounty);
    expect(before.escrowed - after.escrowed).to.equal(DEPOSIT + stake);
    expect(await token.balanceOf(recipient)).to.equal(0n);
  }

  it("loses D and S when a relayer holds a close back, and it goes on using tickets from j on", async () => {
    const [secret = 0n] = secrets;
    const rogue = await rogueOf(secret);
    const recipient = Wallet.createRandom().address;
    const [first, second, close] = await Promise.all([
      call(rogue, 0),
      call(rogue, 1),
      proveClose(secret, 1, recipient),
    ]);
    await rogue.send(first);
    // The close has left; the relayer waits. Nothing is on chain, so ticket 1 is served.
    expect(await codeOf(rogue.send(second))).to.equal("served");
    await stage.as(relayer).startClose(close);
    expect(await stage.gateway.observeClose(close)).to.equal(false);
    const fees = await stage.client.token.balanceOf(relayer.address);
    await expectSlashed(rogue, "understated-close", recipient);
    expect(await stage.client.token.balanceOf(relayer.address), "the relayer's fee").to.equal(fees);
    expect(await codeOf(stage.as(relayer).finalizeClose(rogue.identityCommitment))).to.equal("REVERTED");

    // What the same close would have paid, had ticket 1 not been used: the call cost it all but the price of one ticket.
    const { ticketPrice, policyHold } = stage.pool.parameters;
    const honest = stage.client.priceOf(DEPOSIT) - (ticketPrice + policyHold) - FEE;
    expect(honest > DEPOSIT).to.equal(true);
  });

  it("loses D and S when it puts a second message on a paid ticket while its honest close is pending", async () => {
    const [, secret = 0n] = secrets;
    const rogue = await rogueOf(secret);
    const recipient = Wallet.createRandom().address;
    const [first, again, later, close] = await Promise.all([
      call(rogue, 0),
      call(rogue, 0),
      call(rogue, 1),
      proveClose(secret, 1, recipient),
    ]);
    await rogue.send(first);
    await stage.as(relayer).startClose(close);
    expect(await stage.gateway.observeClose(close)).to.equal(true);
    expect(await codeOf(rogue.send(later)), "a ticket from j on").to.equal("TICKET_CLOSED");
    expect(await codeOf(rogue.send(again)), "a second message on ticket 0").to.equal("TICKET_SPENT");
    await expectSlashed(rogue, "double-spend", recipient);
    await stage.travel(Number(stage.pool.parameters.challengeWindow));
    expect(await codeOf(stage.as(relayer).finalizeClose(rogue.identityCommitment))).to.equal("REVERTED");
    expect(await codeOf(rogue.send(later)), "after the slash").not.to.equal("served");
  });

  it("is refused every ticket from j on after its honest close is final and paid", async () => {
    const [, , secret = 0n] = secrets;
    const rogue = await rogueOf(secret);
    const recipient = Wallet.createRandom().address;
    const [unused, close] = await Promise.all([call(rogue, 0), proveClose(secret, 0, recipient)]);
    await stage.as(relayer).startClose(close);
    expect(await stage.gateway.observeClose(close)).to.equal(true);
    await stage.travel(Number(stage.pool.parameters.challengeWindow));
    await stage.as(relayer).finalizeClose(rogue.identityCommitment);
    expect(await stage.client.token.balanceOf(recipient)).to.equal(stage.client.priceOf(DEPOSIT) - FEE);
    expect(await codeOf(rogue.send(unused))).to.equal("TICKET_CLOSED");
  });
});
