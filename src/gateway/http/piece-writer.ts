// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Writes a response as it comes. A client that reads slowly gets what came meanwhile in one piece, when it has read what went before; one
 * that is gone changes nothing: its answer is stored, and waits for its retry.
 */
import type { ServerResponse } from "node:http";

export class PieceWriter {
  readonly #response: ServerResponse;
  readonly #begin: () => void;
  readonly #encode: (text: string) => string;
  readonly #unreadMilliseconds: number;
  #hasBegun = false;
  #isFull = false;
  /** Came, and did not go out yet. */
  #pending = "";
  #delivered = 0;

  /** @param begin writes the head, before the first piece. */
  constructor(response: ServerResponse, begin: () => void, encode: (text: string) => string, unreadSeconds: number) {
    this.#response = response;
    this.#begin = begin;
    this.#encode = encode;
    this.#unreadMilliseconds = unreadSeconds * 1_000;
    // What breaks on the way to the client is the client's loss.
    response.on("error", () => undefined);
    response.on("drain", () => {
      this.#isFull = false;
      this.#flush();
    });
  }

  /** A status and something of the response went out. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** How many characters of the response went out. */
  get delivered(): number {
    return this.#delivered;
  }

  readonly piece = (text: string): void => {
    this.#pending += text;
    if (!this.#isFull) this.#flush();
  };

  /** Writes what is last, and ends. What did not go out yet is the caller's to put there. */
  end(last: string): void {
    this.#pending = "";
    this.#start();
    if (this.#isGone) return;
    const unread = setTimeout(() => this.#response.destroy(), this.#unreadMilliseconds);
    unread.unref();
    this.#response.once("close", () => clearTimeout(unread));
    this.#response.end(last);
  }

  get #isGone(): boolean {
    return this.#response.destroyed || this.#response.writableEnded;
  }

  #start(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    if (!this.#isGone) this.#begin();
  }

  #flush(): void {
    if (this.#pending === "" || this.#isGone) return;
    this.#start();
    const text = this.#pending;
    this.#pending = "";
    this.#delivered += text.length;
    this.#isFull = !this.#response.write(this.#encode(text));
  }
}
