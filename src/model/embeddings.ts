// SPDX-License-Identifier: GPL-3.0-or-later
/** Embeddings of unit length: every word adds a direction that follows from its hash, so texts that share words are near each other. */
import { createHash } from "node:crypto";

import type { EmbeddingRequest } from "./requests.ts";
import { listOf } from "./requests.ts";
import { countTokens } from "./tokens.ts";

const DIMENSIONS = 256;

function directionOf(word: string, dimensions: number): Float64Array {
  const bytes = createHash("shake256", { outputLength: 2 * dimensions })
    .update(word)
    .digest();
  return Float64Array.from({ length: dimensions }, (_, axis) => bytes.readInt16LE(2 * axis) / 32_768);
}

function embeddingOf(text: string, dimensions: number): Float32Array {
  const sum = new Float64Array(dimensions);
  // A text without words still has a direction.
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [text]) {
    directionOf(word, dimensions).forEach((value, axis) => (sum[axis] = (sum[axis] ?? 0) + value));
  }
  const length = Math.hypot(...sum);
  return Float32Array.from(sum, (value) => (length === 0 ? 0 : value / length));
}

export function answerEmbeddings({ model, input, encoding_format, dimensions }: EmbeddingRequest): object {
  const texts = listOf(input);
  const tokens = texts.reduce((sum, text) => sum + countTokens(text), 0);
  return {
    object: "list",
    model,
    data: texts.map((text, index) => {
      const vector = embeddingOf(text, dimensions ?? DIMENSIONS);
      const embedding =
        encoding_format === "base64" ? Buffer.from(vector.buffer).toString("base64") : Array.from(vector);
      return { object: "embedding", index, embedding };
    }),
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
}
