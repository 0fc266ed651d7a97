// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What a transaction costs on an L2: its gas, and its data on L1 by the L2's own formula.
 * OP Stack since Fjord: https://specs.optimism.io/protocol/fjord/exec-engine.html. Arbitrum: https://docs.arbitrum.io/how-arbitrum-works/deep-dives/gas-and-fees.
 */
import { brotliCompressSync, constants } from "node:zlib";

import { z } from "zod";

const price = z.number().min(0).finite();

/** Prices move; these are inputs. Gas prices in gwei. */
export const pricesSchema = z
  .object({
    dollarsPerEther: price,
    l1BaseFee: price,
    blobBaseFee: price,
    /** Gas prices of the L2s. */
    base: price,
    optimism: price,
    arbitrum: price,
    /** Arbitrum's price for a sixteenth of a compressed byte. */
    arbitrumDataUnit: price,
    /** Set by each OP chain's operator, and changed now and then: baseFeeScalar and blobBaseFeeScalar of its SystemConfig, in millionths. */
    baseFeeScalar: price,
    baseBlobScalar: price,
    optimismFeeScalar: price,
    optimismBlobScalar: price,
  })
  .strict();

export type Prices = z.output<typeof pricesSchema>;

/** Round numbers of the order that these networks showed in the autumn of 2025, and scalars that they had once; assumptions, not measurements. */
export const DEFAULT_PRICES: Prices = {
  dollarsPerEther: 3_000,
  l1BaseFee: 1,
  blobBaseFee: 0.01,
  base: 0.01,
  optimism: 0.01,
  arbitrum: 0.02,
  arbitrumDataUnit: 0.02,
  baseFeeScalar: 2_269,
  baseBlobScalar: 1_055_762,
  optimismFeeScalar: 5_227,
  optimismBlobScalar: 1_014_213,
};
export const PRICES_AS_OF = "2025-11";

export type L2 = "base" | "optimism" | "arbitrum";
export const L2_TITLES: Readonly<Record<L2, string>> = {
  base: "Base",
  optimism: "OP Mainnet",
  arbitrum: "Arbitrum One",
};
export const L2S: readonly L2[] = ["base", "optimism", "arbitrum"];

const HASH_BITS = 13;
const MOST_COPIED = 262;
const FARTHEST = 8_191;

/** The size of FastLZ's output at level 1: its greedy search for repeats of three bytes or more, without the output (fastlz.c; op-geth counts so too). */
export function fastLzSize(data: Uint8Array): number {
  const at = (index: number): number => data[index] ?? 0;
  const three = (index: number): number => at(index) | (at(index + 1) << 8) | (at(index + 2) << 16);
  const slotOf = (value: number): number => (Math.imul(2_654_435_769, value) >>> (32 - HASH_BITS)) & 0x1fff;
  const literals = (count: number): number => Math.floor(count / 32) * 33 + (count % 32 === 0 ? 0 : (count % 32) + 1);
  const table = new Uint32Array(1 << HASH_BITS);
  const limit = data.length < 13 ? 0 : data.length - 13;
  let [position, anchor, size] = [2, 0, 0];
  while (position < limit) {
    let [found, distance] = [0, 0];
    for (;;) {
      const value = three(position);
      const slot = slotOf(value);
      found = table[slot] ?? 0;
      table[slot] = position;
      distance = position - found;
      if (position >= limit) break;
      position += 1;
      if (distance <= FARTHEST && value === three(found)) break;
    }
    if (position >= limit) break;
    position -= 1;
    if (position > anchor) size += literals(position - anchor);
    let equal = 0;
    const [one, other] = [found + 3, position + 3];
    const most = data.length - 4 - other;
    while (equal < most && at(one + equal) === at(other + equal)) equal += 1;
    // The first byte that differs is counted too, as the reference does.
    const copied = equal < most ? equal + 1 : equal;
    size += Math.floor((copied - 1) / MOST_COPIED) * 3 + ((copied - 1) % MOST_COPIED >= 6 ? 3 : 2);
    position += copied;
    for (let step = 0; step < 2; step++) {
      table[slotOf(three(position))] = position;
      position += 1;
    }
    anchor = position;
  }
  return size + literals(data.length - anchor);
}

/** Bytes that the OP Stack charges a transaction for. */
export const opSize = (serialized: Uint8Array): number => Math.max(100, -42.5856 + 0.8365 * fastLzSize(serialized));

/** Bytes that Arbitrum charges for: Brotli at its fastest, of the transaction alone. */
export const arbitrumSize = (serialized: Uint8Array): number =>
  brotliCompressSync(serialized, { params: { [constants.BROTLI_PARAM_QUALITY]: 0 } }).length;

/** Dollars for the data of one transaction. */
export function dataFee(l2: L2, serialized: Uint8Array, prices: Prices): number {
  const toDollars = (gwei: number): number => gwei * 1e-9 * prices.dollarsPerEther;
  if (l2 === "arbitrum") return toDollars(16 * arbitrumSize(serialized) * prices.arbitrumDataUnit);
  const [base, blob] =
    l2 === "base"
      ? [prices.baseFeeScalar, prices.baseBlobScalar]
      : [prices.optimismFeeScalar, prices.optimismBlobScalar];
  const perByte = (16 * base * prices.l1BaseFee + blob * prices.blobBaseFee) / 1e6;
  return toDollars(opSize(serialized) * perByte);
}

/** Dollars for gas. */
export const gasFee = (l2: L2, gas: number, prices: Prices): number => gas * prices[l2] * 1e-9 * prices.dollarsPerEther;
