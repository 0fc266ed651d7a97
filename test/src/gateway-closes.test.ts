// SPDX-License-Identifier: GPL-3.0-or-later
import { expect } from "chai";
import { ZeroAddress, verifyTypedData } from "ethers";

import {
  CLOSE_CONSENT_TYPES,
  closeClaim,
  coverKeysHash,
  coverKeysOf,
  domainOf,
  identityCommitmentOf,
  nullifierOf,
  slashClaim,
  ticketKeyOf,
  ticketRootOf,
} from "../../src/protocol/index.ts";
import { toJson } from "../../src/wire/index.ts";
import type { CloseRequest } from "../../src/wire/index.ts";
import {
  DEPOSIT,
  HOLD,
  POOL,
  SIGNER,
  SMALL_DEPOSIT,
  codeOf,
  prove,
  secretOf,
  startProvider,
  withFolder,
} from "./support/session-world.ts";
import { callOn, endOf, laterCallOn, proveTicket, strangeKey } from "./support/tickets.ts";
import type { ProvedTicket } from "./support/tickets.ts";

const RECIPIENT = "0x00000000000000000000000000000000000000cc";
const rootOf = (account: number): bigint => ticketRootOf(secretOf(account), POOL.poolHash);
const nullifierAt = (account: number, index: number): bigint => nullifierOf(ticketKeyOf(rootOf(account), index));
const observed = (
  account: number,
  firstUnused: number,
): Pick<CloseRequest, "identityCommitment" | "firstUnused" | "coverKeys"> => ({
  identityCommitment: identityCommitmentOf(secretOf(account)),
  firstUnused: BigInt(firstUnused),
  coverKeys: coverKeysOf(rootOf(account), firstUnused),
});

/** A proved close without refunds. */
async function proveClose(firstUnused: number, deadline = 1_900_000_000n): Promise<CloseRequest> {
  const terms = { recipient: RECIPIENT, relayer: ZeroAddress, fee: 0n, deadline };
  const refunds = { refundedCharges: 0n, refundedHolds: 0n };
  const claim = closeClaim(POOL, secretOf(0), undefined, { deposit: DEPOSIT, firstUnused, ...refunds, terms });
  const { proof } = await prove("close", claim.input);
  return { ...observed(0, firstUnused), ...refunds, certified: 0n, ...terms, proof };
}

describe("the gateway and closes", function () {
  this.timeout(60_000);
  let tickets: readonly ProvedTicket[];
  let close: CloseRequest;

  before(async () => {
    [tickets, close] = await Promise.all([Promise.all([0, 1, 2].map((index) => proveTicket(0, index))), proveClose(1)]);
  });
  const ticketAt = (index: number): ProvedTicket => tickets[index] as ProvedTicket;

  it("refuses the tickets that a close revealed, uses none of their shares, and shows none", async () => {
    const { gateway, offences, store, upstream } = startProvider();
    await gateway.call(callOn(ticketAt(0)));
    expect(await gateway.observeClose(observed(0, 1))).to.equal(true);
    for (const index of [1, 2]) {
      expect(await codeOf(gateway.call(callOn(ticketAt(index))))).to.equal("TICKET_CLOSED");
      expect(await codeOf(gateway.endSession(endOf(ticketAt(index), true)))).to.equal("TICKET_CLOSED");
      expect(await codeOf(gateway.refund({ nullifier: ticketAt(index).nullifier.toString() }))).to.equal(
        "TICKET_CLOSED",
      );
    }
    const twice = await proveTicket(0, 1, strangeKey(9));
    expect(await codeOf(gateway.call(callOn(twice)))).to.equal("TICKET_CLOSED");
    await gateway.idle();
    expect(offences).to.deep.equal([]);
    expect(await store.ticket(ticketAt(1).nullifier)).to.deep.equal({
      status: "closed",
      nullifier: ticketAt(1).nullifier,
    });
    expect((await gateway.publicFeed({ after: 0 })).entries).to.have.length(1);
    expect(upstream.served).to.have.length(1);
  });

  it("goes on serving the tickets below j, which are paid for", async () => {
    const { gateway } = startProvider();
    await gateway.observeClose(observed(0, 2));
    expect((await gateway.call(callOn(ticketAt(1)))).response).to.equal("echo: hello");
  });

  it("convicts an account that closed below a ticket it had used, from one share and the cover key", async () => {
    for (const [used, firstUnused] of [
      [2, 0],
      [2, 1],
      [1, 1],
    ] as const) {
      const { gateway, offences } = startProvider();
      await gateway.call(callOn(ticketAt(used)));
      expect(await gateway.observeClose(observed(0, firstUnused))).to.equal(false);
      await gateway.idle();
      const [offence] = offences;
      expect(offence).to.include({ kind: "understated-close", identitySecret: secretOf(0), index: used });
      expect(offence?.shares[0]).to.deep.equal(ticketAt(used).share);
      expect(offence?.shares[1].x).not.to.equal(offence?.shares[0].x);
      const claim = slashClaim(POOL, offence as NonNullable<typeof offence>, RECIPIENT);
      expect((await prove("slash", claim.input)).publicSignals).to.deep.equal(claim.publicSignals);
      // Every ticket of an account whose secret is known is refused, those below j too.
      const refused = used === 1 ? ticketAt(0) : ticketAt(1);
      expect(await codeOf(gateway.call(callOn(refused)))).to.be.oneOf(["ACCOUNT_SLASHED", "TICKET_CLOSED"]);
    }
  });

  it("catches the same ticket under two session keys while the account closes", async () => {
    const { gateway, offences } = startProvider();
    await gateway.call(callOn(ticketAt(0)));
    await gateway.observeClose(observed(0, 1));
    const twice = await proveTicket(0, 0, strangeKey(9));
    expect(await codeOf(gateway.call(callOn(twice)))).to.equal("TICKET_SPENT");
    await gateway.idle();
    expect(offences).to.have.length(1);
  });

  it("enters the revealed tickets that D could have paid for, and no more", async () => {
    const { gateway, store } = startProvider();
    await gateway.observeClose(observed(2, 5));
    const end = 5 + Number(SMALL_DEPOSIT / HOLD);
    expect(await store.ticket(nullifierAt(2, 4))).to.equal(undefined);
    for (let index = 5; index < end; index++)
      expect(await store.ticket(nullifierAt(2, index))).to.include({ status: "closed" });
    expect(await store.ticket(nullifierAt(2, end))).to.equal(undefined);
    await gateway.observeClose(observed(0, 65_535));
    expect(await store.ticket(nullifierAt(0, 65_535))).to.include({ status: "closed" });
    expect(await gateway.observeClose(observed(1, 65_536))).to.equal(true);
  });

  it("takes note of the same close as often as it is told, and of an account it does not know never", async () => {
    const { gateway } = startProvider();
    expect(await gateway.observeClose(observed(0, 1))).to.equal(true);
    expect(await gateway.observeClose(observed(0, 1))).to.equal(true);
    expect(await codeOf(gateway.observeClose(observed(7, 1)))).to.equal("ACCOUNT_NOT_OPEN");
  });

  it("consents to an honest close, after it has entered what the close reveals", () =>
    withFolder(async (path) => {
      const { gateway, clock, store } = startProvider({ path: path("gateway") });
      await gateway.call(callOn(ticketAt(0)));
      const consent = await gateway.consentToClose(toJson(close));
      expect(consent.consentDeadline).to.equal((clock.now + 3_600).toString());
      const message = {
        ...close,
        coverKeysHash: coverKeysHash(close.coverKeys),
        consentDeadline: consent.consentDeadline,
      };
      expect(verifyTypedData(domainOf(POOL), CLOSE_CONSENT_TYPES, message, consent.signature)).to.equal(SIGNER.address);
      expect(await codeOf(gateway.call(callOn(ticketAt(1))))).to.equal("TICKET_CLOSED");
      expect((await gateway.call(laterCallOn(ticketAt(0)))).receipt.charged).to.equal("60");
      await store.close();
      const again = startProvider({ path: path("gateway") });
      expect(await codeOf(again.gateway.call(callOn(ticketAt(1))))).to.equal("TICKET_CLOSED");
      expect(await again.gateway.consentToClose(toJson(close))).to.have.property("signature");
    }));

  it("refuses consent when a revealed ticket was used, names the least j, and accuses nobody", async () => {
    const { gateway, offences, store } = startProvider();
    await gateway.call(callOn(ticketAt(2)));
    const refused = await gateway.consentToClose(toJson(close)).catch((error: unknown) => error);
    expect(refused).to.deep.include({ code: "CLOSE_CONFLICT", details: { firstUnused: 3 } });
    await gateway.idle();
    expect(offences).to.deep.equal([]);
    expect(await store.ticket(nullifierAt(0, 1))).to.equal(undefined);
    expect((await gateway.call(callOn(ticketAt(1)))).response).to.equal("echo: hello");
  });

  it("enters the tickets of a close once, however often and at once consent to it is asked for", async () => {
    const { gateway, store } = startProvider();
    let entered = 0;
    const closeTickets = store.closeTickets.bind(store);
    store.closeTickets = (...args) => {
      entered += 1;
      return closeTickets(...args);
    };
    const consents = await Promise.all([1, 2, 3].map(() => gateway.consentToClose(toJson(close))));
    for (const { signature } of consents) expect(signature).to.equal(consents[0]?.signature);
    expect(entered).to.equal(1);
  });

  it("consents to nothing that is not proved, not open, or that the contract would refuse", async () => {
    const { gateway, chain, clock, store } = startProvider();
    const ask = (change: Partial<CloseRequest>): Promise<string> =>
      codeOf(gateway.consentToClose(toJson({ ...close, ...change })));
    expect(await ask({ recipient: POOL.parameters.token })).to.equal("PROOF_INVALID");
    expect(await ask({ relayer: RECIPIENT, fee: 1n })).to.equal("PROOF_INVALID");
    expect(await ask({ firstUnused: 2n, coverKeys: observed(0, 2).coverKeys })).to.equal("PROOF_INVALID");
    expect(await ask({ coverKeys: observed(1, 1).coverKeys })).to.equal("PROOF_INVALID");
    expect(await ask({ coverKeys: observed(1, 1).coverKeys.map(() => 5n) })).to.equal("PROOF_INVALID");
    expect(await ask({ identityCommitment: 5n })).to.equal("ACCOUNT_NOT_OPEN");
    expect(await ask({ refundedCharges: 101n })).to.equal("CLOSE_REFUSED");
    expect(await ask({ refundedHolds: 21n })).to.equal("CLOSE_REFUSED");
    // Nobody makes the gateway look for a state on the chain without a proof.
    expect(await ask({ certified: 5n })).to.equal("PROOF_INVALID");
    expect(await ask({ deadline: BigInt(clock.now - 1) })).to.equal("CLOSE_REFUSED");
    expect(await ask({ firstUnused: 65_537n })).to.equal("REQUEST_MALFORMED");
    chain.change(close.identityCommitment, { isClosing: true });
    expect(await ask({})).to.equal("ACCOUNT_NOT_OPEN");
    chain.change(close.identityCommitment, { isClosing: false, status: "slashed" });
    expect(await ask({})).to.equal("ACCOUNT_NOT_OPEN");
    expect(await store.ticket(nullifierAt(0, 1))).to.equal(undefined);
  });
});
