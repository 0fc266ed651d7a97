// SPDX-License-Identifier: GPL-3.0-or-later
/** The provider's interface over HTTP: where its parts are, how an answer is framed, and what a refusal looks like (RFC 9457). */
import { z } from "zod";

import { GATEWAY_ERRORS, GatewayError } from "./errors.ts";
import type { GatewayErrorCode } from "./errors.ts";
import { paddedLength } from "./exchange.ts";
import { callAnswer } from "./messages.ts";
import type { CallAnswerJson } from "./messages.ts";

/** POST takes and gives the JSON of messages.ts; GET takes the same as a query. */
export const PATHS = {
  terms: "/jeton/v1/terms",
  enroll: "/jeton/v1/enrolments",
  call: "/jeton/v1/calls",
  endSession: "/jeton/v1/sessions/end",
  refund: "/jeton/v1/refunds",
  fold: "/jeton/v1/folds",
  close: "/jeton/v1/closes",
  /** GET: ?after=N&limit=N. */
  feed: "/jeton/v1/feed",
  /** GET: ?after=N&limit=N, the leaves of the pool's tree in order, from the contract's own events. */
  leaves: "/jeton/v1/leaves",
  health: "/jeton/v1/health",
} as const;

/** What `call` answers with: lines of JSON, the last one an answer or a problem. */
export const CALL_MEDIA_TYPE = "application/x-ndjson";
export const PROBLEM_MEDIA_TYPE = "application/problem+json";

const codes = Object.keys(GATEWAY_ERRORS) as [GatewayErrorCode, ...GatewayErrorCode[]];

const problem = z.object({
  type: z.string().max(200),
  title: z.string().max(400),
  status: z.number().int().min(400).max(599),
  detail: z.string().max(2_000),
  code: z.enum(codes),
  details: z.record(z.union([z.string().max(400), z.number()])).default({}),
});

export type ProblemJson = z.input<typeof problem>;

/** "TICKET_SPENT" as "Ticket spent". */
const titleOf = (code: string): string => {
  const words = code.toLowerCase().replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
};

export const problemOf = ({ code, status, message, details }: GatewayError): ProblemJson => ({
  type: `urn:jeton:problem:${code.toLowerCase().replaceAll("_", "-")}`,
  title: titleOf(code),
  status,
  detail: message,
  code,
  details: { ...details },
});

const errorOf = ({ code, detail, details }: z.output<typeof problem>): GatewayError =>
  // Somebody else's words may end up on a terminal.
  new GatewayError(code, detail.replace(/[\p{Cc}\p{Cf}]/gu, " "), details);

/** Undefined for what is no problem of ours. */
export function errorOfProblem(json: unknown): GatewayError | undefined {
  const result = problem.safeParse(json);
  return result.success ? errorOf(result.data) : undefined;
}

const unresponded = callAnswer.omit({ response: true });

const frame = z.union([
  /** A piece of the response, as the service gave it. */
  z.object({ piece: z.string() }).strict(),
  /** What is left of the response, and what is said of it. The pad means nothing. */
  z.object({ rest: z.string(), answer: unresponded, pad: z.string() }).strict(),
  z.object({ problem }).strict(),
]);
type FrameJson = z.input<typeof frame>;

const line = (value: FrameJson): string => `${JSON.stringify(value)}\n`;

export const encodePiece = (piece: string): string => line({ piece });
export const encodeProblem = (error: GatewayError): string => line({ problem: problemOf(error) });

/** @param delivered how many characters of the response went out in pieces. Padded to its class of lengths. */
export function encodeAnswer({ response, ...answer }: CallAnswerJson, delivered: number): string {
  const bare = line({ rest: response.slice(delivered), answer, pad: "" });
  const length = Buffer.byteLength(bare, "utf8");
  return line({ rest: response.slice(delivered), answer, pad: "0".repeat(paddedLength(length) - length) });
}

/** Puts the lines of an answer together again. */
export class AnswerReader {
  readonly #onPiece: ((piece: string) => void) | undefined;
  #response = "";

  constructor(onPiece?: (piece: string) => void) {
    this.#onPiece = onPiece;
  }

  /**
   * Takes one line.
   * @returns the answer when it is complete.
   * @throws GatewayError as the provider sent it; SyntaxError or ZodError for what is no line of an answer
   */
  take(text: string): CallAnswerJson | undefined {
    const value = frame.parse(JSON.parse(text));
    if ("problem" in value) throw errorOf(value.problem);
    const piece = "piece" in value ? value.piece : value.rest;
    this.#response += piece;
    if (piece !== "") this.#onPiece?.(piece);
    // What crossed is handed on as it came; the caller's schema reads it.
    return "piece" in value
      ? undefined
      : { response: this.#response, ...(JSON.parse(text) as { answer: Omit<CallAnswerJson, "response"> }).answer };
  }
}
