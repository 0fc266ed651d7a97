// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The service behind the gateway, in the test's own process: an API with OpenAI's interface that never dies and keeps books of its own.
 * No two of its answers are alike: each has a number, and a length of its own, so that a call that is served again costs something else.
 */
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";

import { MODEL, MOST_OUTPUT, priceOf } from "./prices.ts";

/** One answer that was begun. */
export interface Service {
  readonly serial: number;
  /** Of the call, as its payload names it. */
  readonly id: string;
  /** Which of the gateway's processes asked. */
  readonly generation: number;
  /** What it costs by the terms. */
  readonly charge: bigint;
}

interface Request {
  readonly messages: readonly { readonly content: string }[];
  readonly stream?: boolean;
}

/** Says which process asks. */
export const GENERATION_HEADER = "x-generation";
/** What a payload says that is to take its time. */
export const SLOW = " slowly";

const ANSWER_MILLISECONDS = 15;
const SLOW_MILLISECONDS = 700;
const PIECE_MILLISECONDS = 12;

export const textOf = (serial: number, id: string): string => `answer ${serial} to ${id}.`;

/** Which service a response holds, by its text; undefined for none. */
export function serialIn(response: string): { readonly serial: number; readonly id: string } | undefined {
  const [, serial, id] = /answer (\d+) to (\w+)\./.exec(response) ?? [];
  return serial === undefined || id === undefined ? undefined : { serial: Number(serial), id };
}

export class Kettle {
  readonly services: Service[] = [];
  readonly #server: Server;
  readonly #random: () => number;

  private constructor(random: () => number) {
    this.#random = random;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
  }

  /** @param random from 0 to below 1 */
  static async start(random: () => number): Promise<Kettle> {
    const kettle = new Kettle(random);
    await new Promise<void>((done) => kettle.#server.listen(0, "127.0.0.1", done));
    return kettle;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { messages, stream = false } = (await json(request)) as Request;
    const content = messages[0]?.content ?? "";
    const id = content.replace(SLOW, "");
    const tokens = (most: number): number => 1 + Math.floor(this.#random() * most);
    const [input, output] = [tokens(80), tokens(MOST_OUTPUT)];
    const serial = this.services.length;
    const generation = Number(request.headers[GENERATION_HEADER]);
    this.services.push({ serial, id, generation, charge: priceOf(input, output) });

    await sleep(content.endsWith(SLOW) ? SLOW_MILLISECONDS : ANSWER_MILLISECONDS);
    const usage = { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
    if (stream) return writeStream(response, serial, id, usage);
    const message = { role: "assistant", content: textOf(serial, id) };
    const choices = [{ index: 0, message, finish_reason: "stop" }];
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ id: `${serial}`, object: "chat.completion", model: MODEL, choices, usage }));
  }
}

async function writeStream(response: ServerResponse, serial: number, id: string, usage: object): Promise<void> {
  response.setHeader("content-type", "text/event-stream");
  const chunk = (choices: readonly object[], more = {}): string =>
    `data: ${JSON.stringify({ id: `${serial}`, object: "chat.completion.chunk", model: MODEL, choices, ...more })}\n\n`;
  for (const content of [textOf(serial, id), " One.", " Two.", " Three."]) {
    response.write(chunk([{ index: 0, delta: { content }, finish_reason: null }]));
    await sleep(PIECE_MILLISECONDS);
  }
  response.write(chunk([{ index: 0, delta: {}, finish_reason: "stop" }]));
  response.write(chunk([], { usage }));
  response.end("data: [DONE]\n\n");
}
