// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Policy violations (docs/protocol.md, Violations): recorded with their evidence first, reported to the chain then; the session's refund
 * is signed without its hold only when the report is there.
 */
import { GatewayError, requestHashOf, violationFile, violationHashOf } from "../wire/index.ts";
import type { SignedVoucher, TicketOpening, ViolationFile } from "../wire/index.ts";
import { Outbox } from "./outbox.ts";
import type { GatewayContext } from "./ports.ts";
import type { Violation, ViolationDecision, Voucher } from "./store/index.ts";
import { ticketClosed } from "./tickets.ts";

/** What a provider says of a call that broke its policy. */
export interface ViolationFinding {
  /** The rule that was broken, in the words of the terms. */
  readonly rule: string;
  /** What happened. The file may be shown to others: it should name nobody. */
  readonly statement: string;
}

export interface ViolationClaim extends ViolationFinding {
  /** Which call of the session; its receipt has the hash. */
  readonly requestHash: string;
  /** The request itself, if it is to be a part of the evidence. */
  readonly request?: NonNullable<ViolationFile["request"]>;
  /** The ticket's opening, if the provider kept it. */
  readonly opening?: TicketOpening;
}

/** For `reportViolation` on chain. */
export interface ViolationReport {
  readonly nullifier: bigint;
  readonly evidenceHash: string;
  /** The text of the evidence file, which the provider keeps. */
  readonly evidence: string;
}

export const onChain = ({ sequence, ...voucher }: Voucher): SignedVoucher => ({
  ...voucher,
  sequence: BigInt(sequence),
});

/** The evidence of one call. @throws ProtocolError FILE_FORMAT for a finding that fits no file */
export function violationOf(
  { pool }: Pick<GatewayContext, "pool">,
  session: { readonly nullifier: bigint; readonly sessionAddress: string; readonly voucher: Voucher },
  { rule, statement, request, opening }: Omit<ViolationClaim, "requestHash">,
): Violation {
  const { nullifier, sessionAddress, voucher } = session;
  const file: ViolationFile = {
    chainId: pool.chainId,
    pool: pool.address,
    termsHash: pool.parameters.termsHash.toLowerCase(),
    nullifier,
    rule,
    statement,
    requestHash: voucher.requestHash,
    sessionAddress,
    voucher: onChain(voucher),
    opening: opening ?? null,
    request: request ?? null,
  };
  return { nullifier, evidenceHash: violationHashOf(file), evidence: violationFile.toJson(file) };
}

export class Violations {
  readonly #context: GatewayContext;
  readonly outbox: Outbox<Violation>;

  constructor(context: GatewayContext) {
    const { store, onViolation, onFault } = context;
    this.#context = context;
    this.outbox = new Outbox({
      keyOf: ({ nullifier }) => nullifier,
      pending: () => store.unreportedViolations(),
      handIn: (violation) => onViolation(violation),
      markDone: ({ nullifier }) => store.markViolationReported(nullifier),
      onFault,
    });
  }

  /** Hands in a violation that came with a call, unless another one or a dispute came first. The call was served either way. */
  async postRecorded(violation: Violation): Promise<void> {
    const { store, onFault } = this.#context;
    try {
      const recorded = await store.violation(violation.nullifier);
      if (recorded?.evidenceHash === violation.evidenceHash) this.outbox.post(recorded);
    } catch (error) {
      onFault?.(error);
    }
  }

  /**
   * Records a violation of a session that has no refund yet, and reports it.
   * @returns the evidence hash.
   * @throws GatewayError TICKET_UNKNOWN, TICKET_CLOSED, SESSION_ENDED, VIOLATION_REFUSED
   */
  async report(nullifier: bigint, claim: ViolationClaim): Promise<string> {
    const { store } = this.#context;
    const ticket = await store.ticket(nullifier);
    if (ticket === undefined) throw refusal({ kind: "unseen" });
    if (ticket.status === "closed") throw ticketClosed();
    const voucher = await store.voucher(nullifier, claim.requestHash.toLowerCase());
    if (voucher === undefined && ticket.status === "ended") throw refusal({ kind: "ended" });
    if (voucher === undefined) throw refuse("this session was served no such call");
    if (claim.request !== undefined && requestHashOf(claim.request) !== voucher.requestHash) {
      throw refuse("the request shown is not the one that was hashed");
    }
    const { sessionAddress } = ticket;
    const violation = violationOf(this.#context, { nullifier, sessionAddress, voucher }, claim);
    const decision = await store.recordViolation(violation);
    if (decision.kind === "known" && decision.evidenceHash === violation.evidenceHash) return violation.evidenceHash;
    if (decision.kind !== "recorded") throw refusal(decision);
    this.outbox.post(violation);
    return violation.evidenceHash;
  }
}

const refuse = (reason: string): GatewayError => new GatewayError("VIOLATION_REFUSED", reason);

function refusal({ kind }: Exclude<ViolationDecision, { kind: "recorded" }>): GatewayError {
  switch (kind) {
    case "known":
      return refuse("another violation of this session was recorded before");
    case "unseen":
      return new GatewayError("TICKET_UNKNOWN", "this ticket was never handed in");
    case "closed":
      return ticketClosed();
    case "ended":
      return new GatewayError("SESSION_ENDED", "this session has its refund: nothing can be held against it any more");
    case "disputed":
      return refuse("a dispute over this ticket was opened: the chain takes no report of it");
  }
}
