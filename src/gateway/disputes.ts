// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Disputes (docs/protocol.md, Disputes): each is recorded, and with it its ticket as spent, before anything is signed for it; then
 * the session is ended as any other, and its refund is what answers.
 */
import { ticketMessage } from "../protocol/index.ts";
import { GatewayError } from "../wire/index.ts";
import type { DisputeView, SignedRefund, SignedVoucher } from "../wire/index.ts";
import { Outbox } from "./outbox.ts";
import type { GatewayContext } from "./ports.ts";
import { fullRefund } from "./refunds.ts";
import type { Sessions } from "./sessions.ts";
import type { DisputeAnswer, DisputeRecord, RefundRecord, SpentTicket } from "./store/index.ts";
import { refuseDoubleSpend } from "./tickets.ts";
import { onChain } from "./violations.ts";

/** A dispute as the chain's event tells it. */
export type ObservedDispute = Pick<DisputeView, "nullifier" | "y" | "sessionAddress" | "resolvableAt">;

/** For `answerDispute`, together with a proof of the `refund` statement. */
export interface DisputeReply {
  readonly refund: SignedRefund;
  /** Covers the charge; undefined where there is none. */
  readonly voucher: SignedVoucher | undefined;
  /** Before this it has to be on chain: unix seconds. */
  readonly resolvableAt: bigint;
}

export class Disputes {
  readonly #context: GatewayContext;
  readonly #sessions: Sessions;
  readonly #outbox: Outbox<DisputeRecord>;

  constructor(context: GatewayContext, sessions: Sessions) {
    const { store, answerDispute, onFault } = context;
    this.#context = context;
    this.#sessions = sessions;
    this.#outbox = new Outbox({
      keyOf: ({ nullifier }) => nullifier,
      pending: async () => (await store.pendingDisputes()).filter(({ answer }) => answer !== undefined),
      handIn: (dispute) => answerDispute(replyOf(dispute)),
      markDone: ({ nullifier }) => store.markDisputeDone(nullifier),
      onFault,
    });
  }

  /** @returns whether the answer is decided; if not, another process serves a call of the session. */
  async observe({ nullifier, y, sessionAddress, resolvableAt }: ObservedDispute): Promise<boolean> {
    const { pool, store, clock } = this.#context;
    const share = { x: ticketMessage(pool.scope, sessionAddress), y };
    const dispute = await store.recordDispute({ nullifier, share, sessionAddress, resolvableAt }, clock());
    return this.#settle(dispute);
  }

  /** Decides what is open, and hands in again what was not handed in. */
  async postAll(): Promise<void> {
    const { store, onFault } = this.#context;
    for (const dispute of await store.pendingDisputes()) {
      if (dispute.answer !== undefined) continue;
      await this.#settle(dispute).catch((error: unknown) => onFault?.(error));
    }
    await this.#outbox.postAll();
  }

  idle(): Promise<void> {
    return this.#outbox.idle();
  }

  async #settle(dispute: DisputeRecord): Promise<boolean> {
    const { store } = this.#context;
    const answer = dispute.answer ?? (await this.#decide(dispute));
    if (answer === undefined) return false;
    const standing = await store.recordAnswer(answer);
    if (!standing.isDone) this.#outbox.post(standing);
    return true;
  }

  async #decide({ nullifier, x, y, sessionAddress }: DisputeRecord): Promise<DisputeAnswer | undefined> {
    const { store } = this.#context;
    const full = (): DisputeAnswer => ({ nullifier, ...fullRefund(this.#context, nullifier), voucher: undefined });
    const ticket = await store.ticket(nullifier);
    if (ticket === undefined) throw new GatewayError("INTERNAL", "a disputed ticket is not in the store");
    if (ticket.status === "closed") return full();
    if (ticket.share.x !== x) {
      // The proof was checked on chain, so the share counts. The one exception to one refund for each ticket.
      if (y !== undefined) await refuseDoubleSpend(this.#context, ticket, { x, y });
      return full();
    }
    const key = { nullifier, share: ticket.share, sessionAddress };
    const decision = await this.#sessions.endNow(key, { mayRecord: false, isDisputed: true });
    if (decision.kind === "in-progress") return undefined;
    if (decision.kind !== "ended") throw new GatewayError("INTERNAL", `a disputed session is ${decision.kind}`);
    return this.#withVoucher(nullifier, decision.refund);
  }

  /** The session has ended: nothing changes what it was charged any more. */
  async #withVoucher(nullifier: bigint, refund: RefundRecord): Promise<DisputeAnswer> {
    const { store, pool } = this.#context;
    const { voucher } = (await store.ticket(nullifier)) as SpentTicket;
    const isCharged = refund.refundedCharge < pool.parameters.ticketPrice;
    return { nullifier, ...refund, voucher: isCharged ? voucher : undefined };
  }
}

function replyOf({ answer, resolvableAt }: DisputeRecord): DisputeReply {
  if (answer === undefined) throw new GatewayError("INTERNAL", "a dispute without an answer was handed in");
  const { voucher, ...refund } = answer;
  return { refund, voucher: voucher && onChain(voucher), resolvableAt };
}
