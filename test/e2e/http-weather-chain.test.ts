// SPDX-License-Identifier: GPL-3.0-or-later
/** Reorganizations of the chain under a wallet and a gateway that speak over HTTP. Two blocks on top make a block final. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import {
  deriveIdentitySecret,
  enrollClaim,
  identityCommitmentOf,
  nullifierOf,
  ticketKeyOf,
  ticketRootOf,
} from "../../src/protocol/index.ts";
import { toJson } from "../../src/wire/index.ts";
import { Place, asking, codeOf } from "./weather/place.ts";

const DEPTH = 2;

describe("a reorganization under wallet and gateway, over HTTP", function () {
  this.timeout(240_000);
  let place: Place;

  before(async () => {
    place = await Place.open({ kind: "confirmations", blocks: DEPTH });
  });
  afterEach(() => place.close());

  it("takes a deposit away that the wallet saw: nothing is enrolled until it stands on the new chain for good", async () => {
    const shop = await place.shop();
    const { account } = place.owner({ provider: shop.url });
    const undo = await place.fork();
    await place.deposit([account.identityCommitment], 2);
    expect((await account.onChain())?.status).to.equal("active");
    expect(await codeOf(account.enroll()), "while it can still vanish").to.equal("UNKNOWN_ACCOUNT");

    await undo();
    await place.mine(DEPTH + 4);
    expect(await account.onChain()).to.equal(undefined);
    expect(await codeOf(account.enroll()), "once it has vanished").to.equal("ACCOUNT_NOT_OPEN");

    // On the new chain it has another neighbour, and another leaf.
    await place.deposit([7n, account.identityCommitment], 2);
    expect(await codeOf(account.enroll()), "while the new one can vanish").to.equal("UNKNOWN_ACCOUNT");
    await place.mine(DEPTH);
    await shop.look();
    await account.enroll();
    await account.proveTickets(1);
    const { refund } = await account.call(asking("afterwards"));
    expect(refund?.refundedHold).to.equal(place.client.parameters.policyHold);
    expect(shop.faults).to.deep.equal([]);
  });

  it("voids a root: whoever proves an enrolment against it is refused, before and after", async () => {
    const shop = await place.shop();
    const secret = 123_456_789n;
    const undo = await place.fork();
    await place.deposit([identityCommitmentOf(secret)], 2);
    const hasty = place.view({ kind: "confirmations", blocks: 0 });
    const path = await hasty.pathOf(identityCommitmentOf(secret));
    const claim = enrollClaim(place.client.pool, secret, 2n * place.hold, path);
    const { proof } = await place.prover.prove("enroll", claim.input);
    const [root, newState, enrollNullifier] = claim.publicSignals as [bigint, bigint, bigint];
    const request = toJson({ root, newState, enrollNullifier, proof });
    const enroll = (): Promise<string> => codeOf(place.reach(shop.url).enroll(request));
    await shop.look();
    expect(await enroll(), "not final").to.equal("ROOT_UNKNOWN");
    await undo();
    await place.mine(DEPTH + 4);
    expect(await enroll(), "void, and not looked at again").to.equal("ROOT_UNKNOWN");
    await shop.look();
    expect(await enroll(), "void").to.equal("ROOT_UNKNOWN");
    expect(shop.faults).to.deep.equal([]);
  });

  it("takes a close away and brings it back: it is paid, nobody is slashed, and no block is passed over", async () => {
    const folder = mkdtempSync(join(tmpdir(), "jeton-"));
    const path = join(folder, "gateway");
    try {
      let shop = await place.shop({ path });
      const seed = Buffer.alloc(32, 3);
      const { account, store } = await place.ready({ provider: shop.url, seed }, 2, 1);
      await account.call(asking("before the close"));
      const recipient = place.client.pool.address.replace(/^0x..../, "0x1234").toLowerCase();
      const deadline = BigInt((await place.now()) + 36_000);
      const { request, payout } = await account.buildClose({ recipient, deadline });
      const nullifier = unusedOf(place, store.seed, 1);
      await shop.look();
      const positions = [await shop.store.chainPosition()];

      const undo = await place.fork();
      await place.sender.startClose(request);
      await shop.look();
      expect((await account.onChain())?.isClosing).to.equal(true);
      expect(await shop.store.ticket(nullifier), "of a close that is not final").to.equal(undefined);
      positions.push(await shop.store.chainPosition());

      await undo();
      await place.mine(1);
      await shop.look();
      expect((await account.onChain())?.isClosing).to.equal(false);
      expect(await codeOf(account.call(asking("while closing"))), "the keys have left").to.equal("ACCOUNT_CLOSING");
      positions.push(await shop.store.chainPosition());

      // The provider is started again while there is no close; then it comes back.
      await shop.close();
      shop = await place.shop({ path });
      await place.sender.startClose(request);
      await shop.look();
      expect(await shop.store.ticket(nullifier)).to.equal(undefined);
      positions.push(await shop.store.chainPosition());
      await place.mine(DEPTH);
      await shop.look();
      expect(await shop.store.ticket(nullifier)).to.have.property("status", "closed");
      positions.push(await shop.store.chainPosition());

      const head = await place.client.provider.getBlockNumber();
      expect(positions).to.deep.equal([...positions].sort((a, b) => a - b));
      expect(positions.at(-1)).to.equal(head - DEPTH);
      await place.travel(Number(place.client.parameters.challengeWindow));
      await place.sender.finalizeClose(account.identityCommitment);
      await place.mine(DEPTH);
      await shop.look();
      expect(await place.client.token.balanceOf(recipient)).to.equal(payout.toRecipient);
      expect(await shop.store.offences()).to.deep.equal([]);
      expect(shop.faults).to.deep.equal([]);
      await shop.close();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("takes a dispute away: the session goes on; and brings it back: it is answered, also when the answer is taken away", async () => {
    const shop = await place.shop();
    const api = place.reach(shop.url);
    let isSilent = true;
    const moody = {
      ...api,
      endSession: (request: Parameters<typeof api.endSession>[0]) =>
        isSilent ? Promise.reject(new Error("nobody there")) : api.endSession(request),
    };
    const { account } = await place.ready({ provider: moody, retry: { attempts: 1, pauseMilliseconds: 0 } }, 1);
    const session = await account.openSession();
    const { charged } = await session.call(asking("disputed"));
    await session.end().catch(() => undefined);
    const file = await account.prepareDispute({ index: 0, recipient: await place.sender.signer.getAddress() });
    await shop.look();

    const undo = await place.fork();
    await place.sender.openDispute(file);
    await place.mine(DEPTH - 1);
    await shop.look();
    expect(await shop.store.pendingDisputes(), "not final").to.deep.equal([]);
    await undo();
    await place.mine(DEPTH + 1);
    await shop.look();
    expect(await shop.store.pendingDisputes(), "void").to.deep.equal([]);
    expect(await shop.store.ticket(file.nullifier), "its session").to.include({ status: "open", isDisputed: false });

    await place.sender.openDispute(file);
    await place.mine(DEPTH);
    const undoAnswer = await place.fork();
    await shop.look();
    expect((await place.client.disputesOf([file.nullifier]))[0]?.status).to.equal("answered");
    await undoAnswer();
    expect((await place.client.disputesOf([file.nullifier]))[0]?.status, "the answer is void").to.equal("open");
    await place.mine(1);
    await shop.look();
    expect((await place.client.disputesOf([file.nullifier]))[0]?.status, "answered again").to.equal("answered");
    await place.mine(DEPTH);
    await shop.look();
    expect(await shop.store.pendingDisputes(), "answered for good").to.deep.equal([]);

    isSilent = false;
    const [settled] = await account.settleDisputes();
    expect(settled?.refund?.refundedCharge).to.equal(place.client.parameters.ticketPrice - charged);
    expect(account.summary()).to.include({ unsettled: 0, disputed: 0 });
    expect(await shop.store.offences()).to.deep.equal([]);
  });
});

/** The nullifier of a ticket of the wallet's first account. */
function unusedOf({ client: { pool } }: Place, seed: Uint8Array, index: number): bigint {
  const root = ticketRootOf(deriveIdentitySecret(seed, pool.chainId, pool.address, 0), pool.poolHash);
  return nullifierOf(ticketKeyOf(root, index));
}
