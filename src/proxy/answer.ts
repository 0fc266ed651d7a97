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
const endsInside = (text: string): boolean => /[\ud800-\udbff]$/.test(text);

/**
 * Takes pieces of a response, and then the response. Only event streams go on before the wallet has checked the receipt: their pieces are
 * what somebody sent, and what follows says if they were not the provider's.
 */
export class AnswerStream {
  readonly #sink: StreamSink;
  /** All that came, and how much of it was written. */
  #received = "";
  #written = 0;
  #head: ExchangeHead | undefined;
  #isStreaming = false;

  constructor(sink: StreamSink) {
    this.#sink = sink;
  }

  /** The client has its first bytes: what goes wrong now can only be told inside the stream. */
  get hasBegun(): boolean {
    return this.#isStreaming;
  }

  take(piece: string): void {
    this.#received += piece;
    if (this.#head === undefined) {
      const end = this.#received.indexOf("\n");
      if (end === -1) return;
      try {
        this.#head = decodeExchangeHead(this.#received.slice(0, end));
      } catch {
        // The whole response will be refused as what it is.
        return;
      }
      this.#isStreaming = isEventStream(this.#head);
      this.#written = end + 1;
      if (this.#isStreaming) this.#sink.begin(this.#head);
    }
    if (this.#isStreaming) this.#writeUpTo(this.#received.length - (endsInside(this.#received) ? 1 : 0));
  }

  /**
   * The call is done.
   * @returns the whole answer where nothing was streamed
   * @throws Error when what was streamed is not how the response begins; GatewayError when it is no HTTP answer
   */
  finish(response: string): ExchangeResponse | undefined {
    if (!this.#isStreaming) return decodeExchangeResponse(response);
    if (!response.startsWith(this.#received.slice(0, this.#written)))
      throw new Error("the provider streamed something else than it signed");
    this.#received = response;
    this.#writeUpTo(response.length);
    return undefined;
  }

  #writeUpTo(end: number): void {
    if (end <= this.#written) return;
    this.#sink.write(this.#received.slice(this.#written, end));
    this.#written = end;
  }
}
