// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Jeton as a payment scheme of x402, version 2 (https://github.com/coinbase/x402, specs/transports-v2/http.md): the offer that comes with
 * status 402, the payment that a request brings, and what is said of it with the answer. Each is base64 of JSON in a header.
 */
import { z } from "zod";

import { holdOf } from "../protocol/index.ts";
import type { Pool } from "../protocol/index.ts";
import { GatewayError } from "./errors.ts";
import { PATHS } from "./http.ts";
import { callRequest } from "./messages.ts";
import type { CallAnswerJson, CallRequestJson } from "./messages.ts";
import { describeIssues } from "./values.ts";

export const X402_SCHEME = "jeton";
export const X402_HEADERS = {
  /** With status 402: what is asked. */
  offer: "payment-required",
  /** Of a request: what pays for it. */
  payment: "payment-signature",
  /** With the answer: what was charged. */
  settlement: "payment-response",
} as const;

/** A CAIP-2 name. */
export const x402Network = (chainId: bigint): `eip155:${string}` => `eip155:${chainId}`;

const requirements = z.object({
  scheme: z.string().max(100),
  network: z.string().max(100),
  asset: z.string().max(200),
  amount: z.string().regex(/^\d{1,78}$/),
  payTo: z.string().max(200),
  maxTimeoutSeconds: z.number(),
  extra: z.record(z.unknown()),
});

/** The call without its payload, which is the HTTP request itself (`encodeExchangeRequest`). */
export type PaidCallJson = Omit<CallRequestJson, "payload">;
const paidCall = callRequest.omit({ payload: true });

const payment = z.object({
  x402Version: z.literal(2),
  accepted: requirements,
  payload: z.custom<PaidCallJson>((value) => paidCall.safeParse(value).success, "expected a call without its payload"),
});

const offer = z.object({
  x402Version: z.literal(2),
  error: z.string().optional(),
  resource: z.object({ url: z.string(), description: z.string().optional(), mimeType: z.string().optional() }),
  accepts: z.array(requirements).min(1),
});

export type PaymentRequirementsJson = z.output<typeof requirements>;
export type PaymentOfferJson = z.output<typeof offer>;
export type PaymentJson = z.output<typeof payment>;

/** What is said of a call's payment: the provider's receipt, and the refund ticket if the session ended. */
export type SettledCallJson = Omit<CallAnswerJson, "response">;

export interface SettlementJson {
  readonly success: boolean;
  readonly errorReason?: string;
  /** No transaction belongs to one call. */
  readonly transaction: "";
  readonly network: string;
  readonly extensions?: { readonly jeton: SettledCallJson };
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value), "utf8").toString("base64");

function decode<S extends z.ZodTypeAny>(schema: S, header: string, what: string): z.output<S> {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(header, "base64").toString("utf8"));
  } catch {
    throw new GatewayError("REQUEST_MALFORMED", `${what} is no base64 of JSON`);
  }
  const result = schema.safeParse(value);
  if (!result.success) throw new GatewayError("REQUEST_MALFORMED", `${what} is ${describeIssues(result.error)}`);
  return result.data as z.output<S>;
}

/** What one request can cost at most, in token base units, and what a wallet must know to pay. */
export function paymentRequirements(pool: Pool, amount: bigint, maxTimeoutSeconds: number): PaymentRequirementsJson {
  const { token, ticketPrice, policyHold, unit, providerKey, termsHash } = pool.parameters;
  return {
    scheme: X402_SCHEME,
    network: x402Network(pool.chainId),
    asset: token,
    amount: amount.toString(),
    payTo: pool.address,
    maxTimeoutSeconds,
    extra: {
      chainId: pool.chainId.toString(),
      pool: pool.address,
      termsHash,
      ticketPrice: ticketPrice.toString(),
      policyHold: policyHold.toString(),
      hold: holdOf(pool.parameters).toString(),
      unit: unit.toString(),
      providerKey: providerKey.map(String),
      paths: PATHS,
    },
  };
}

export const encodeOffer = (value: PaymentOfferJson): string => encode(value);
/** @throws GatewayError REQUEST_MALFORMED */
export const decodeOffer = (header: string): PaymentOfferJson => decode(offer, header, "the offer");

export const encodePayment = (accepted: PaymentRequirementsJson, payload: PaidCallJson): string =>
  encode({ x402Version: 2, accepted, payload });

/** @throws GatewayError REQUEST_MALFORMED when it is none, or one for another pool */
export function decodePayment(header: string, pool: Pool): PaymentJson {
  const value = decode(payment, header, "the payment");
  const { scheme, network, payTo } = value.accepted;
  const isOurs = scheme === X402_SCHEME && network === x402Network(pool.chainId);
  if (!isOurs || payTo.toLowerCase() !== pool.address.toLowerCase()) {
    throw new GatewayError("REQUEST_MALFORMED", "the payment is not for this pool");
  }
  return value;
}

export const encodeSettlement = (value: SettlementJson): string => encode(value);

export function settlementOf(pool: Pool, { response: _, ...settled }: CallAnswerJson): SettlementJson {
  return { success: true, transaction: "", network: x402Network(pool.chainId), extensions: { jeton: settled } };
}

export const failedSettlement = (pool: Pool, { code }: GatewayError): SettlementJson => ({
  success: false,
  errorReason: code.toLowerCase(),
  transaction: "",
  network: x402Network(pool.chainId),
});
