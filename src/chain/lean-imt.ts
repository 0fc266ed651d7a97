// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A LeanIMT over Poseidon that grows at its right end and is cut off there: https://github.com/zk-kit/zk-kit/tree/main/packages/lean-imt.
 * A node without a right sibling is its own parent. Nodes lie in pages of bytes, in the form in which they are hashed: 64 bytes for each leaf,
 * all levels together, that no garbage collector walks through.
 */
import type { AccountPath } from "../protocol/index.ts";
import { ELEMENT_BYTES, fromElement, poseidonOfPair, toElement } from "../protocol/index.ts";

/** Even, so that two siblings lie side by side. */
const NODES_OF_PAGE = 1_024;

/** The nodes of one height. What it returns are views, good until the next change. */
class Level {
  readonly #pages: Uint8Array[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** So many nodes from this one on, all on one page. */
  at(index: number, count = 1): Uint8Array {
    const page = this.#pages[Math.floor(index / NODES_OF_PAGE)];
    if (page === undefined || index + count > this.#length) throw new RangeError(`there is no node ${index}`);
    const start = (index % NODES_OF_PAGE) * ELEMENT_BYTES;
    return page.subarray(start, start + count * ELEMENT_BYTES);
  }

  push(node: Uint8Array): void {
    const place = this.#length % NODES_OF_PAGE;
    if (place === 0) this.#pages.push(new Uint8Array(NODES_OF_PAGE * ELEMENT_BYTES));
    this.#length += 1;
    this.at(this.#length - 1).set(node);
  }

  truncate(length: number): void {
    this.#length = length;
    this.#pages.length = Math.ceil(length / NODES_OF_PAGE);
  }
}

export class LeanImt {
  readonly #leaves = new Level();
  /** From the leaves up to the root, which is alone on its level. */
  readonly #levels: Level[] = [this.#leaves];

  get leafCount(): number {
    return this.#leaves.length;
  }

  /** 0 for the empty tree. */
  get root(): bigint {
    const top = this.#levels.at(-1);
    return top === undefined || top.length === 0 ? 0n : fromElement(top.at(0));
  }

  append(leaves: readonly bigint[]): void {
    const first = this.leafCount;
    for (const leaf of leaves) this.#leaves.push(toElement(leaf));
    this.#hashFrom(first);
  }

  /** Keeps the first leaves. */
  truncate(leafCount: number): void {
    if (leafCount >= this.leafCount) return;
    this.#leaves.truncate(leafCount);
    this.#hashFrom(Math.max(0, leafCount - 1));
  }

  /** Makes every node above the leaves from this one on, each once. */
  #hashFrom(leafIndex: number): void {
    let first = leafIndex;
    let height = 0;
    for (let below = this.#leaves; below.length > 1; height++) {
      const above = (this.#levels[height + 1] ??= new Level());
      first >>>= 1;
      above.truncate(first);
      for (let left = 2 * first; left < below.length; left += 2) {
        above.push(left + 1 < below.length ? poseidonOfPair(below.at(left, 2)) : below.at(left));
      }
      below = above;
    }
    this.#levels.length = height + 1;
  }

  /** Bit i of the path's index is 1 where sibling i is on the left. Levels without a sibling are left out. */
  pathOf(leafIndex: number): AccountPath {
    const siblings: bigint[] = [];
    let index = 0;
    let position = leafIndex;
    for (const level of this.#levels) {
      const isRight = position % 2 === 1;
      const sibling = isRight ? position - 1 : position + 1;
      if (sibling < level.length) {
        if (isRight) index += 2 ** siblings.length;
        siblings.push(fromElement(level.at(sibling)));
      }
      position >>>= 1;
    }
    return { root: this.root, index, siblings };
  }
}
