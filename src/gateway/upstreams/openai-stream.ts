// SPDX-License-Identifier: GPL-3.0-or-later
/** A streamed answer of an API with OpenAI's interface: handed on event by event, and watched for its usage and its end. */
import { encodeExchangeHead } from "../../wire/index.ts";
import type { ServeContext } from "../upstream.ts";
import { UpstreamFault } from "./endpoint.ts";
import type { EndpointAnswer } from "./endpoint.ts";
import type { Scrub } from "./secrets.ts";
import { eventsOf } from "./sse.ts";
import type { SseEvent } from "./sse.ts";
import { lengthOf, readReport } from "./usage.ts";
import type { Reported } from "./usage.ts";

const HEAD = encodeExchangeHead({ status: 200, contentType: "text/event-stream; charset=utf-8", encoding: "utf8" });

export interface Streamed {
  readonly response: string;
  readonly model: unknown;
  /** The last that was reported. */
  readonly usage: Reported["usage"];
  /** How many characters were delivered. */
  readonly length: number;
  /** False: it broke off, or the service ended it with an error. */
  readonly isComplete: boolean;
}

interface StreamOptions {
  readonly wantsUsage: boolean;
  readonly scrub: Scrub;
}

const eventText = (json: unknown): string => `data: ${JSON.stringify(json)}\n\n`;

/** The clients of such an API take this as an error. */
const brokenOff = (isLate: boolean): string =>
  eventText({
    error: {
      message: `the service ${isLate ? "took too long" : "broke off"}: this answer is not complete, and only what came was charged`,
      type: "upstream_error",
      param: null,
      code: isLate ? "stream_timeout" : "stream_cut",
    },
  });

class Watch {
  model: unknown;
  usage: Reported["usage"];
  length = 0;
  isDone = false;
  isFailed = false;
  readonly #options: StreamOptions;
  readonly #begun = new Set<unknown>();
  readonly #finished = new Set<unknown>();

  constructor(options: StreamOptions) {
    this.#options = options;
  }

  /** Some services send no [DONE]. */
  get isComplete(): boolean {
    const isFinished = this.#begun.size > 0 && this.#begun.size === this.#finished.size;
    return (this.isDone || isFinished) && !this.isFailed;
  }

  /** @returns what the user gets of this event. @throws UpstreamFault for what is no event of such a stream */
  take({ text, data }: SseEvent): string {
    if (data === "[DONE]") {
      this.isDone = true;
      return text;
    }
    if (data === "") return "";
    const report = readReport(data);
    if (report === undefined) throw new UpstreamFault("an event of the stream is no JSON object");
    const { model, usage, choices, error } = report;
    this.model ??= model;
    this.usage = usage ?? this.usage;
    if (error !== undefined) {
      this.isFailed = true;
      return eventText(this.#options.scrub(JSON.parse(data)));
    }
    this.length += lengthOf(report);
    for (const { index = 0, finish_reason: reason } of choices ?? []) {
      this.#begun.add(index);
      if (typeof reason === "string") this.#finished.add(index);
    }
    const isUsageOnly = usage !== undefined && choices?.length === 0;
    return isUsageOnly && !this.#options.wantsUsage ? "" : text;
  }
}

/** Resolves with whatever came, once something was handed on. @throws UpstreamFault when nothing came */
export async function relayStream(
  { chunks }: EndpointAnswer,
  options: StreamOptions,
  { emit, signal }: Pick<ServeContext, "emit" | "signal">,
): Promise<Streamed> {
  const watch = new Watch(options);
  let response = "";
  const handOn = (text: string): void => {
    const pieces = response === "" ? [HEAD, text] : [text];
    for (const piece of pieces) {
      response += piece;
      emit(piece);
    }
  };
  let fault = new UpstreamFault("the stream holds no event");
  try {
    for await (const event of eventsOf(chunks)) {
      const text = watch.take(event);
      if (text !== "") handOn(text);
      if (watch.isDone || watch.isFailed) break;
    }
  } catch (error) {
    fault = error instanceof UpstreamFault ? error : new UpstreamFault("the stream could not be read", error);
  }
  if (response === "") throw fault;
  const { model, usage, length, isFailed, isComplete } = watch;
  if (!isComplete && !isFailed) handOn(brokenOff(signal.aborted));
  return { response, model, usage, length, isComplete };
}
