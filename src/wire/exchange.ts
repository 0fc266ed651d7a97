// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * One HTTP exchange with the service behind a gateway, as it travels inside a paid call: the payload is the request, the response its
 * answer. Requests are padded, so that their length says little.
 */
import { z } from "zod";

import { canonicalJson } from "./canonical.ts";
import { GatewayError } from "./errors.ts";
import { describeIssues } from "./values.ts";

/** The smallest class of lengths, in bytes. Each class is twice the one before it. */
const LEAST_LENGTH = 1_024;

/** The length, in bytes, that something of this length is padded to. */
export function paddedLength(length: number): number {
  let padded = LEAST_LENGTH;
  while (padded < length) padded *= 2;
  return padded;
}

/** Text as it is; what is no UTF-8 in base64. */
const encoding = z.enum(["utf8", "base64"]);

const request = z
  .object({
    method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE"]),
    /** With its query. */
    path: z
      .string()
      .max(4_096)
      .regex(/^\/[\x21-\x7e]*$/, "expected a path"),
    contentType: z.string().max(200),
    encoding,
    body: z.string(),
    /** Means nothing. */
    pad: z.string(),
  })
  .strict();

const head = z
  .object({ status: z.number().int().min(200).max(599), contentType: z.string().max(200), encoding })
  .strict();

export type ExchangeRequest = Omit<z.output<typeof request>, "pad">;
/** What a response begins with; its body follows. */
export type ExchangeHead = z.output<typeof head>;
export type ExchangeResponse = ExchangeHead & { readonly body: string };

/** In bytes, as a string within the JSON of a call: there quotes and backslashes take two. */
const lengthInCall = (payload: string): number => Buffer.byteLength(JSON.stringify(payload), "utf8");

/** The payload of a call, padded so that what travels has its class's length. */
export function encodeExchangeRequest(exchange: ExchangeRequest): string {
  const bare = lengthInCall(canonicalJson({ ...exchange, pad: "" }));
  return canonicalJson({ ...exchange, pad: "0".repeat(paddedLength(bare) - bare) });
}

/** @throws GatewayError PAYLOAD_REFUSED */
export function decodeExchangeRequest(payload: string): ExchangeRequest {
  let value: unknown;
  try {
    value = JSON.parse(payload);
  } catch {
    throw new GatewayError("PAYLOAD_REFUSED", "the payload is no JSON");
  }
  const result = request.safeParse(value);
  if (!result.success)
    throw new GatewayError("PAYLOAD_REFUSED", `the payload is no HTTP request: ${describeIssues(result.error)}`);
  const { pad: _, ...exchange } = result.data;
  return exchange;
}

/** What stands before the body: one line. */
export const encodeExchangeHead = (of: ExchangeHead): string => `${canonicalJson(head.parse(of))}\n`;

/** @throws GatewayError PAYLOAD_REFUSED when the text is no such line */
export function decodeExchangeHead(line: string): ExchangeHead {
  try {
    return head.parse(JSON.parse(line));
  } catch (error) {
    throw new GatewayError("PAYLOAD_REFUSED", "the response is no HTTP answer", {
      reason: String(error).slice(0, 200),
    });
  }
}

export const encodeExchangeResponse = ({ body, ...of }: ExchangeResponse): string => encodeExchangeHead(of) + body;

/** @throws GatewayError PAYLOAD_REFUSED */
export function decodeExchangeResponse(response: string): ExchangeResponse {
  const end = response.indexOf("\n");
  return {
    ...decodeExchangeHead(end === -1 ? response : response.slice(0, end)),
    body: end === -1 ? "" : response.slice(end + 1),
  };
}

/** The bytes of a body. */
export const bodyBytes = ({ encoding: of, body }: Pick<ExchangeResponse, "encoding" | "body">): Buffer =>
  Buffer.from(body, of === "base64" ? "base64" : "utf8");

/** A body as it travels. */
export function bodyOf(bytes: Uint8Array): Pick<ExchangeResponse, "encoding" | "body"> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = buffer.toString("utf8");
  const isText = Buffer.from(text, "utf8").equals(buffer);
  return isText ? { encoding: "utf8", body: text } : { encoding: "base64", body: buffer.toString("base64") };
}
