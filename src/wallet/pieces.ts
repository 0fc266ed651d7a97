// SPDX-License-Identifier: GPL-3.0-or-later
/** The pieces of one response, over all attempts to get it: the caller is told of each part once. */
import type { OnPiece } from "../wire/index.ts";

/** What comes in more is handed on as one, at the end. */
const MOST_PIECES = 100_000;

export class Pieces {
  #onPiece: OnPiece | undefined;
  /** What was handed on, in order. */
  readonly #handed: string[] = [];
  #handedLength = 0;
  #areTrue = true;

  constructor(onPiece: OnPiece | undefined) {
    this.#onPiece = onPiece;
  }

  /** One attempt. It is told what it says from the beginning; what was handed on before is not handed on again. */
  async attempt<T>(send: (onPiece: OnPiece | undefined) => Promise<T>): Promise<T> {
    if (this.#onPiece === undefined) return send(undefined);
    const known = this.#handed.join("");
    let position = 0;
    let isRunning = true;
    try {
      return await send((piece) => {
        if (!isRunning) return;
        this.#take(piece, known, position);
        position += piece.length;
      });
    } finally {
      // An attempt that was given up has no more to say.
      isRunning = false;
    }
  }

  /**
   * Hands on what is left of a response that was checked.
   * @returns whether the pieces make up the response.
   */
  finish(response: string): boolean {
    this.#areTrue &&= response.startsWith(this.#handed.join(""));
    if (this.#areTrue) this.#hand(response.slice(this.#handedLength));
    return this.#areTrue;
  }

  /** @param before what earlier attempts said. */
  #take(piece: string, before: string, position: number): void {
    const known = before.slice(position, position + piece.length);
    // It differs from what an earlier attempt said: nothing more can be handed on.
    this.#areTrue &&= piece.startsWith(known);
    if (this.#areTrue && this.#handed.length < MOST_PIECES) this.#hand(piece.slice(known.length));
  }

  #hand(text: string): void {
    if (text === "") return;
    this.#handed.push(text);
    this.#handedLength += text.length;
    try {
      this.#onPiece?.(text);
    } catch {
      // A caller that cannot take pieces any more still gets the result.
      this.#onPiece = undefined;
    }
  }
}
