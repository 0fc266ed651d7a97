// SPDX-License-Identifier: GPL-3.0-or-later
/** The requests that the bundled model understands: the parts of OpenAI's interface that it can mean something by. */
import { z } from "zod";

const count = z.number().int().min(1).nullish();
const writing = {
  model: z.string(),
  n: z.number().int().min(1).max(16).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  stop: z.union([z.string(), z.array(z.string()).max(4)]).nullish(),
  max_tokens: count,
};

const part = z.object({ type: z.string(), text: z.string().optional() });
const message = z.object({
  role: z.enum(["developer", "system", "user", "assistant", "tool", "function"]),
  content: z.union([z.string(), z.array(part)]).nullish(),
});

export const chatRequest = z.object({
  ...writing,
  max_completion_tokens: count,
  messages: z.array(message).min(1),
  tools: z.array(z.object({ function: z.object({ name: z.string() }).optional() })).nullish(),
});

export const completionRequest = z.object({
  ...writing,
  prompt: z.union([z.string(), z.array(z.string()).min(1).max(64)]),
});

export const embeddingRequest = z.object({
  model: z.string(),
  input: z.union([z.string().min(1), z.array(z.string().min(1)).min(1).max(2_048)]),
  encoding_format: z.enum(["float", "base64"]).nullish(),
  dimensions: z.number().int().min(1).max(4_096).nullish(),
});

export type ChatRequest = z.output<typeof chatRequest>;
export type CompletionRequest = z.output<typeof completionRequest>;
export type EmbeddingRequest = z.output<typeof embeddingRequest>;

/** What a message says; parts that are no text say nothing. */
export function textOf({ content }: ChatRequest["messages"][number]): string {
  if (typeof content === "string") return content;
  return (content ?? []).map(({ text = "" }) => text).join("\n");
}

export const listOf = (value: string | readonly string[]): readonly string[] =>
  typeof value === "string" ? [value] : value;
