// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The bundled model's tokens: up to six letters, up to three digits, a run of white space, or one other character. None is shorter than
 * a byte, so a text has at most as many tokens as bytes.
 */
const TOKEN = /\p{L}{1,6}|\p{N}{1,3}|\s+|[^\p{L}\p{N}\s]/gu;

/** What a chat's message costs beside its text, and what a chat costs beside its messages. */
const TOKENS_OF_MESSAGE = 4;
const TOKENS_OF_CHAT = 3;

/** In order; put together again they are the text. */
export const tokensOf = (text: string): readonly string[] => text.match(TOKEN) ?? [];

export const countTokens = (text: string): number => tokensOf(text).length;

export const countChatTokens = (texts: readonly string[]): number =>
  texts.reduce((sum, text) => sum + TOKENS_OF_MESSAGE + countTokens(text), TOKENS_OF_CHAT);
