// SPDX-License-Identifier: GPL-3.0-or-later
/** How a gateway reaches the service that it sells. */
import { z } from "zod";

/** Such as the service's API key. They are never shown to a user. */
const headers = z.record(
  z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, "expected a header's name"),
  z.string().max(8_192),
);

const serviceUrl = z.string().refine((text) => {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  return /^https?:$/.test(protocol) && `${username}${password}${search}${hash}` === "";
}, "expected an http(s) URL without credentials, query or fragment");

export const upstreamConfig = z
  .object({
    /** An API with OpenAI's interface, a JSON-RPC endpoint, or anything that speaks HTTP. */
    kind: z.enum(["openai", "json-rpc", "http"]),
    /** openai: the base of the interface, with or without its /v1; json-rpc: the endpoint; http: what stands before every path. */
    url: serviceUrl,
    headers: headers.default({}),
    /** The longest pause within an answer. */
    idleSeconds: z.number().positive().max(3_600).default(30),
    /** Until an answer begins. The gateway's own limit holds beside it. */
    answerSeconds: z.number().positive().max(3_600).default(110),
    /** The longest answer. */
    maxBytes: z
      .number()
      .int()
      .min(1_024)
      .max(256 * 1024 * 1024)
      .default(16 * 1024 * 1024),
    /**
     * openai: how a chat's longest answer is told to the service, whatever name the user gives it. Older services know only "max_tokens",
     * and would ignore another name.
     */
    limitField: z.enum(["max_completion_tokens", "max_tokens"]).default("max_completion_tokens"),
    /**
     * openai: fields of a request, or of a chat's message, that users may send beyond the usual ones (openai-fields.ts). They are handed on
     * unseen, so allow only what can make no call dearer than the terms say.
     */
    allowFields: z.array(z.string().min(1).max(100)).max(100).default([]),
  })
  .strict();

export type UpstreamConfig = z.input<typeof upstreamConfig>;
export type UpstreamSettings = z.output<typeof upstreamConfig>;
