// SPDX-License-Identifier: GPL-3.0-or-later
/** Reads a request to an API with OpenAI's interface: what it may cost, before it is sent. */
import { z } from "zod";

import type { ExchangeRequest } from "../../wire/index.ts";
import type { UpstreamSettings } from "./config.ts";
import { isOtherPart, offeredFields, refuse } from "./openai-fields.ts";
import type { Fields, Route } from "./openai-fields.ts";

/**
 * What a service may add to a request's text, in tokens: marks between messages, a template's own words. A tokenizer that works on bytes
 * makes no more tokens of a text than it has bytes, so the bytes of the whole request and these allowances bound its input.
 */
const TOKENS_OF_REQUEST = 64;
const TOKENS_OF_MESSAGE = 16;
/** A small picture may count for more tokens than it has bytes. */
const TOKENS_OF_OTHER_PART = 2_048;

const ROUTES: Readonly<Record<string, Route>> = {
  "/v1/chat/completions": "chat",
  "/v1/completions": "completion",
  "/v1/embeddings": "embedding",
};

/** Some services take 0 for "as long as you like". */
const limit = z.number().int().min(1).max(Number.MAX_SAFE_INTEGER).nullish();
const copies = z.number().int().min(1).max(128).nullish();
const common = { model: z.string().min(1).max(200), stream: z.boolean().nullish() };
const usageOption = z.boolean().nullish();
const streamOptions = z.object({ include_usage: usageOption, include_obfuscation: usageOption }).strict().nullish();
/** Every one of them is computed for every token, and fills the answer. */
const alternatives = z.number().int().min(0).max(20);
const writing = {
  ...common,
  max_tokens: limit,
  max_completion_tokens: limit,
  n: copies,
  stream_options: streamOptions,
  logprobs: z.union([z.boolean(), alternatives]).nullish(),
};
const tokenList = z.array(z.number().int().min(0)).min(1);
const texts = z.union([z.string(), z.array(z.string()).min(1), tokenList, z.array(tokenList).min(1)]);

const part = z.object({ type: z.string() }).passthrough();
const chat = z
  .object({
    ...writing,
    messages: z.array(z.object({ content: z.union([z.string(), z.array(part)]).nullish() }).passthrough()).min(1),
    top_logprobs: alternatives.nullish(),
  })
  .passthrough();
const completion = z.object({ ...writing, prompt: texts, best_of: copies }).passthrough();
const embedding = z.object({ ...common, stream: z.literal(false).nullish(), input: texts }).passthrough();

export interface TextRequest {
  readonly route: Route;
  readonly model: string;
  /** As the user sent it, but for fields that say nothing. */
  readonly body: Fields;
  /** Of the body. */
  readonly bytes: number;
  /** Its input has at most so many tokens. */
  readonly inputMost: number;
  /** How many answers it makes the service write. */
  readonly copies: number;
  readonly isStreamed: boolean;
  /** The user asked for the chunk with the usage. */
  readonly wantsUsage: boolean;
}

function parse<S extends z.ZodTypeAny>(schema: S, body: unknown): z.output<S> {
  const result = schema.safeParse(body);
  if (result.success) return result.data as z.output<S>;
  const [issue] = result.error.issues;
  throw refuse(`the request is malformed at "${issue?.path.join(".") ?? ""}": ${issue?.message ?? ""}`.slice(0, 400));
}

function jsonOf({ encoding, body }: ExchangeRequest): Fields {
  try {
    const value: unknown = JSON.parse(encoding === "utf8" ? body : Buffer.from(body, "base64").toString("utf8"));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  } catch {
    // Falls through to the refusal.
  }
  throw refuse("the request is no JSON object");
}

const countOf = (input: z.output<typeof texts>): number =>
  typeof input === "string" || typeof input[0] === "number" ? 1 : input.length;

/**
 * @param allowFields fields that the operator offers beyond the usual ones
 * @throws GatewayError PAYLOAD_REFUSED
 */
export function readTextRequest(exchange: ExchangeRequest, allowFields: readonly string[] = []): TextRequest {
  const route = Object.hasOwn(ROUTES, exchange.path) ? ROUTES[exchange.path] : undefined;
  if (exchange.method !== "POST" || route === undefined) throw refuse("nothing is offered at this path");
  const body = offeredFields(route, jsonOf(exchange), allowFields);
  const bytes = Buffer.byteLength(JSON.stringify(body), "utf8");
  const most = (messages: number, others = 0): number =>
    bytes + TOKENS_OF_REQUEST + messages * TOKENS_OF_MESSAGE + others * TOKENS_OF_OTHER_PART;

  if (route === "embedding") {
    const { model, input } = parse(embedding, body);
    return {
      route,
      model,
      body,
      bytes,
      inputMost: most(countOf(input)),
      copies: 0,
      isStreamed: false,
      wantsUsage: false,
    };
  }
  if (route === "completion") {
    const { model, prompt, stream, stream_options: options, n, best_of: best } = parse(completion, body);
    const prompts = countOf(prompt);
    return {
      ...{ route, model, body, bytes, inputMost: most(prompts), copies: prompts * Math.max(n ?? 1, best ?? 1) },
      ...{ isStreamed: stream === true, wantsUsage: options?.include_usage === true },
    };
  }
  const { model, messages, stream, stream_options: options, n } = parse(chat, body);
  const parts = messages.flatMap(({ content }) => (Array.isArray(content) ? content : []));
  return {
    ...{
      route,
      model,
      body,
      bytes,
      inputMost: most(messages.length, parts.filter(isOtherPart).length),
      copies: n ?? 1,
    },
    ...{ isStreamed: stream === true, wantsUsage: options?.include_usage === true },
  };
}

/**
 * The request as it is sent: no answer is longer than `limit` tokens, and the usage of a stream is asked for. What the user asked for is
 * never raised, and goes by the one name that the service knows: another would be ignored.
 * @param limitField of a chat
 * @returns also the most tokens that all copies have together
 */
export function boundedBody(
  { route, body, copies: count, isStreamed }: TextRequest,
  limit: number,
  limitField: UpstreamSettings["limitField"],
): { readonly body: Fields; readonly most: number } {
  if (route === "embedding") return { body, most: 0 };
  const { max_tokens: older, max_completion_tokens: newer, ...others } = body;
  const given = [older, newer].filter((value) => typeof value === "number");
  const longest = Math.min(limit, ...given);
  const usage = { stream_options: { ...(body["stream_options"] as object | null), include_usage: true } };
  return {
    body: { ...others, [route === "chat" ? limitField : "max_tokens"]: longest, ...(isStreamed ? usage : {}) },
    most: count * longest,
  };
}
