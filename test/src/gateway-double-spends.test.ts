// SPDX-License-Identifier: GPL-3.0-or-later
import { expect } from "chai";

import { FIELD_MODULUS, identityCommitmentOf, slashClaim } from "../../src/protocol/index.ts";
import { POOL, codeOf, prove, secretOf, startProvider } from "./support/session-world.ts";
import { callOn, endOf, laterCallOn, proveTicket, strangeKey } from "./support/tickets.ts";
import type { ProvedTicket } from "./support/tickets.ts";

describe("the gateway and double spends", function () {
  this.timeout(60_000);
  let ticket: ProvedTicket;
  let other: ProvedTicket;
  let twice: ProvedTicket;

  before(async () => {
    [ticket, other, twice] = await Promise.all([
      proveTicket(0, 0),
      proveTicket(0, 1),
      proveTicket(0, 0, strangeKey(9)),
    ]);
  });

  it("recovers the secret of an account that puts two session keys on one ticket, and refuses its tickets", async () => {
    const { gateway, offences, upstream } = startProvider();
    await gateway.call(callOn(ticket));
    const refused = await gateway.call(callOn(twice)).catch((error: unknown) => error);
    expect(refused).to.include({ code: "TICKET_SPENT" });
    expect((refused as Error).message).not.to.contain(secretOf(0).toString());
    await gateway.idle();

    const [offence] = offences;
    expect(offence).to.deep.include({
      kind: "double-spend",
      identitySecret: secretOf(0),
      identityCommitment: identityCommitmentOf(secretOf(0)),
      nullifier: ticket.nullifier,
      index: 0,
      shares: [ticket.share, twice.share],
    });
    expect(await codeOf(gateway.call(callOn(other)))).to.equal("ACCOUNT_SLASHED");
    expect(upstream.served).to.have.length(1);
    expect(await codeOf(gateway.call(callOn(twice)))).to.equal("ACCOUNT_SLASHED");
    expect(offences).to.have.length(1);

    const recipient = "0x00000000000000000000000000000000000000cc";
    const claim = slashClaim(POOL, offence as NonNullable<typeof offence>, recipient);
    expect((await prove("slash", claim.input)).publicSignals).to.deep.equal(claim.publicSignals);
  });

  it("catches a double spend that ends a session instead of calling", async () => {
    const { gateway, offences } = startProvider();
    await gateway.call(callOn(ticket));
    expect(await codeOf(gateway.endSession(endOf(twice, true)))).to.equal("TICKET_SPENT");
    await gateway.idle();
    expect(offences).to.have.length(1);
  });

  it("catches two session keys on one ticket that come at the same moment, and serves one", async () => {
    const { gateway, offences, upstream } = startProvider();
    const results = await Promise.allSettled([gateway.call(callOn(ticket)), gateway.call(callOn(twice))]);
    await gateway.idle();
    expect(results.filter(({ status }) => status === "fulfilled")).to.have.length(1);
    expect(upstream.served).to.have.length(1);
    expect(offences).to.have.length(1);
  });

  it("reports an offence again until the claim is filed", async () => {
    let isFailing = true;
    const filed: bigint[] = [];
    const faults: unknown[] = [];
    const { gateway } = startProvider({
      onFault: (error) => faults.push(error),
      onDoubleSpend: async ({ identityCommitment }) => {
        if (isFailing) throw new Error("no gas");
        filed.push(identityCommitment);
      },
    });
    await gateway.call(callOn(ticket));
    expect(await codeOf(gateway.call(callOn(twice)))).to.equal("TICKET_SPENT");
    await gateway.reportOffences();
    expect(faults).to.have.length(2);
    isFailing = false;
    await gateway.reportOffences();
    await gateway.reportOffences();
    expect(filed).to.deep.equal([identityCommitmentOf(secretOf(0))]);
  });

  it("refuses junk shares for nullifiers read from the public feed, and nobody is accused", async () => {
    const { gateway, offences, store } = startProvider();
    await gateway.call(callOn(ticket));
    const [entry] = (await gateway.publicFeed({ after: 0 })).entries;
    const nullifier = BigInt(entry?.kind === "ticket" ? entry.nullifier : 0);
    const attacker = { ...other, key: strangeKey(8), nullifier };
    const junk = [
      { y: 1n, proof: other.opening.proof },
      { y: ticket.opening.y, proof: ticket.opening.proof },
      {
        y: FIELD_MODULUS - 1n,
        proof: {
          a: [0n, 0n],
          b: [
            [0n, 0n],
            [0n, 0n],
          ],
          c: [0n, 0n],
        },
      } as const,
    ];
    for (const opening of junk) {
      expect(await codeOf(gateway.call(callOn(attacker, { ticket: opening })))).to.equal("PROOF_INVALID");
    }
    expect(await codeOf(gateway.call(laterCallOn(attacker)))).to.equal("TICKET_SPENT");
    await gateway.idle();
    expect(offences).to.deep.equal([]);
    expect(await store.offences()).to.deep.equal([]);
    expect((await gateway.call(laterCallOn(ticket))).receipt.charged).to.equal("60");
  });
});
