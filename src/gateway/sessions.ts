// SPDX-License-Identifier: GPL-3.0-or-later
/** The end of a session: one refund ticket for its nullifier, and never another one. */
import { refundMessage, ticketMessage } from "../protocol/index.ts";
import { END_SESSION_TYPES, GatewayError } from "../wire/index.ts";
import type { EndRequest, SignedRefund } from "../wire/index.ts";
import type { KeyedQueue } from "./locks.ts";
import type { GatewayContext } from "./ports.ts";
import { decideEnd } from "./rules.ts";
import type { EndDecision, RefundRecord, TicketKey } from "./store.ts";
import { refuseDoubleSpend, requireSigner, ticketClosed, verifyOpening } from "./tickets.ts";

/** rc = C - charged, rp = P. The signature is deterministic, so signing again gives the same ticket. */
export function refundFor(
  { pool, stateKey }: Pick<GatewayContext, "pool" | "stateKey">,
  nullifier: bigint,
  charged: bigint,
): RefundRecord {
  const { ticketPrice, policyHold } = pool.parameters;
  const amounts = { refundedCharge: ticketPrice - charged, refundedHold: policyHold };
  return { ...amounts, signature: stateKey.sign(refundMessage(pool.poolHash, { nullifier, ...amounts })) };
}

export class Sessions {
  readonly #context: GatewayContext;
  readonly #queue: KeyedQueue;

  constructor(context: GatewayContext, queue: KeyedQueue) {
    this.#context = context;
    this.#queue = queue;
  }

  async end({ nullifier, sessionAddress, signature, ticket }: EndRequest): Promise<SignedRefund> {
    requireSigner(this.#context, END_SESSION_TYPES, { nullifier }, signature, sessionAddress);
    const x = ticketMessage(this.#context.pool.scope, sessionAddress);
    const first = await this.#attempt({ nullifier, share: { x, y: 0n }, sessionAddress }, false);
    if (first.kind === "ended") return { nullifier, ...first.refund };
    if (ticket === undefined || (first.kind !== "unseen" && first.kind !== "other-message")) throw refusal(first);

    const share = await verifyOpening(this.#context, nullifier, x, ticket);
    if (first.kind === "other-message") throw await refuseDoubleSpend(this.#context, first.recorded, share);
    const second = await this.#attempt({ nullifier, share, sessionAddress }, true);
    if (second.kind === "ended") return { nullifier, ...second.refund };
    if (second.kind === "other-message") throw await refuseDoubleSpend(this.#context, second.recorded, share);
    throw refusal(second);
  }

  /** The refund of a session that ended. */
  async refund(nullifier: bigint): Promise<SignedRefund> {
    const ticket = await this.#context.store.ticket(nullifier);
    if (ticket === undefined) throw refusal({ kind: "unseen" });
    if (ticket.status === "closed") throw ticketClosed();
    if (ticket.refund === undefined) throw new GatewayError("SESSION_OPEN", "this session has not ended");
    return { nullifier, ...ticket.refund };
  }

  /** Ends sessions that were idle for longer than the terms say. Returns how many. */
  async endIdle(limit: number): Promise<number> {
    const { store, clock, terms } = this.#context;
    const now = clock();
    const idle = await store.idleSessions(now - terms.retention.sessionSeconds, now, limit);
    for (const ticket of idle) await this.#attempt(ticket, false);
    return idle.length;
  }

  /** After the calls of this ticket that are under way. */
  #attempt(ticket: TicketKey, mayRecord: boolean): Promise<EndDecision> {
    const { store, clock } = this.#context;
    const { nullifier, share } = ticket;
    return this.#queue.run(nullifier.toString(), async () => {
      for (;;) {
        // Signing takes 50 ms: what can be refused, or was signed before, is decided first.
        const known = await store.ticket(nullifier);
        const charged = known !== undefined && known.status !== "closed" ? known.charged : 0n;
        const early = decideEnd(share.x, charged, known, [], clock());
        if (early !== undefined && !(early.kind === "unseen" && mayRecord)) return early;
        const refund = refundFor(this.#context, nullifier, charged);
        const decision = await store.endSession(ticket, { charged, refund }, mayRecord, clock());
        if (decision.kind !== "charged") return decision;
      }
    });
  }
}

function refusal({ kind }: EndDecision): GatewayError {
  switch (kind) {
    case "closed":
      return ticketClosed();
    case "other-message":
      return new GatewayError("TICKET_SPENT", "this ticket belongs to another session");
    case "in-progress":
      return new GatewayError("CALL_IN_PROGRESS", "a call of this session is being served; ask again later");
    default:
      return new GatewayError("TICKET_UNKNOWN", "this ticket was never handed in");
  }
}
