// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The root of a growing LeanIMT from its right edge alone. In that tree a node without a right sibling is its own parent, so n leaves form
 * full trees of the sizes of n's binary digits, and the root is their roots hashed together from the smallest on. That is one hash for each leaf, a
 * few more for each root that is asked for, and at most 32 numbers kept; the wallet's tree keeps all, for its paths.
 */
import { poseidon } from "../protocol/index.ts";

export class Frontier {
  /** Roots of full trees; their sizes are the digits of `#count`, the largest first. */
  readonly #peaks: bigint[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(leaf: bigint): void {
    let node = leaf;
    for (let size = this.#count; size % 2 === 1; size = (size - 1) / 2) {
      node = poseidon([this.#peaks.pop() as bigint, node]);
    }
    this.#peaks.push(node);
    this.#count += 1;
  }

  /** 0 of no leaves, as the contract has it. */
  get root(): bigint {
    return (
      this.#peaks.reduceRight<bigint | undefined>(
        (right, left) => (right === undefined ? left : poseidon([left, right])),
        undefined,
      ) ?? 0n
    );
  }

  get depth(): number {
    return this.#count < 2 ? 0 : Math.ceil(Math.log2(this.#count));
  }
}
