// SPDX-License-Identifier: GPL-3.0-or-later
/** One paid call (docs/protocol.md, Calls): check, record, serve, charge, answer. Nothing is served before it is recorded. */
import { setMaxListeners } from "node:events";

import { CALL_TYPES, RECEIPT_TYPES, domainOf, ticketMessage } from "../protocol/index.ts";
import type { Call, Receipt } from "../protocol/index.ts";
import { GatewayError, requestHashOf, responseHashOf } from "../wire/index.ts";
import type { CallAnswer, CallRequest, OnPiece } from "../wire/index.ts";
import type { KeyedQueue } from "./locks.ts";
import type { GatewayContext } from "./ports.ts";
import { refundFor } from "./refunds.ts";
import { serveWithin } from "./serving.ts";
import { CALLS_PER_SESSION } from "./store/index.ts";
import type { CallClaim, CallDecision } from "./store/index.ts";
import type { TicketKey, Violation } from "./store/index.ts";
import { refuseDoubleSpend, requireSigner, ticketClosed, verifyOpening } from "./tickets.ts";
import type { Served } from "./upstream.ts";
import { violationOf } from "./violations.ts";
import type { ViolationFinding, Violations } from "./violations.ts";

type Refused = Exclude<CallDecision, { kind: "serve" | "answered" }>;
type Granted = Extract<CallDecision, { kind: "serve" }>;
type Attempt = { readonly kind: "answered"; readonly answer: CallAnswer } | Refused;

/** A call waits for one of its session that runs and for one that waits; whoever comes after these is told to ask again. */
const MOST_OF_SESSION = 3;
/** Of a payload of more characters than this, the hash costs more than a look into the store. */
const LARGE_PAYLOAD = 16 * 1024;

export class Calls {
  readonly #context: GatewayContext;
  /** Calls of one ticket come one after the other; proofs are verified outside, so junk holds up nobody's session. */
  readonly #queue: KeyedQueue;
  readonly #violations: Violations;
  readonly #stopped = new AbortController();

  constructor(context: GatewayContext, queue: KeyedQueue, violations: Violations) {
    this.#context = context;
    this.#queue = queue;
    this.#violations = violations;
    // Every call that is being served listens.
    setMaxListeners(0, this.#stopped.signal);
  }

  /** Gives up what is being served, and what comes yet. */
  stop(): void {
    this.#stopped.abort();
  }

  /** @param onPiece told of the response as it comes, while this call is served here. */
  async call(request: CallRequest, onPiece: OnPiece = () => undefined): Promise<CallAnswer> {
    await this.#refuseEarly(request);
    const claim = this.#claimOf(request);
    const { nullifier, x } = claim;

    const first = await this.#attempt(request, claim, undefined, onPiece);
    if (first.kind === "answered") return first.answer;
    if (first.kind !== "unseen" && first.kind !== "other-message") throw refusal(first);
    if (request.ticket === undefined) throw refusal(first);

    const share = await verifyOpening(this.#context, nullifier, x, request.ticket);
    if (first.kind === "other-message") throw await refuseDoubleSpend(this.#context, first.recorded, share);
    const { sessionAddress } = request;
    const second = await this.#attempt(request, claim, { nullifier, share, sessionAddress }, onPiece);
    if (second.kind === "answered") return second.answer;
    // Another message for this ticket came in while this one's proof was verified.
    if (second.kind === "other-message") throw await refuseDoubleSpend(this.#context, second.recorded, share);
    throw refusal(second);
  }

  /** What can be said of a large request before it is hashed; all of it is known to everybody. */
  async #refuseEarly({ nullifier, sessionAddress, payload, ticket }: CallRequest): Promise<void> {
    if (payload.length <= LARGE_PAYLOAD) return;
    const { store, pool } = this.#context;
    const known = await store.ticket(nullifier);
    if (known?.status === "closed") throw refusal({ kind: "closed" });
    if (ticket !== undefined) return;
    if (known === undefined) throw refusal({ kind: "unseen" });
    const isOther = known.share.x !== ticketMessage(pool.scope, sessionAddress);
    if (isOther) throw refusal({ kind: "other-message", recorded: known });
  }

  /** Everything that can be said without the store and without a proof. */
  #claimOf(request: CallRequest): CallClaim {
    const { pool, upstream } = this.#context;
    const { nullifier, sessionAddress, sequence, cap, signature } = request;
    const { ticketPrice } = pool.parameters;
    if (cap > ticketPrice) {
      throw new GatewayError("REQUEST_MALFORMED", `the cap is above the ticket price of ${ticketPrice}`);
    }
    const requestHash = requestHashOf(request);
    const voucher: Call = { nullifier, sequence: BigInt(sequence), cap, requestHash };
    requireSigner(this.#context, CALL_TYPES, { ...voucher }, signature, sessionAddress);
    const leastRoom = upstream.quote(request.payload);
    if (leastRoom > cap) throw capTooLow(0n, leastRoom);
    const x = ticketMessage(pool.scope, sessionAddress);
    return { nullifier, x, sessionAddress, sequence, cap, requestHash, signature, leastRoom };
  }

  async #attempt(
    request: CallRequest,
    claim: CallClaim,
    opening: TicketKey | undefined,
    onPiece: OnPiece,
  ): Promise<Attempt> {
    const { store, clock, owner, settings } = this.#context;
    const key = claim.nullifier.toString();
    if (this.#queue.count(key) >= MOST_OF_SESSION) throw refusal({ kind: "in-progress" });
    return this.#queue.run(key, async () => {
      const now = clock();
      const decision = await store.beginCall(claim, opening, { owner, until: now + settings.leaseSeconds }, now);
      if (decision.kind !== "serve") return decision;
      return { kind: "answered", answer: await this.#serve(request, claim, decision, onPiece) };
    });
  }

  /** The lease is ours. */
  async #serve(
    request: CallRequest,
    claim: CallClaim,
    { charged: before, isViolated }: Granted,
    onPiece: OnPiece,
  ): Promise<CallAnswer> {
    const { store, owner, clock } = this.#context;
    const { nullifier, sequence } = claim;
    try {
      const served = await this.#serveUpstream(request, claim, before, onPiece);
      const charged = before + served.charge;
      const violation = served.violation && this.#violationOf(request, claim, served.violation);
      // The refund of a session that broke the policy waits for the report: it is asked for later.
      let mayEnd = request.isLast && !isViolated && violation === undefined;
      for (;;) {
        const refund = mayEnd ? refundFor(this.#context, nullifier, charged) : undefined;
        const answer = await this.#answerOf(claim, served, charged, refund && { nullifier, ...refund });
        const outcome = { nullifier, sequence, owner, answer, charged, refund, violation, at: clock() };
        const completion = await store.completeCall(outcome);
        if (completion === "lost") break;
        if (completion === "violated") mayEnd = false;
        if (completion !== "done") continue;
        if (violation !== undefined) await this.#violations.postRecorded(violation);
        return answer;
      }
    } catch (error) {
      await store.abandonCall(nullifier, sequence, owner);
      throw error;
    }
    throw refusal({ kind: "in-progress" });
  }

  #violationOf(request: CallRequest, claim: CallClaim, finding: ViolationFinding): Violation {
    const { salt, isLast, payload, sessionAddress, ticket } = request;
    const { nullifier, sequence, cap, requestHash, signature } = claim;
    const voucher = { sequence, cap, requestHash, signature };
    const shown = {
      ...finding,
      request: { salt, isLast, payload },
      ...(ticket === undefined ? {} : { opening: ticket }),
    };
    return violationOf(this.#context, { nullifier, sessionAddress, voucher }, shown);
  }

  async #serveUpstream(
    { payload }: CallRequest,
    claim: CallClaim,
    chargedBefore: bigint,
    onPiece: OnPiece,
  ): Promise<Served> {
    const { upstream, settings, pool, onFault } = this.#context;
    const mostCharged = claim.cap - chargedBefore;
    const { serviceSeconds } = settings;
    const stopRenewing = this.#keepLease(claim);
    try {
      const { signal } = this.#stopped;
      const served = await serveWithin(upstream, payload, { mostCharged, serviceSeconds, onPiece, signal });
      if (served.charge < 0n || served.charge > mostCharged || served.charge % pool.parameters.unit !== 0n) {
        throw new GatewayError("CHARGE_REFUSED", "the service asked for a charge that terms or voucher do not allow");
      }
      return served;
    } catch (error) {
      if (error instanceof GatewayError) throw error;
      onFault?.(error);
      throw new GatewayError(
        "UPSTREAM_FAILED",
        "the service failed; nothing was charged, and the same call may be sent again",
      );
    } finally {
      stopRenewing();
    }
  }

  /** Renews the lease while the upstream works. A failure to renew shows when the call is completed. */
  #keepLease({ nullifier, sequence }: CallClaim): () => void {
    const { store, clock, owner, settings } = this.#context;
    const renew = (): void => {
      const lease = { owner, until: clock() + settings.leaseSeconds };
      store.renewLease(nullifier, sequence, lease).catch(() => undefined);
    };
    const timer = setInterval(renew, (settings.leaseSeconds * 1_000) / 3);
    timer.unref();
    return () => clearInterval(timer);
  }

  async #answerOf(
    { nullifier, sequence, requestHash }: CallClaim,
    { response, modelId = "" }: Served,
    charged: bigint,
    refund: CallAnswer["refund"] | undefined,
  ): Promise<CallAnswer> {
    const { pool, signer, clock } = this.#context;
    const receipt: Receipt = {
      nullifier,
      sequence: BigInt(sequence),
      requestHash,
      responseHash: responseHashOf(response),
      charged,
      modelId,
      issuedAt: BigInt(clock()),
    };
    const signature = await signer.signTypedData(domainOf(pool), RECEIPT_TYPES, { ...receipt });
    return { response, receipt, signature, refund: refund ?? null };
  }
}

const capTooLow = (charged: bigint, leastRoom: bigint): GatewayError =>
  new GatewayError("CAP_TOO_LOW", `the voucher must allow at least ${charged + leastRoom} in total`, {
    least: (charged + leastRoom).toString(),
  });

function refusal(decision: Refused): GatewayError {
  switch (decision.kind) {
    case "unseen":
      return new GatewayError("PROOF_REQUIRED", "the first call of a ticket brings its proof");
    case "closed":
      return ticketClosed();
    case "other-message":
      return new GatewayError("TICKET_SPENT", "this ticket belongs to another session");
    case "ended":
      return new GatewayError("SESSION_ENDED", "this session has ended; its refund can be asked for");
    case "conflict":
      return new GatewayError("SEQUENCE_CONFLICT", "this sequence was used with another request; nothing was charged");
    case "passed":
      return new GatewayError("SEQUENCE_PASSED", "a later sequence of this session was used");
    case "forgotten":
      return new GatewayError("SEQUENCE_PASSED", "this call was served, and its answer is no longer kept");
    case "too-many":
      return new GatewayError(
        "PAYLOAD_REFUSED",
        `this session had its ${CALLS_PER_SESSION} calls, and takes no more: end it and ask for its refund`,
      );
    case "in-progress":
      return new GatewayError("CALL_IN_PROGRESS", "a call of this session is being served; ask again later");
    case "cap-too-low":
      return capTooLow(decision.charged, 0n);
  }
}
