// SPDX-License-Identifier: GPL-3.0-or-later
/** The end of a session: one refund ticket for its nullifier, and never another one. */
import { ticketMessage } from "../protocol/index.ts";
import { END_SESSION_TYPES, GatewayError } from "../wire/index.ts";
import type { EndRequest, SignedRefund } from "../wire/index.ts";
import type { KeyedQueue } from "./locks.ts";
import type { GatewayContext } from "./ports.ts";
import { refundFor, refundedHoldOf } from "./refunds.ts";
import { decideEnd } from "./store/index.ts";
import type { EndDecision, TicketKey } from "./store/index.ts";
import { refuseDoubleSpend, requireSigner, ticketClosed, verifyOpening } from "./tickets.ts";

export interface EndOptions {
  /** The ticket's proof was verified: one that was never seen is recorded, and ended. */
  readonly mayRecord: boolean;
  /** A dispute over it stands on chain. */
  readonly isDisputed: boolean;
}

/** What ending a session can come to. */
export type EndOutcome =
  | Exclude<EndDecision, { kind: "changed" }>
  /** Its violation is not on chain yet, and its refund depends on that. */
  | { readonly kind: "violation-pending" };

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
    const known = { mayRecord: false, isDisputed: false };
    const first = await this.endNow({ nullifier, share: { x, y: 0n }, sessionAddress }, known);
    if (first.kind === "ended") return { nullifier, ...first.refund };
    if (ticket === undefined || (first.kind !== "unseen" && first.kind !== "other-message")) throw refusal(first);

    const share = await verifyOpening(this.#context, nullifier, x, ticket);
    if (first.kind === "other-message") throw await refuseDoubleSpend(this.#context, first.recorded, share);
    const second = await this.endNow({ nullifier, share, sessionAddress }, { ...known, mayRecord: true });
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
    const { store, clock, terms, onFault } = this.#context;
    const now = clock();
    const idle = await store.idleSessions(now - terms.retention.sessionSeconds, now, limit);
    let ended = 0;
    for (const ticket of idle) {
      try {
        const { kind } = await this.endNow(ticket, { mayRecord: false, isDisputed: false });
        if (kind === "ended") ended += 1;
      } catch (error) {
        // One session that needs the chain holds up no other.
        onFault?.(error);
      }
    }
    return ended;
  }

  /** After the calls of this ticket that are under way in this process. */
  endNow(ticket: TicketKey, { mayRecord, isDisputed }: EndOptions): Promise<EndOutcome> {
    const { store, clock } = this.#context;
    const { nullifier, share } = ticket;
    return this.#queue.run(nullifier.toString(), async () => {
      for (;;) {
        // What can be refused, or was signed before, is decided first: nothing is signed in vain.
        const known = await store.ticket(nullifier);
        const session = known === undefined || known.status === "closed" ? undefined : known;
        const basis = { charged: session?.charged ?? 0n, violation: session?.violation };
        const early = decideEnd(share.x, basis, known, [], clock());
        if (early !== undefined && early.kind !== "changed" && !(early.kind === "unseen" && mayRecord)) return early;
        const refundedHold = await refundedHoldOf(this.#context, nullifier, basis.violation, isDisputed);
        if (refundedHold === undefined) return { kind: "violation-pending" };
        const refund = refundFor(this.#context, nullifier, basis.charged, refundedHold);
        const decision = await store.endSession(ticket, { ...basis, refund }, mayRecord, clock());
        if (decision.kind !== "changed") return decision;
      }
    });
  }
}

function refusal({ kind }: EndOutcome): GatewayError {
  switch (kind) {
    case "closed":
      return ticketClosed();
    case "other-message":
      return new GatewayError("TICKET_SPENT", "this ticket belongs to another session");
    case "in-progress":
      return new GatewayError("CALL_IN_PROGRESS", "a call of this session is being served; ask again later");
    case "violation-pending":
      return new GatewayError(
        "VIOLATION_PENDING",
        "this session broke the policy, and its refund follows the report on chain: ask again later",
      );
    default:
      return new GatewayError("TICKET_UNKNOWN", "this ticket was never handed in");
  }
}
