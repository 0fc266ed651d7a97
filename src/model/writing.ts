// SPDX-License-Identifier: GPL-3.0-or-later
/** Chat and completions: what is written, as one answer or as the chunks of a stream. */
import { createHash } from "node:crypto";

import type { ChatRequest, CompletionRequest } from "./requests.ts";
import { listOf, textOf } from "./requests.ts";
import { replyTo, toolAskedFor } from "./talker.ts";
import { countChatTokens, countTokens, tokensOf } from "./tokens.ts";

interface Written {
  readonly tokens: readonly string[];
  readonly finish: "stop" | "length" | "tool_calls";
  readonly tool?: { readonly name: string; readonly arguments: string };
}

/** An answer, whole and in chunks. Both say the same. */
export interface Answer {
  readonly whole: object;
  /** In order, without the usage. */
  readonly chunks: readonly object[];
  /** The last chunk, for a client that asks for it. */
  readonly usageChunk: object;
}

/** The same request has the same number. */
const numberOf = (request: object): string =>
  createHash("sha256").update(JSON.stringify(request)).digest("hex").slice(0, 24);

function limited(text: string, stop: ChatRequest["stop"], most: number): Written {
  const ends = listOf(stop ?? []).flatMap((end) => {
    const at = end === "" ? -1 : text.indexOf(end);
    return at === -1 ? [] : [at];
  });
  const tokens = tokensOf(text.slice(0, Math.min(text.length, ...ends)));
  return tokens.length > most ? { tokens: tokens.slice(0, most), finish: "length" } : { tokens, finish: "stop" };
}

const usageOf = (prompt: number, completion: number): object => ({
  prompt_tokens: prompt,
  completion_tokens: completion,
  total_tokens: prompt + completion,
});

export function answerChat(request: ChatRequest): Answer {
  const { messages, model, n, stop, tools } = request;
  const said = messages.findLast(({ role }) => role === "user") ?? messages.at(-1);
  const words = said === undefined ? "" : textOf(said);
  const most = request.max_completion_tokens ?? request.max_tokens ?? Infinity;
  const names = (tools ?? []).flatMap((tool) => tool.function?.name ?? []);
  const tool = toolAskedFor(words, names);
  const written: Written =
    tool === undefined
      ? limited(replyTo(words), stop, most)
      : { tokens: tokensOf(`${tool.name}${tool.arguments}`), finish: "tool_calls", tool };
  const all = Array.from({ length: n ?? 1 }, () => written);
  const usage = usageOf(countChatTokens(messages.map(textOf)), all.length * written.tokens.length);

  const number = numberOf(request);
  const frame = { id: `chatcmpl-${number}`, created: 0, model };
  const call = tool && { id: `call_${number}`, type: "function", function: tool };
  const text = written.tokens.join("");
  const message = {
    role: "assistant",
    refusal: null,
    ...(call ? { content: null, tool_calls: [call] } : { content: text }),
  };
  const chunk = (index: number, delta: object, finish_reason: string | null): object => ({
    ...frame,
    object: "chat.completion.chunk",
    choices: [{ index, delta, logprobs: null, finish_reason }],
  });
  return {
    whole: {
      ...frame,
      object: "chat.completion",
      choices: all.map(({ finish }, index) => ({ index, message, logprobs: null, finish_reason: finish })),
      usage,
    },
    chunks: all.flatMap(({ tokens, finish }, index) => [
      chunk(index, { role: "assistant", content: call ? null : "" }, null),
      ...(call
        ? [chunk(index, { tool_calls: [{ index: 0, ...call }] }, null)]
        : tokens.map((token) => chunk(index, { content: token }, null))),
      chunk(index, {}, finish),
    ]),
    usageChunk: { ...frame, object: "chat.completion.chunk", choices: [], usage },
  };
}

export function answerCompletion(request: CompletionRequest): Answer {
  const { model, n, stop, max_tokens } = request;
  const prompts = listOf(request.prompt);
  const all = prompts.flatMap((prompt) => {
    const written = limited(replyTo(prompt), stop, max_tokens ?? 16);
    return Array.from({ length: n ?? 1 }, () => written);
  });
  const usage = usageOf(
    prompts.reduce((sum, prompt) => sum + countTokens(prompt), 0),
    all.reduce((sum, { tokens }) => sum + tokens.length, 0),
  );
  const frame = { id: `cmpl-${numberOf(request)}`, object: "text_completion", created: 0, model };
  const choice = (index: number, text: string, finish_reason: string | null): object => ({
    index,
    text,
    logprobs: null,
    finish_reason,
  });
  return {
    whole: { ...frame, choices: all.map(({ tokens, finish }, index) => choice(index, tokens.join(""), finish)), usage },
    chunks: all.flatMap(({ tokens, finish }, index) => [
      ...tokens.map((token) => ({ ...frame, choices: [choice(index, token, null)] })),
      { ...frame, choices: [choice(index, "", finish)] },
    ]),
    usageChunk: { ...frame, choices: [], usage },
  };
}
