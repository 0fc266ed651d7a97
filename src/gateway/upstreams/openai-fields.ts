// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What a request to an API with OpenAI's interface may hold. Services know many more fields than the terms price: dearer service, longer
 * answers by another name, templates, addresses that the service then visits. So what is not known to be harmless is refused.
 */
import { GatewayError } from "../../wire/index.ts";

export type Route = "chat" | "completion" | "embedding";
export type Fields = Readonly<Record<string, unknown>>;

const WRITING = [
  ...["model", "stream", "stream_options", "max_tokens", "n", "stop", "seed", "user", "temperature", "top_p"],
  ...["presence_penalty", "frequency_penalty", "logit_bias", "logprobs"],
];
/** Thinking counts as writing, which is limited. */
const THINKING = ["reasoning_effort", "verbosity"];
const TOOLS = ["tools", "tool_choice", "parallel_tool_calls", "functions", "function_call"];

const FIELDS: Readonly<Record<Route, ReadonlySet<string>>> = {
  chat: new Set([
    ...WRITING,
    ...THINKING,
    ...TOOLS,
    ...["messages", "max_completion_tokens", "top_logprobs", "response_format", "modalities"],
  ]),
  completion: new Set([...WRITING, "prompt", "suffix", "best_of"]),
  embedding: new Set(["model", "input", "stream", "user", "encoding_format", "dimensions"]),
};

/** Also those of an answer that a client sends back as it came. */
const MESSAGE_FIELDS: ReadonlySet<string> = new Set([
  ...["role", "content", "name", "tool_calls", "tool_call_id", "function_call"],
  ...["refusal", "annotations", "reasoning", "reasoning_content"],
]);

/** Other kinds are served by the service itself, at a price of their own, or lead it elsewhere. */
const TOOL_TYPES: ReadonlySet<unknown> = new Set(["function", "custom"]);

export const refuse = (reason: string): GatewayError => new GatewayError("PAYLOAD_REFUSED", reason);

const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function pick(fields: Fields, offered: ReadonlySet<string>, allowed: readonly string[], where: string): Fields {
  const entries = Object.entries(fields).filter(([name, value]) => {
    if (offered.has(name) || allowed.includes(name)) return true;
    if (value === null) return false;
    throw refuse(`"${where}${name.slice(0, 100)}" is not offered`);
  });
  return Object.fromEntries(entries);
}

function checkValues({ modalities, tools }: Fields): void {
  const isText = Array.isArray(modalities) && modalities.every((modality) => modality === "text");
  if (modalities !== undefined && modalities !== null && !isText) throw refuse('of "modalities" only text is offered');
  for (const tool of Array.isArray(tools) ? (tools as unknown[]) : []) {
    if (!isObject(tool) || !TOOL_TYPES.has(tool["type"])) throw refuse('of "tools" only functions are offered');
  }
}

/**
 * The request without fields that say nothing.
 * @param allowed the operator's own additions
 * @throws GatewayError PAYLOAD_REFUSED for a field that is not offered
 */
export function offeredFields(route: Route, body: Fields, allowed: readonly string[]): Fields {
  const fields = pick(body, FIELDS[route], allowed, "");
  checkValues(fields);
  const { messages } = fields;
  if (!Array.isArray(messages)) return fields;
  const read = (message: unknown): unknown =>
    isObject(message) ? pick(message, MESSAGE_FIELDS, allowed, "messages.") : message;
  return { ...fields, messages: messages.map(read) };
}

const isInline = (value: unknown): boolean => typeof value === "string" && value.startsWith("data:");
const isBase64 = (value: unknown): boolean => typeof value === "string" && /^[A-Za-z0-9+/_=-]*$/.test(value);
const isShort = (value: unknown): boolean => value === undefined || (typeof value === "string" && value.length <= 200);

type Check = (value: unknown) => boolean;
const objectOf =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isObject(value) &&
    Object.keys(value).every((name) => Object.hasOwn(checks, name)) &&
    Object.entries(checks).every(([name, check]) => check(value[name]));

const isString: Check = (value) => typeof value === "string";
const isPicture = objectOf({ url: isInline, detail: isShort });

/** What stands under a part's type. Nothing in it is an address. */
const PARTS: ReadonlyMap<string, Check> = new Map([
  ["text", isString],
  ["refusal", isString],
  ["image_url", (value) => isInline(value) || isPicture(value)],
  ["input_audio", objectOf({ data: (value) => isInline(value) || isBase64(value), format: isShort })],
  ["file", objectOf({ file_data: isInline, filename: isShort })],
]);

/**
 * True for a part of a message that is no text.
 * @throws GatewayError PAYLOAD_REFUSED for what is not within the request
 */
export function isOtherPart(part: Fields & { readonly type: string }): boolean {
  const { type } = part;
  const check = PARTS.get(type);
  if (check === undefined) throw refuse(`parts of the type "${type.slice(0, 100)}" are not offered`);
  for (const name of Object.keys(part)) {
    if (name !== "type" && name !== type) throw refuse(`"${name.slice(0, 100)}" is not offered in a part`);
  }
  if (!check(part[type])) throw refuse(`what a part holds as "${type}" is sent within the request, as a data: URL`);
  return type !== "text" && type !== "refusal";
}
