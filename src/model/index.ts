// SPDX-License-Identifier: GPL-3.0-or-later
/** A small model with OpenAI's interface, so that everything can be tried without an account anywhere. */
export { CHAT_MODEL, EMBEDDING_MODEL, startModel } from "./server.ts";
export type { ModelOptions, RunningModel } from "./server.ts";
