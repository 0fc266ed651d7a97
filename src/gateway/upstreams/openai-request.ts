// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Reads a request to an API with OpenAI's interface: what it may cost, before it is sent. Only what bears on the price is looked at;
 * everything else passes through.
 */
import { z } from "zod";

import { GatewayError } from "../../wire/index.ts";
import type { ExchangeRequest } from "../../wire/index.ts";
import type { UpstreamSettings } from "./config.ts";

/**
 * What a service may add to a request's text, in tokens: marks between messages, a template's own words. A tokenizer that works on bytes
 * makes no more tokens of a text than it has bytes, so the bytes of the whole request and these allowances bound its input.
 */
const TOKENS_OF_REQUEST = 64;
const TOKENS_OF_MESSAGE = 16;
/** A small picture may count for more tokens than it has bytes. */
const TOKENS_OF_OTHER_PART = 2_048;

/** They ask for more than the terms price: longer answers by another name, dearer service, or answers that are no text. */
const REFUSED_FIELDS = [
  "n_predict",
  "max_new_tokens",
  "use_beam_search",
  "service_tier",
  "audio",
  "web_search_options",
];

export type Route = "chat" | "completion" | "embedding";

const ROUTES: Readonly<Record<string, Route>> = {
  "/v1/chat/completions": "chat",
  "/v1/completions": "completion",
  "/v1/embeddings": "embedding",
};

const limit = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).nullish();
const copies = z.number().int().min(1).max(128).nullish();
const common = { model: z.string().min(1).max(200), stream: z.boolean().nullish() };
const streamOptions = z.object({ include_usage: z.boolean().nullish() }).passthrough().nullish();
const tokenList = z.array(z.number().int().min(0)).min(1);
const texts = z.union([z.string(), z.array(z.string()).min(1), tokenList, z.array(tokenList).min(1)]);

const part = z.object({ type: z.string() }).passthrough();
const chat = z
  .object({
    ...common,
    messages: z.array(z.object({ content: z.union([z.string(), z.array(part)]).nullish() }).passthrough()).min(1),
    max_tokens: limit,
    max_completion_tokens: limit,
    n: copies,
    stream_options: streamOptions,
  })
  .passthrough();
const completion = z
  .object({ ...common, prompt: texts, max_tokens: limit, n: copies, best_of: copies, stream_options: streamOptions })
  .passthrough();
const embedding = z.object({ ...common, stream: z.literal(false).nullish(), input: texts }).passthrough();

export interface TextRequest {
  readonly route: Route;
  readonly model: string;
  /** As the user sent it. */
  readonly body: Readonly<Record<string, unknown>>;
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

const refuse = (reason: string): GatewayError => new GatewayError("PAYLOAD_REFUSED", reason);

function parse<S extends z.ZodTypeAny>(schema: S, body: unknown): z.output<S> {
  const result = schema.safeParse(body);
  if (result.success) return result.data as z.output<S>;
  const [issue] = result.error.issues;
  throw refuse(`the request is malformed at "${issue?.path.join(".") ?? ""}": ${issue?.message ?? ""}`.slice(0, 400));
}

function jsonOf({ encoding, body }: ExchangeRequest): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(encoding === "utf8" ? body : Buffer.from(body, "base64").toString("utf8"));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Falls through to the refusal.
  }
  throw refuse("the request is no JSON object");
}

/** Parts that are no text are known by their bytes; what is only named by a URL is not. */
function isOtherPart({ type, ...content }: z.output<typeof part>): boolean {
  if (type === "text" || type === "refusal") return false;
  const image = content["image_url"];
  const url = typeof image === "object" && image !== null ? (image as { url?: unknown }).url : image;
  if (url !== undefined && !(typeof url === "string" && url.startsWith("data:"))) {
    throw refuse("pictures are sent within the request, as data: URLs");
  }
  if (typeof content["file"] === "object" && content["file"] !== null && "file_id" in content["file"]) {
    throw refuse("files are sent within the request");
  }
  return true;
}

const countOf = (input: z.output<typeof texts>): number =>
  typeof input === "string" || typeof input[0] === "number" ? 1 : input.length;

/** @throws GatewayError PAYLOAD_REFUSED */
export function readTextRequest(exchange: ExchangeRequest): TextRequest {
  const route = Object.hasOwn(ROUTES, exchange.path) ? ROUTES[exchange.path] : undefined;
  if (exchange.method !== "POST" || route === undefined) throw refuse("nothing is offered at this path");
  const body = jsonOf(exchange);
  for (const field of REFUSED_FIELDS) {
    if (body[field] !== undefined && body[field] !== null) throw refuse(`"${field}" is not offered`);
  }
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
 * never raised.
 * @param limitField of a chat that brings no limit
 * @returns also the most tokens that all copies have together
 */
export function boundedBody(
  { route, body, copies: count, isStreamed }: TextRequest,
  limit: number,
  limitField: UpstreamSettings["limitField"],
): { readonly body: Readonly<Record<string, unknown>>; readonly most: number } {
  if (route === "embedding") return { body, most: 0 };
  const names = route === "chat" ? ["max_completion_tokens", "max_tokens"] : ["max_tokens"];
  const given = names.filter((name) => typeof body[name] === "number");
  const limits = Object.fromEntries(
    (given.length === 0 ? [route === "chat" ? limitField : "max_tokens"] : given).map((name) => [
      name,
      Math.min(Number(body[name] ?? limit), limit),
    ]),
  );
  const usage = { stream_options: { ...(body["stream_options"] as object | null), include_usage: true } };
  return {
    body: { ...body, ...limits, ...(isStreamed ? usage : {}) },
    most: count * Math.max(...Object.values(limits)),
  };
}
