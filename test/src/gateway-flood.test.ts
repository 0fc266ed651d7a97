// SPDX-License-Identifier: GPL-3.0-or-later
/** Many clients that send what is well formed and worth nothing. What a server adds to this is bounded queues, time and sizes of bodies. */
import { expect } from "chai";

import type { GatewayOptions } from "../../src/gateway/index.ts";
import { FIELD_MODULUS } from "../../src/protocol/index.ts";
import { codeOf, startProvider, verify } from "./support/session-world.ts";
import { callOn, proveTicket, strangeKey } from "./support/tickets.ts";
import type { ProvedTicket } from "./support/tickets.ts";

const FLOOD = 60;

describe("a flood of invalid proofs", function () {
  this.timeout(120_000);
  let ticket: ProvedTicket;
  let paying: ProvedTicket;

  before(async () => {
    [ticket, paying] = await Promise.all([proveTicket(0, 0), proveTicket(1, 0)]);
  });

  /** Tickets that nobody proved: another nullifier, session and share each, under a real proof of something else. */
  const junk = (position: number): ProvedTicket => {
    const nullifier = (ticket.nullifier + BigInt(position) + 1n) % FIELD_MODULUS;
    const y = (ticket.opening.y + BigInt(position)) % FIELD_MODULUS;
    return { ...ticket, key: strangeKey(position + 1), nullifier, opening: { ...ticket.opening, y } };
  };

  it("is refused proof by proof, leaves no trace, and does not keep a paying user out", async () => {
    const provider = startProvider();
    const { gateway, store, upstream } = provider;
    const flood = Array.from({ length: FLOOD }, (_, position) => codeOf(gateway.call(callOn(junk(position)))));
    const served = await gateway.call(callOn(paying));
    expect(served.response).to.equal("echo: hello");
    expect(new Set(await Promise.all(flood))).to.deep.equal(new Set(["PROOF_INVALID"]));
    expect(upstream.served).to.deep.equal(["hello"]);
    const { entries } = await gateway.publicFeed({ after: 0 });
    expect(entries.map((entry) => entry.kind)).to.deep.equal(["ticket"]);
    for (const position of [0, FLOOD - 1]) expect(await store.ticket(junk(position).nullifier)).to.equal(undefined);
  });

  it("costs no proof where shape, size, signature or price tell already", async () => {
    let verified = 0;
    const counted: GatewayOptions["verify"] = (...claim) => {
      verified++;
      return verify(...claim);
    };
    const { gateway } = startProvider({ verify: counted });
    const call = callOn(junk(0));
    const refused: [object, string][] = [
      [{ ...call, nullifier: FIELD_MODULUS.toString() }, "REQUEST_MALFORMED"],
      [{ ...call, more: 1 }, "REQUEST_MALFORMED"],
      [{ ...call, payload: "x".repeat(4 * 1024 * 1024 + 1) }, "REQUEST_MALFORMED"],
      [{ ...call, ticket: { ...call.ticket, proof: {} } }, "REQUEST_MALFORMED"],
      [{ ...call, payload: "another" }, "SIGNATURE_INVALID"],
      [callOn(junk(0), { cap: 0n }), "CAP_TOO_LOW"],
    ];
    for (const [request, code] of refused) expect(await codeOf(gateway.call(request))).to.equal(code);
    expect(verified).to.equal(0);
    expect(await codeOf(gateway.call(call))).to.equal("PROOF_INVALID");
    expect(verified).to.equal(1);
  });
});
