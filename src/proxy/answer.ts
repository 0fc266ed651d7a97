// SPDX-License-Identifier: GPL-3.0-or-later
/** Puts an answer of the service together for the client: as a whole, or, if it is a stream of events, as it comes. */
import { decodeExchangeHead, decodeExchangeResponse } from "../wire/index.ts";
import type { ExchangeHead, ExchangeResponse } from "../wire/index.ts";

export interface StreamSink {
  begin(head: ExchangeHead): void;
  write(text: string): void;
}

const isEventStream = ({ contentType, encoding }: ExchangeHead): boolean =>
  encoding === "utf8" && contentType.toLowerCase().startsWith("text/event-stream");

/** Whether a text ends in the first half of a character that UTF-16 writes in two. */
function endsInside(text: string): boolean {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last <= 0xdbff;
}

/**
 * Takes pieces of a response, and then the response. Only event streams go on before the wallet has checked the receipt: their pieces are
 * what somebody sent, and what follows says if they were not the provider's.
 */
export class AnswerStream {
  readonly #sink: StreamSink;
  /** The head as far as it came; then all that was written, the head before it. */
  #parts: string[] = [];
  /** The first half of a character, which waits for the second. */
  #half = "";
  #stage: "head" | "streaming" | "whole" = "head";

  constructor(sink: StreamSink) {
    this.#sink = sink;
  }

  /** The client has its first bytes: what goes wrong now can only be told inside the stream. */
  get hasBegun(): boolean {
    return this.#stage === "streaming";
  }

  take(piece: string): void {
    if (this.#stage === "streaming") this.#write(piece);
    if (this.#stage !== "head") return;
    const end = piece.indexOf("\n");
    if (end === -1) {
      this.#parts.push(piece);
      return;
    }
    const line = this.#parts.join("") + piece.slice(0, end);
    this.#parts = [`${line}\n`];
    this.#begin(line);
    if (this.hasBegun) this.#write(piece.slice(end + 1));
  }

  /**
   * The call is done.
   * @returns the whole answer where nothing was streamed
   * @throws Error when what was streamed is not how the response begins; GatewayError when it is no HTTP answer
   */
  finish(response: string): ExchangeResponse | undefined {
    if (!this.hasBegun) return decodeExchangeResponse(response);
    const sent = this.#parts.join("");
    if (!response.startsWith(sent)) throw new Error("the provider streamed something else than it signed");
    this.#half = "";
    this.#write(response.slice(sent.length));
    return undefined;
  }

  #begin(line: string): void {
    this.#stage = "whole";
    let head: ExchangeHead;
    try {
      head = decodeExchangeHead(line);
    } catch {
      // The whole response will be refused as what it is.
      return;
    }
    if (!isEventStream(head)) return;
    this.#stage = "streaming";
    this.#sink.begin(head);
  }

  #write(text: string): void {
    const whole = this.#half + text;
    const end = whole.length - (endsInside(whole) ? 1 : 0);
    this.#half = whole.slice(end);
    if (end === 0) return;
    const part = whole.slice(0, end);
    this.#parts.push(part);
    this.#sink.write(part);
  }
}
