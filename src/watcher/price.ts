// SPDX-License-Identifier: GPL-3.0-or-later
/** What a token is worth in the chain's coin: a number that stays, or a service that is asked. */
import { parseEther } from "ethers";

import { WatcherError } from "./errors.ts";
import type { PriceSource } from "./ports.ts";

const LONGEST_MILLISECONDS = 15_000;
const LONGEST_BYTES = 65_536;

/** "0.0004" coins in the smallest unit. @throws WatcherError PRICE_UNKNOWN */
export function priceOf(text: string): bigint {
  if (!/^\d{1,12}(\.\d{1,18})?$/.test(text)) {
    throw new WatcherError(
      "PRICE_UNKNOWN",
      `a price is a decimal number of coins such as 0.0004, and not "${text.slice(0, 40)}"`,
    );
  }
  return parseEther(text);
}

export const fixedPrice = (text: string): PriceSource => {
  const price = priceOf(text);
  return async () => price;
};

/** A number that JSON has in floating point, in plain digits. */
const plain = (value: unknown): string =>
  typeof value === "number" ? value.toFixed(18).replace(/\.?0+$/, "") : typeof value === "string" ? value : "";

export interface PriceService {
  /** May hold a key: it is not said. */
  readonly url: string;
  /** Names of fields, from the answer's outermost one to the price. */
  readonly path: readonly string[];
  /** An answer is believed for so long. */
  readonly keepSeconds: number;
  /** Where nothing newer is to be had, one that is so old still counts. */
  readonly staleSeconds: number;
  readonly now: () => number;
}

/** No more is read of an answer than may be there, whatever it says of its length. @throws Error when it is longer */
async function readShort({ body }: Response): Promise<string> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  // What is left of a body goes when the loop is left.
  for await (const piece of (body ?? []) as AsyncIterable<Uint8Array>) {
    length += piece.length;
    if (length > LONGEST_BYTES) throw new Error("no price");
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}

/** Asks a service that answers JSON. What it said last counts for a while where it does not answer. */
export function askedPrice({ url, path, keepSeconds, staleSeconds, now }: PriceService): PriceSource {
  let latest: { readonly price: bigint; readonly at: number } | undefined;
  const ask = async (): Promise<bigint> => {
    const answer = await fetch(url, { redirect: "error", signal: AbortSignal.timeout(LONGEST_MILLISECONDS) });
    if (!answer.ok) {
      await answer.body?.cancel();
      throw new Error("no price");
    }
    const text = await readShort(answer);
    const value = path.reduce<unknown>(
      (inner, name) =>
        typeof inner === "object" && inner !== null ? (inner as Record<string, unknown>)[name] : undefined,
      JSON.parse(text),
    );
    return priceOf(plain(value));
  };
  return async () => {
    const at = now();
    if (latest !== undefined && at - latest.at < keepSeconds) return latest.price;
    try {
      latest = { price: await ask(), at };
    } catch {
      if (latest === undefined || at - latest.at > staleSeconds) {
        throw new WatcherError("PRICE_UNKNOWN", "the source of the price does not answer with one");
      }
    }
    return latest.price;
  };
}
