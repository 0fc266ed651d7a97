// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Why a request got no answer of the service, for the program that sent it. Programs send again by themselves what failed with 408, 409,
 * 429 or 5xx; on a ticket that would be a second paid call, with a payload that says that it is the same. So `mayRetry` is true only
 * where no ticket was used, and goes out as the header that OpenAI's clients obey.
 */
import { GATEWAY_ERRORS } from "../wire/index.ts";
import type { GatewayErrorCode } from "../wire/index.ts";

export interface ProblemOptions {
  /** Nothing has left this machine: sending the same again costs nothing and links nothing. */
  readonly mayRetry?: boolean;
  readonly cause?: unknown;
}

export class ProxyProblem extends Error {
  readonly status: number;
  /** Stable, in lower case. */
  readonly code: string;
  readonly mayRetry: boolean;

  constructor(status: number, code: string, message: string, options: ProblemOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "ProxyProblem";
    this.status = status;
    this.code = code;
    this.mayRetry = options.mayRetry ?? false;
  }
}

/** What this machine knows before a ticket is taken: status, and what to do. */
const BEFORE: Readonly<Record<string, readonly [status: number, hint: string]>> = {
  ACCOUNT_NOT_OPEN: [402, "make a deposit with `jeton wallet deposit`"],
  ACCOUNT_CLOSING: [402, "deposit into another account with `jeton wallet deposit --account N`"],
  BUDGET_SPENT: [402, "refunds become tickets when they are folded; or deposit into another account"],
  NOT_ENROLLED: [
    503,
    "the wallet enrols by itself, some time after the deposit: `jeton wallet status` says where it stands",
  ],
  REFUND_WITHHELD: [503, "`jeton wallet status` shows the ticket, `jeton wallet dispute` asks for it on chain"],
  RPC_FAILED: [503, "calls wait for the chain's endpoint: is it up, and is the wallet connected to the right one?"],
  TERMS_MISMATCH: [502, "do not use this provider unless you know why its terms differ"],
};

/** A ticket was used. What became of its money is the wallet's business, by itself. */
const AFTER: Readonly<Record<string, readonly [status: number, hint: string]>> = {
  UNANSWERED: [504, "the call may have been made; the wallet asks for its answer and its refund until they come"],
  PROVIDER_DISHONEST: [502, "the wallet keeps the evidence: `jeton wallet status` shows it"],
  TICKET_USED_ELSEWHERE: [502, "use each wallet in one place only"],
};

interface CodedError {
  readonly code?: unknown;
  readonly refusal?: unknown;
}

const statusOfRefusal = (refusal: unknown): number =>
  typeof refusal === "string" && refusal in GATEWAY_ERRORS ? GATEWAY_ERRORS[refusal as GatewayErrorCode] : 502;

const REFUNDED = "what the call did not cost comes back in full";

/** What a failed call means for the program that asked for it. */
export function problemOf(error: unknown): ProxyProblem {
  if (error instanceof ProxyProblem) return error;
  const { code, refusal } = (error ?? {}) as CodedError;
  const message = error instanceof Error ? error.message : "the call failed";
  const name = typeof code === "string" ? code : "INTERNAL";
  if (name === "CALL_REFUSED") {
    const known = typeof refusal === "string" ? refusal.toLowerCase() : "call_refused";
    return new ProxyProblem(statusOfRefusal(refusal), known, `${message} (${REFUNDED})`, { cause: error });
  }
  if (name === "PAYLOAD_INVALID") return new ProxyProblem(413, "payload_invalid", message, { cause: error });
  const after = AFTER[name];
  if (after !== undefined)
    return new ProxyProblem(after[0], name.toLowerCase(), `${message} (${after[1]})`, { cause: error });
  const before = BEFORE[name];
  if (before !== undefined)
    return new ProxyProblem(before[0], name.toLowerCase(), `${message}: ${before[1]}`, { cause: error });
  return new ProxyProblem(502, name.toLowerCase(), message, { cause: error });
}
